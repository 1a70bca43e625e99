"""Offices: district staff open one, give posts in it and hand them over, within their own area."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.giving import give_post
from portal.accounts.handing_over import hand_over
from portal.accounts.models import Organisation, Post, User
from portal.accounts.offices import may_open, open_office
from portal.audit.models import Action, Event
from portal.listings.models import Stewardship
from portal.notices.models import Notice
from tests.test_concurrency import at_once
from tests.test_handing_over import canteen, colleague, correction, signed_in

STREET = "街道工作人员"


def office_of(user: User) -> Organisation:
    return user.posts.get().organisation


def give(client: Client, office: Organisation, rights: Any, **changes: Any) -> Any:
    data = {
        "phone": "13700000001",
        "name": "新来的同事",
        "group": rights.pk,
        "starts_on": timezone.localdate(),
        **changes,
    }
    return client.post(reverse("admin:office", args=[office.pk]), data)


WHO = [
    # who, in whose office, which group, may give it
    ("city_admin", "clerk", STREET, True),
    ("city_admin", "operator", "经营单位", True),
    ("city_admin", "district_admin", "区级工作人员", True),
    ("district_admin", "clerk", STREET, True),
    ("district_admin", "community_clerk", "社区工作人员", True),
    ("district_admin", "district_admin", "区级工作人员", True),
    ("district_admin", "clerk", "城市管理员", False),
    ("district_admin", "other_clerk", STREET, False),
    ("district_admin", "city_admin", STREET, False),
    ("district_admin", "operator", "经营单位", False),
    ("clerk", "clerk", STREET, False),
    ("clerk", "community_clerk", "社区工作人员", False),
    ("community_clerk", "community_clerk", "社区工作人员", False),
    ("operator", "operator", "经营单位", False),
    ("courier", "clerk", STREET, False),
]


@pytest.mark.parametrize(("who", "where", "group", "may"), WHO)
def test_who_gives_a_post_where(
    request: Any, groups: Any, who: str, where: str, group: str, may: bool
) -> None:
    actor, office = request.getfixturevalue(who), office_of(request.getfixturevalue(where))
    post = Post(user=User(phone="13700000001", name="新"), organisation=office, group=groups[group])
    if may:
        assert give_post(post=post, by=actor).user.is_staff
    else:
        with pytest.raises(PermissionDenied):
            give_post(post=post, by=actor)
        assert not User.objects.filter(phone="13700000001").exists()
    # The page comes to the same end.
    User.objects.filter(phone="13700000001").update(phone="13700000009")
    give(signed_in(actor), office, groups[group])
    assert Post.objects.filter(user__phone="13700000001", organisation=office).exists() is may


def test_a_post_given_is_recorded_and_told_once(district_admin: User, clerk: User, groups: Any) -> None:
    client, office = signed_in(district_admin), office_of(clerk)
    for _again in range(2):
        answer = give(client, office, groups[STREET])
    assert answer.status_code in {200, 302}
    post = Post.objects.get(user__phone="13700000001")
    assert not post.user.has_usable_password()
    assert Event.objects.filter(action=Action.POST_GIVEN).count() == 1
    notice = Notice.objects.get()
    assert (notice.user, notice.kind) == (post.user, "post_given")
    page = client.get(reverse("admin:office", args=[office.pk])).text
    assert "新来的同事" in page
    assert "从未登录" in page
    assert "13700000001" not in page


def test_what_is_wrong_with_a_post_is_said_in_the_form(
    district_admin: User, clerk: User, groups: Any
) -> None:
    client, office = signed_in(district_admin), office_of(clerk)
    for changes, sentence in (
        ({"phone": "13800000006"}, "不能给自己授予岗位"),
        ({"phone": "abc"}, ""),
        ({"group": groups["城市管理员"].pk}, ""),
        ({"group": "9" * 30}, ""),
        ({"starts_on": "2026-12-02", "ends_on": "2026-12-01"}, "最后一天早于第一天"),
        ({"name": "长" * 61}, ""),
    ):
        answer = give(client, office, groups[STREET], **changes)
        assert answer.status_code == 200, changes
        assert "nx-error" in answer.text, changes
        assert sentence in answer.text
    assert Post.objects.filter(organisation=office).count() == 1


@pytest.mark.parametrize(
    ("who", "street", "may"),
    [
        ("city_admin", "330105010", True),
        ("district_admin", "330105010", True),
        ("district_admin", "330102013", False),
        ("district_admin", "330105", False),
        ("district_admin", "x", False),
        ("clerk", "330105010", False),
        ("courier", "330105010", False),
    ],
)
def test_who_opens_a_streets_office(request: Any, regions: Any, who: str, street: str, may: bool) -> None:
    actor = request.getfixturevalue(who)
    Organisation.objects.filter(kind="street").exclude(posts__user=actor).delete()
    answer = signed_in(actor).post(reverse("admin:offices"), {"street": street})
    found = Organisation.objects.filter(kind="street", area_code=street).exclude(posts__user=actor)
    assert found.exists() is may
    assert answer.headers.get("Location", "").startswith("/admin/offices/") is may


def test_an_office_is_opened_once(district_admin: User) -> None:
    first = open_office(area_code="330105010", by=district_admin)
    assert open_office(area_code="330105010", by=district_admin) == first
    assert first.name == "康桥街道办事处"


@pytest.mark.django_db(transaction=True)
def test_two_people_open_one_office_at_once(district_admin: User, city_admin: User) -> None:
    works = [lambda by=by: open_office(area_code="330105010", by=by) for by in (district_admin, city_admin)]
    assert at_once(works) == []
    assert Organisation.objects.filter(kind="street", area_code="330105010").count() == 1


def test_a_district_enters_offices_below_it_and_nothing_else(
    district_admin: User, city_admin: User, clerk: User
) -> None:
    for kind, area, district, city in (
        ("street", "330105010", True, True),
        ("community", "330105010001", True, True),
        ("street", "330105010001", False, True),
        ("community", "330105010", False, True),
        ("district", "330105", False, True),
        ("street", "330102013", False, True),
        ("operator", "330105010", False, True),
        ("operator", "", False, True),
        ("city", "3301", False, True),
        ("street", "440106001", False, False),
    ):
        assert (may_open(district_admin, kind, area), may_open(city_admin, kind, area)) == (district, city), (
            kind
        )
    client = signed_in(district_admin)
    data = {"kind": "district", "name": "又一个区", "area_code": "330105", "parent": ""}
    assert client.post("/admin/accounts/organisation/add/", data).status_code == 200
    assert not Organisation.objects.filter(name="又一个区").exists()
    data = {"kind": "community", "name": "新社区", "area_code": "330105010001", "parent": ""}
    assert client.post("/admin/accounts/organisation/add/", data).status_code == 302


@pytest.mark.parametrize(
    ("who", "whose", "seen"),
    [
        ("city_admin", "other_clerk", True),
        ("district_admin", "clerk", True),
        ("district_admin", "other_clerk", False),
        ("clerk", "clerk", True),
        ("clerk", "community_clerk", True),
        ("clerk", "district_admin", False),
        ("community_clerk", "clerk", False),
        ("operator", "operator", False),
        ("courier", "clerk", False),
    ],
)
def test_who_sees_an_office(request: Any, who: str, whose: str, seen: bool) -> None:
    client, office = signed_in(request.getfixturevalue(who)), office_of(request.getfixturevalue(whose))
    answer = client.get(reverse("admin:office", args=[office.pk]))
    assert (answer.status_code == 200) is seen
    listed = client.get(reverse("admin:offices"))
    assert (office.name in listed.text and listed.status_code == 200) is seen


def test_handing_over_shows_first_what_goes_and_then_what_went(district_admin: User, clerk: User) -> None:
    post = clerk.posts.get()
    to = colleague(post)
    Stewardship.objects.create(post=post, listing=canteen())
    correction(post, canteen("二"))
    client = signed_in(district_admin)
    address = reverse("admin:hand_over", args=[post.pk])
    page = client.get(address).text
    assert "正在处理的纠错 <b>1</b>" in page
    assert "新同事" in page
    assert Post.objects.current().filter(pk=post.pk).exists(), "looking at it does nothing"
    page = client.post(address, {"to": to.pk}, follow=True).text
    assert "已在所有设备上退出登录" in page
    assert "已移交给 新同事：由此岗位管理的点位 1、正在处理的纠错 1。" in page
    again = client.post(address, {"to": to.pk}, follow=True).text
    assert "此前已移交" in again


def test_a_newcomer_takes_over_in_one_step(district_admin: User, clerk: User) -> None:
    post = clerk.posts.get()
    taken = correction(post, canteen())
    client = signed_in(district_admin)
    address = reverse("admin:hand_over", args=[post.pk])
    for wrong in ("", "12", "13800000006"):
        answer = client.post(address, {"to": "new", "phone": wrong, "name": "接手人"})
        assert answer.status_code == 200
        assert "nx-error" in answer.text
    assert post.user.posts.current().exists()
    client.post(address, {"to": "new", "phone": "13700000002", "name": "接手人"})
    taken.refresh_from_db()
    assert taken.assignee.user.name == "接手人"
    assert (taken.assignee.group, taken.assignee.area) == (post.group, post.area)
    assert not post.user.posts.current().exists()


@pytest.mark.parametrize(
    ("who", "whose", "may"),
    [
        ("district_admin", "clerk", True),
        ("district_admin", "other_clerk", False),
        ("district_admin", "district_admin", False),
        ("clerk", "clerk", False),
        ("clerk", "community_clerk", False),
        ("operator", "clerk", False),
        ("courier", "clerk", False),
    ],
)
def test_who_opens_the_page_of_handing_over(request: Any, who: str, whose: str, may: bool) -> None:
    client, post = signed_in(request.getfixturevalue(who)), request.getfixturevalue(whose).posts.get()
    address = reverse("admin:hand_over", args=[post.pk])
    assert (client.get(address).status_code == 200) is may
    client.post(address, {"to": ""})
    assert post.user.posts.current().exists() is not may


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 40])
def test_numbers_that_no_row_can_have_are_not_found(district_admin: User, number: str) -> None:
    client = signed_in(district_admin)
    for address in (f"/admin/offices/{number}/", f"/admin/offices/posts/{number}/"):
        assert client.get(address).status_code == 404


def test_what_was_left_behind_is_shown_and_handed_on(city_admin: User, operator: User) -> None:
    post = operator.posts.get()
    Stewardship.objects.create(post=post, listing=canteen())
    hand_over(post=post, by=city_admin)
    client = signed_in(city_admin)
    page = client.get(reverse("admin:office", args=[post.organisation_id])).text
    assert "已结束岗位遗留的工作" in page
    to = colleague(post)
    client.post(reverse("admin:hand_over", args=[post.pk]), {"to": ""})
    assert Stewardship.objects.get().post == post, "somebody has to be chosen"
    client.post(reverse("admin:hand_over", args=[post.pk]), {"to": to.pk})
    assert Stewardship.objects.get().post == to
    page = client.get(reverse("admin:office", args=[post.organisation_id])).text
    assert "已结束岗位遗留的工作" not in page


def test_the_pages_cost_the_same_for_many(
    district_admin: User, clerk: User, django_assert_max_num_queries: Any
) -> None:
    post = clerk.posts.get()
    for number in range(12):
        correction(colleague(post, f"1360000{number:04}", f"同事{number}"), canteen(f"食堂{number}"))
        Organisation.objects.create(kind="community", name=f"社区{number}", area_code="330105010001")
    client = signed_in(district_admin)
    client.get("/admin/")
    # session, user, post, permissions, notices · the office, its posts, the ended ones, three sorts of work, what may
    # be handed over, the groups to give
    with django_assert_max_num_queries(16):
        client.get(reverse("admin:office", args=[post.organisation_id]))
    with django_assert_max_num_queries(12):
        client.get(reverse("admin:offices"))
