"""The demo's organisations and people; people are named by their role, nobody is invented."""

import datetime as dt

from django.contrib.auth.models import Group
from django.utils import timezone

from portal.accounts.acting import acting_as
from portal.accounts.models import Courier, Organisation, Post, User
from portal.listings import revising
from portal.listings.models import Channel, Listing, Stewardship
from portal.pages.demo.planning import KANGQIAO, ZHALONGKOU

Kind = Organisation.Kind
#: phone → name, group of permissions, organisation (kind, name, area code)
STAFF: dict[str, tuple[str, str, tuple[str, str, str]]] = {
    "13800000002": ("康桥街道工作人员", "街道工作人员", (Kind.STREET, "康桥街道办事处", KANGQIAO)),
    "13800000003": ("闸弄口街道工作人员", "街道工作人员", (Kind.STREET, "闸弄口街道办事处", ZHALONGKOU)),
    "13800000004": ("城市管理员", "城市管理员", (Kind.CITY, "杭州市新就业群体服务中心", "3301")),
    "13800000007": ("食堂经营者", "经营单位", (Kind.OPERATOR, "示例餐饮", "")),
    "13800000008": ("小区物业经理", "物业", (Kind.PROPERTY, "示例物业", "")),
    "13800000009": ("合作方技术员", "合作方", (Kind.PLATFORM, "演示合作方", "")),
}
COURIER = "13800000001"
ADMIN = "13800000004"
STEWARDS = {"13800000007": ("canteen", KANGQIAO), "13800000008": ("compound", KANGQIAO)}
PROPOSED = {"canteen": "每日 13:00 后套餐加一份汤", "compound": "雨雪天气可从南门骑行进入"}
PLATFORMS = ("平台甲", "平台乙")
PHONES = (COURIER, *STAFF)


def ensure_people() -> tuple[dict[str, User], list[str]]:
    """Create the demo's people where they are missing; return them by phone, and the phones of new ones."""
    platforms = [_organisation(Kind.PLATFORM, name, "") for name in PLATFORMS]
    new: list[str] = []
    people = {COURIER: _person(COURIER, "示例骑手", new, is_staff=False)}
    Courier.objects.get_or_create(user=people[COURIER], defaults={"platform": platforms[0]})
    city = _organisation(*STAFF[ADMIN][2])
    for phone, (name, group, office) in STAFF.items():
        user = people[phone] = _person(phone, name, new, is_staff=True)
        organisation = _organisation(*office)
        if organisation.kind == Kind.STREET and organisation.parent_id is None:
            organisation.parent = city
            organisation.save(update_fields=["parent"])
        if not user.posts.exists():
            starts_on = dt.date(timezone.localdate().year, 1, 1)
            rights = Group.objects.get(name=group)
            Post.objects.create(user=user, organisation=organisation, group=rights, starts_on=starts_on)
    return {phone: acting_as(user) for phone, user in people.items()}, new


def ensure_stewards(people: dict[str, User]) -> None:
    """Give operator and property manager the first public listing of their kind in the street, and let them propose."""
    for phone, (kind, street) in STEWARDS.items():
        post = people[phone].acting_post
        listing = Listing.objects.published().filter(kind=kind, street=street).order_by("pk").first()
        if post and listing and not post.stewardships.exists():
            Stewardship.objects.create(post=post, listing=listing)
            changes = {"notice": PROPOSED[kind]}
            revising.edit(
                listing=listing.as_kind, changes=changes, actor=people[phone], channel=Channel.OPERATOR
            )


def _organisation(kind: str, name: str, area_code: str) -> Organisation:
    return Organisation.objects.get_or_create(kind=kind, name=name, area_code=area_code)[0]


def _person(phone: str, name: str, new: list[str], *, is_staff: bool) -> User:
    found = User.objects.filter(phone=f"+86{phone}").first()
    if found:
        return found
    now = timezone.now()
    new.append(phone)
    return User.objects.create_user(
        phone, name=name, is_staff=is_staff, phone_verified_at=now, phone_seen_at=now
    )
