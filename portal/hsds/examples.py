"""An item of every table, as the schema shows it."""

from typing import Any

from portal.hsds.identifiers import named, row_id, service_id
from portal.hsds.taxonomies import TAXONOMY

PUBLIC_ID = "8KZ4Q0M2TN"
_SERVICE, _LOCATION = service_id(PUBLIC_ID), row_id(PUBLIC_ID, "location")
ORGANIZATION: dict[str, Any] = {
    "id": named("organization/330105010"),
    "name": "康桥街道办事处",
    "description": "核实并更新其辖区内的点位信息。\nKeeps the listings of its area true.",
    "parent_organization_id": named("organization/330105"),
}
SERVICE: dict[str, Any] = {
    "id": _SERVICE,
    "organization_id": ORGANIZATION["id"],
    "name": "示例食堂",
    "alternate_name": "Example canteen",
    "url": f"http://localhost:8000/canteens/{PUBLIC_ID}/",
    "status": "active",
    "fees_description": "一荤两素 10.00 元\n1 meat, 2 vegetables 10.00 yuan",
    "assured_date": "2026-11-20",
    "last_modified": "2026-11-20T01:00:00.000+00:00",
    "organization": ORGANIZATION,
}
SCHEDULE: dict[str, Any] = {
    "id": row_id(PUBLIC_ID, "schedule"),
    "service_id": _SERVICE,
    "valid_to": "2026-12-31",
    "timezone": 8,
    "wkst": "MO",
    "freq": "WEEKLY",
    "interval": 1,
    "byday": "MO,TU,WE,TH,FR",
    "opens_at": "10:30+08:00",
    "closes_at": "13:30+08:00",
    "description": "午餐 · lunch",
}
PHONE = {"id": row_id(PUBLIC_ID, "phone"), "service_id": _SERVICE, "number": "0571-12345", "type": "voice"}
LOCATION: dict[str, Any] = {
    "id": _LOCATION,
    "location_type": "physical",
    "organization_id": ORGANIZATION["id"],
    "name": "示例食堂",
    "alternate_name": "Example canteen",
    "latitude": 30.285012,
    "longitude": 120.190021,
    "external_identifier": PUBLIC_ID,
    "external_identifier_type": "nuanxin",
    "addresses": [
        {
            "id": row_id(PUBLIC_ID, "address"),
            "location_id": _LOCATION,
            "address_1": "示例路 1 号",
            "address_2": "1 Shili Road",
            "city": "杭州市",
            "region": "拱墅区",
            "state_province": "浙江省",
            "postal_code": "",
            "country": "CN",
            "address_type": "physical",
        }
    ],
}
LINK: dict[str, Any] = {
    "id": row_id(PUBLIC_ID, "service_at_location"),
    "service_id": _SERVICE,
    "location_id": _LOCATION,
}
WHOLE_SERVICE: dict[str, Any] = {
    **SERVICE,
    "phones": [PHONE],
    "schedules": [SCHEDULE],
    "service_at_locations": [{**LINK, "location": LOCATION}],
}
LISTED_LINK = {**LINK, "service": SERVICE, "location": LOCATION}
WHOLE_LINK = {**LINK, "phones": [PHONE], "schedules": [SCHEDULE], "location": LOCATION, "service": SERVICE}
WHOLE_ORGANIZATION: dict[str, Any] = {
    **ORGANIZATION,
    "organization_identifiers": [
        {
            "id": named("organization_identifier/330105010"),
            "organization_id": ORGANIZATION["id"],
            "identifier_type": "统计用区划代码 · national statistical code of the area",
            "identifier": "330105010",
        }
    ],
    "services": [
        {
            "id": _SERVICE,
            "organization_id": ORGANIZATION["id"],
            "name": SERVICE["name"],
            "status": SERVICE["status"],
        }
    ],
}
TERM: dict[str, Any] = {
    "id": named("taxonomy_term/kinds/canteen"),
    "code": "canteen",
    "name": "取餐点",
    "description": "canteen",
    "taxonomy": TAXONOMY["name"],
    "taxonomy_id": TAXONOMY["id"],
    "taxonomy_detail": TAXONOMY,
    "language": "zh",
}
