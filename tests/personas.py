"""The people and systems of the tests, and the few real places they need."""

from datetime import date
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.utils import timezone

from portal.accounts.acting import acting_as
from portal.accounts.models import Courier, Organisation, Post, User
from portal.accounts.roles import ensure_groups
from portal.partners.models import ApiKey
from portal.regions.models import LEVELS

KANGQIAO = "330105010"
ZHALONGKOU = "330102013"
PLACES = [
    ("3301", "city", "杭州市"),
    ("330102", "district", "上城区"),
    ("330102013", "street", "闸弄口街道"),
    ("330102013002", "community", "闸弄口社区"),
    ("330105", "district", "拱墅区"),
    ("330105010", "street", "康桥街道"),
    ("330105010001", "community", "康桥社区"),
    ("330106", "district", "西湖区"),
    ("330106013", "street", "文新街道"),
    ("330106013002", "community", "南都社区"),
    ("330110", "district", "余杭区"),
]


class PartnerKey(NamedTuple):
    """A partner's key and the text that its system sends."""

    key: ApiKey
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        """Return the header for Django's test client: `client.get(url, headers=partner.headers)`."""
        return {"Authorization": f"Bearer {self.secret}"}


@pytest.fixture
def regions(db: Any) -> dict[str, Any]:
    """Load a few real places; return them by code."""
    loaded = {}
    for code, level, name in PLACES:
        model = LEVELS[level]
        region = model(code=code, name=name)
        if model.parent_field:
            shorter = [c for c in loaded if code.startswith(c)]
            setattr(region, f"{model.parent_field}_id", max(shorter, key=len))
        region.spell()
        region.save(force_insert=True)
        loaded[code] = region
    return loaded


@pytest.fixture
def groups(db: Any) -> dict[str, Group]:
    """Create the groups of permissions; return them by name."""
    ensure_groups()
    return {group.name: group for group in Group.objects.all()}


def make_person(phone: str, name: str, **fields: Any) -> User:
    """Return a person whose phone is verified."""
    now = timezone.now()
    return User.objects.create_user(phone, name=name, phone_verified_at=now, phone_seen_at=now, **fields)


def make_staff(phone: str, name: str, *, group: Group, kind: str, office: str, area_code: str) -> User:
    """Return a person with one post, acting for it."""
    user = make_person(phone, name, is_staff=True)
    organisation, _created = Organisation.objects.get_or_create(kind=kind, name=office, area_code=area_code)
    Post.objects.create(user=user, organisation=organisation, group=group, starts_on=date(2026, 1, 1))
    return acting_as(user)


@pytest.fixture
def anyone() -> AnonymousUser:
    """Return somebody who is not signed in."""
    return AnonymousUser()


@pytest.fixture
def courier(db: Any) -> User:
    """Return a food courier."""
    user = make_person("13800000001", "李小明")
    Courier.objects.create(user=user, work_type=Courier.WorkType.FOOD_DELIVERY)
    return acting_as(user)


@pytest.fixture
def clerk(regions: Any, groups: Any) -> User:
    """Return a clerk of 康桥街道 who may publish."""
    return make_staff(
        "13800000002",
        "康桥工作人员",
        group=groups["街道工作人员"],
        kind="street",
        office="康桥街道办事处",
        area_code=KANGQIAO,
    )


@pytest.fixture
def other_clerk(regions: Any, groups: Any) -> User:
    """Return a clerk of 闸弄口街道 who may publish."""
    return make_staff(
        "13800000003",
        "闸弄口工作人员",
        group=groups["街道工作人员"],
        kind="street",
        office="闸弄口街道办事处",
        area_code=ZHALONGKOU,
    )


@pytest.fixture
def city_admin(regions: Any, groups: Any) -> User:
    """Return an administrator of the whole city, who is no superuser."""
    return make_staff(
        "13800000004",
        "城市管理员",
        group=groups["城市管理员"],
        kind="city",
        office="杭州市新就业群体服务中心",
        area_code="3301",
    )


@pytest.fixture
def community_clerk(regions: Any, groups: Any) -> User:
    """Return a clerk of 康桥社区, who proposes and may not publish."""
    return make_staff(
        "13800000005",
        "康桥社区工作人员",
        group=groups["社区工作人员"],
        kind="community",
        office="康桥社区居委会",
        area_code="330105010001",
    )


@pytest.fixture
def district_admin(regions: Any, groups: Any) -> User:
    """Return staff of 拱墅区, who keep posts and reset second factors."""
    return make_staff(
        "13800000006",
        "拱墅区工作人员",
        group=groups["区级工作人员"],
        kind="district",
        office="拱墅区新就业群体服务中心",
        area_code="330105",
    )


@pytest.fixture
def operator(regions: Any, groups: Any) -> User:
    """Return a canteen's operator: a post without an area, whose reach comes from stewardships alone."""
    return make_staff(
        "13800000007",
        "食堂经营者",
        group=groups["经营单位"],
        kind="operator",
        office="邻里食堂",
        area_code="",
    )


@pytest.fixture
def guard(regions: Any, groups: Any) -> User:
    """Return a guard of a property firm: a post without an area."""
    return make_staff(
        "13800000008", "门卫", group=groups["物业"], kind="property", office="安居物业", area_code=""
    )


@pytest.fixture
def partner(db: Any) -> PartnerKey:
    """Return a key that reads listings of the whole city."""
    organisation = Organisation.objects.create(kind="platform", name="地图平台")
    key, secret = ApiKey.issue(organisation=organisation, name="镜像", scopes=["listings:read"])
    return PartnerKey(key, secret)


@pytest.fixture
def keeper(partner: PartnerKey, regions: Any, groups: Any) -> User:
    """Return somebody who keeps the keys of the partner's organisation, and is no staff of any office."""
    user = make_person("13800000009", "合作方技术员")
    Post.objects.create(
        user=user,
        organisation=partner.key.organisation,
        group=groups["合作方"],
        starts_on=date(2026, 1, 1),
    )
    return acting_as(user)
