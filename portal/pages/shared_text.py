"""What a text shared from a map or a message holds: a name, a position, a link to one of our own pages.

Nothing here asks the database or raises: whatever is not understood is simply not found.
"""

import re
import unicodedata
from dataclasses import dataclass

from portal.listings.coordinates import Position, PositionError, parse_position

MOST_CHARACTERS = 2000
MOST_LINKS = 6
MOST_NAME = 40
_LINK = re.compile(
    r"(?:https?://|geo:)[^\s<>\"'“”‘’【】「」《》（），。；！]+|(?<![\w.])[\w.-]+\.(?:com|cn)/[^\s<>\"【】，。]+",
    re.I,
)
_NUMBERS = re.compile(r"(?<![\d.])([0-9]{1,3}\.[0-9]{2,12})[,，\s]{1,3}([0-9]{1,3}\.[0-9]{2,12})(?![\d.])")
_OURS = re.compile(r"/[a-z-]{1,40}/([0-9A-HJKMNP-TV-Z]{10})(?:/|$|[?#])")
_QUOTED = re.compile(
    r"【([^【】]{1,80})】|\[([^\[\]]{1,80})\]|「([^「」]{1,80})」|“([^“”]{1,80})”|《([^《》]{1,80})》"
)
_LABELLED = re.compile(r"(?:这里是|我在这里|名称|店名|地点|位置|目的地)\s*[:：]\s*([^\n,，。;；|]{1,80})")
_APP = re.compile(
    r"^(?:高德(?:地图)?|百度(?:地图)?|腾讯(?:地图)?|QQ地图|微信|大众点评|美团|Amap|(?:Baidu|Tencent|Google) Maps?|"
    r"位置|地图|分享|我的位置|位置分享)$",
    re.I,
)
_SAID_BEFORE = re.compile(
    r"^(?:我(?:正)?在|我用|来自)?\s*(?:高德|百度|腾讯|QQ)?(?:地图)?\s*(?:上|里)?\s*"
    r"(?:发现|找到|看到|分享|推荐)(?:了|给你|一下)*(?:一个)?(?:地点|位置|好地方)?\s*[:：]?\s*"
)
_SAID_AFTER = re.compile(
    r"(?:快来看看|点击|点此|查看详情|详情(?:请)?[:：]?|打开链接|地址\s*[:：]|电话\s*[:：]|复制).*$", re.S
)
_ADDRESS = re.compile(r"\s+(?=\S*(?:省|市|区|县|镇|街道|路|街|巷|号|大道))")


@dataclass(frozen=True, slots=True)
class Shared:
    """What was found: a place's name ("" for none), a WGS-84 position, the id of a listing of ours ("" for none)."""

    name: str = ""
    position: Position | None = None
    public_id: str = ""

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was understood."""
        return not (self.name or self.position or self.public_id)


def read_shared(title: str, text: str, url: str, hosts: tuple[str, ...] = ()) -> Shared:
    """Return what the three parts of a share hold; `hosts` are the portal's own, with their port if there is one."""
    title, text, url = (_clean(part) for part in (title, text, url))
    whole = "\n".join(part for part in (title, text, url) if part)
    links = [_trimmed(found[0]) for found in _LINK.finditer(whole)][:MOST_LINKS]
    own = next((found for link in links if (found := _own_id(link, hosts))), "")
    return Shared(_name(title, text), _position(links, _LINK.sub(" ", whole)), own)


def _clean(part: str) -> str:
    """Return a part without control characters and with ordinary forms of letters and digits, cut to a bound."""
    kept = "".join(
        sign for sign in part[:MOST_CHARACTERS] if sign == "\n" or unicodedata.category(sign)[0] != "C"
    )
    return unicodedata.normalize("NFC", kept).strip()


def _trimmed(link: str) -> str:
    return link.rstrip(").,;:!?]")


def _own_id(link: str, hosts: tuple[str, ...]) -> str:
    """Return the listing's id of a link to this portal, "" for any other."""
    host, slash, rest = link.partition("://")[2].partition("/")
    found = _OURS.search(slash + rest) if host.lower() in hosts else None
    return found[1] if found else ""


def _position(links: list[str], words: str) -> Position | None:
    """Return the first position of the links, else of two numbers in the words, whichever of them comes first."""
    for candidate in (*links, *(f"{a}, {b}" for a, b in _NUMBERS.findall(words)[:MOST_LINKS])):
        for attempt in (candidate, ", ".join(reversed(candidate.split(", ")))):
            try:
                return parse_position(attempt)
            except PositionError:
                continue
    return None


def _name(title: str, text: str) -> str:
    """Return the place's name: what stands in quotes or after a label, else how the title or the text begins."""
    for part in (text, title):
        words = _NUMBERS.sub("\n", _LINK.sub("\n", part))
        quoted = ["".join(groups).strip() for groups in _QUOTED.findall(words)]
        labelled = _LABELLED.findall(words)
        begun = [_begin(line) for line in _QUOTED.sub("\n", words).splitlines()]
        for candidate in (*(name for name in quoted if not _APP.match(name)), *labelled, *begun):
            if name := _tidied(candidate):
                return name
    return ""


def _begin(line: str) -> str:
    """Return how a line begins, without what an app says before and after a name."""
    return re.split(r"[,，。;；|!！]", _SAID_BEFORE.sub("", line.strip()[:200], count=1))[0]


def _tidied(candidate: str) -> str:
    """Return a candidate fit to search for, "" when it is none."""
    name = (
        _ADDRESS.split(_SAID_AFTER.sub("", candidate.strip()[:200]), maxsplit=1)[0]
        .strip(" \t:：,，-–—~·…\"'")[:MOST_NAME]
        .strip()
    )
    has_letters = any(unicodedata.category(sign)[0] == "L" for sign in name)
    return name if has_letters and not _APP.match(name) else ""
