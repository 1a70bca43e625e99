"""Links that lead to a place in the map services that people have on their phones."""

import re
from contextlib import nullcontext
from typing import NamedTuple
from urllib.parse import urlencode

from django.utils.translation import gettext, override

from .datums import BD09, GCJ02, from_wgs84


class NavigationLink(NamedTuple):
    """One way to be led to a place: the service's code, its name as the reader says it, and the address."""

    provider: str
    label: str
    url: str


def navigation_links(name: str, lat: float, lng: float, lang: str | None = None) -> list[NavigationLink]:
    """Return links that open Amap, Tencent and Baidu at a WGS-84 position, each in its own datum.

    They are https addresses: a phone opens the app, a desk the web page. `lang` is that of the labels.
    """
    gcj_lat, gcj_lng = (f"{degrees:.6f}" for degrees in from_wgs84(lat, lng, GCJ02))
    bd_lat, bd_lng = (f"{degrees:.6f}" for degrees in from_wgs84(lat, lng, BD09))
    title = re.sub(r"[\s,;:|]+", " ", name).strip()
    amap = {"to": f"{gcj_lng},{gcj_lat},{title}", "mode": "ride", "coordinate": "gaode", "callnative": "1"}
    tencent = {"type": "bike", "to": title, "tocoord": f"{gcj_lat},{gcj_lng}", "coord_type": "5"}
    baidu = {"location": f"{bd_lat},{bd_lng}", "title": title, "content": title, "coord_type": "bd09ll"}
    baidu["output"] = "html"
    with override(lang) if lang else nullcontext():
        labels = gettext("Amap"), gettext("Tencent Maps"), gettext("Baidu Maps")
    urls = (
        _address("https://uri.amap.com/navigation", amap, "src"),
        _address("https://apis.map.qq.com/uri/v1/routeplan", tencent, "referer"),
        _address("https://api.map.baidu.com/marker", baidu, "src"),
    )
    return [NavigationLink(*row) for row in zip(("amap", "tencent", "baidu"), labels, urls, strict=True)]


def _address(base: str, values: dict[str, str], sender: str) -> str:
    return f"{base}?{urlencode({**values, sender: 'nuanxin'}, safe=',:')}"
