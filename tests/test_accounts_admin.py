"""People, offices and keys in the administration: what each persona sees, picks and saves."""

from datetime import date
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from portal.accounts.acting import acting_as
from portal.accounts.admin import grantable_groups
from portal.accounts.models import Organisation, Post, User
from portal.audit.models import Action, Event
from portal.partners.models import ApiKey, Source

LISTS = [
    "accounts_user",
    "accounts_post",
    "accounts_organisation",
    "partners_apikey",
    "regions_city",
    "regions_district",
    "regions_street",
    "regions_community",
]


def as_persona(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def post_data(**changes: Any) -> dict[str, Any]:
    return {
        "phone": "13700000001",
        "name": "新来的同事",
        "area_code": "",
        "starts_on": "2026-11-01",
        "ends_on": "",
        **changes,
    }


def group(name: str) -> str:
    return str(Group.objects.get(name=name).pk)


@pytest.mark.parametrize("listed", LISTS)
@pytest.mark.parametrize(
    ("persona", "allowed"),
    [
        ("city_admin", set(LISTS)),
        ("district_admin", set(LISTS) - {"partners_apikey"}),
        ("clerk", set(LISTS) - {"partners_apikey", "accounts_user"}),
        ("operator", {name for name in LISTS if name.startswith("regions")}),
    ],
)
def test_each_list_opens_for_those_who_may_see_it(
    request: Any, persona: str, allowed: set[str], listed: str
) -> None:
    client = as_persona(request.getfixturevalue(persona))
    assert client.get(reverse(f"admin:{listed}_changelist")).status_code == (
        200 if listed in allowed else 403
    )


def test_the_admin_shows_chinese_and_turns_english(city_admin: User) -> None:
    client = as_persona(city_admin)
    assert "机构" in client.get("/admin/accounts/organisation/").text
    assert (
        "Organisations"
        in client.get("/admin/accounts/organisation/", headers={"Accept-Language": "en"}).text.title()
    )


def test_a_clerk_sees_only_posts_and_offices_of_the_own_street(clerk: User, other_clerk: User) -> None:
    client = as_persona(clerk)
    for address in ("/admin/accounts/post/", "/admin/accounts/organisation/"):
        page = client.get(address).text
        assert "康桥街道办事处" in page
        assert "闸弄口" not in page
    page = client.get("/admin/regions/street/").text
    assert "康桥街道" in page
    assert "闸弄口街道" not in page


@pytest.mark.parametrize("kind", ["change", "history", "delete"])
def test_nothing_of_another_street_opens_by_its_address(
    clerk: User, district_admin: User, other_clerk: User, kind: str
) -> None:
    rows: list[Any] = [other_clerk.posts.get(), other_clerk.posts.get().organisation, other_clerk]
    key, _text = ApiKey.issue(organisation=rows[1], name="x", scopes=["listings:read"])
    for user in (clerk, district_admin):
        client = as_persona(user)
        for row in [*rows, key]:
            url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{kind}", args=[row.pk])
            answer = client.get(url)
            assert answer.status_code in {302, 403}, url
            if answer.status_code == 302:
                assert answer.headers["Location"] == "/admin/"


def test_pickers_and_their_suggestions_offer_only_the_own_area(
    district_admin: User, other_clerk: User
) -> None:
    Organisation.objects.create(kind="street", name="康桥街道办事处", area_code="330105010")
    client = as_persona(district_admin)
    answer = client.get(
        "/admin/autocomplete/", {"app_label": "accounts", "model_name": "post", "field_name": "organisation"}
    )
    names = {row["text"] for row in answer.json()["results"]}
    assert "康桥街道办事处" in names
    assert "闸弄口街道办事处" not in names


def test_district_staff_give_a_post_by_phone_number(district_admin: User) -> None:
    office = Organisation.objects.create(kind="street", name="康桥街道办事处", area_code="330105010")
    client = as_persona(district_admin)
    answer = client.post(
        "/admin/accounts/post/add/", post_data(organisation=office.pk, group=group("街道工作人员"))
    )
    assert answer.status_code == 302, answer.context["errors"]
    user = User.objects.get(phone="13700000001")
    assert user.is_staff
    assert not user.has_usable_password()
    assert user.phone_verified_at is None
    assert acting_as(user).has_perm("accounts.view_post")
    assert User.objects.filter(pk=user.pk).editable_by(district_admin).exists()


def test_a_post_is_given_to_the_person_who_has_the_number(district_admin: User, courier: User) -> None:
    office = Organisation.objects.create(kind="street", name="康桥街道办事处", area_code="330105010")
    as_persona(district_admin).post(
        "/admin/accounts/post/add/",
        post_data(phone="13800000001", name="别名", organisation=office.pk, group=group("社区工作人员")),
    )
    post = Post.objects.get(user=courier)
    assert post.organisation == office
    courier.refresh_from_db()
    assert courier.name == "李小明"
    assert courier.is_staff


def test_nobody_gives_a_post_beyond_their_own_reach(district_admin: User, other_clerk: User) -> None:
    own = Organisation.objects.create(kind="street", name="康桥街道办事处", area_code="330105010")
    firm = Organisation.objects.create(kind="property", name="某物业", area_code="")
    client = as_persona(district_admin)
    for changes in (
        {"organisation": other_clerk.posts.get().organisation_id, "group": group("街道工作人员")},
        {"organisation": own.pk, "group": group("城市管理员")},
        {"organisation": own.pk, "group": group("街道工作人员"), "area_code": "330102013"},
        {"organisation": own.pk, "group": group("街道工作人员"), "phone": "13800000006"},
        {"organisation": firm.pk, "group": group("物业")},
        {
            "organisation": own.pk,
            "group": group("街道工作人员"),
            "starts_on": "2026-11-02",
            "ends_on": "2026-11-01",
        },
    ):
        answer = client.post("/admin/accounts/post/add/", post_data(**changes))
        assert answer.status_code == 200, changes
        assert answer.context["errors"], changes
    assert not User.objects.filter(phone="13700000001").exists(), "a refused form enters nobody"


def test_nobody_changes_their_own_post(district_admin: User) -> None:
    post = district_admin.posts.get()
    client = as_persona(district_admin)
    assert client.post(f"/admin/accounts/post/{post.pk}/change/", {"area_code": ""}).status_code in {302, 403}
    assert not Post.objects.filter(pk=post.pk).editable_by(district_admin).exists()


def test_a_group_is_granted_only_by_who_may_do_all_that_it_does(
    city_admin: User, district_admin: User, clerk: User, operator: User
) -> None:
    def names(user: User) -> set[str]:
        return {g.name for g in grantable_groups(user)}

    everyone = {"街道工作人员", "社区工作人员", "区级工作人员", "城市管理员", "经营单位", "物业"}
    assert names(city_admin) == everyone | {"合作方"}, "partners are the city's matter"
    assert names(district_admin) == everyone - {"城市管理员"}
    assert names(clerk) == {"街道工作人员", "社区工作人员", "经营单位", "物业"}
    assert names(operator) == {"经营单位"}  # A property also keeps gates, which an operator does not.


def test_district_staff_reset_a_factor_by_the_action_and_it_is_logged(
    district_admin: User, clerk: User
) -> None:
    TOTP.activate(clerk, generate_totp_secret())
    client = as_persona(district_admin)
    data = {"action": "take_second_factor", "_selected_action": [clerk.pk]}
    assert client.post("/admin/accounts/user/", data).status_code == 302
    assert not Authenticator.objects.filter(user=clerk).exists()
    event = Event.objects.get(action=Action.FACTOR_RESET)
    assert event.actor_id == district_admin.pk
    assert (event.object_kind, event.object_id) == ("accounts.user", str(clerk.pk))
    assert event.before == {"by": ["totp"]}


def test_the_action_reaches_nobody_outside_the_area(district_admin: User, other_clerk: User) -> None:
    TOTP.activate(other_clerk, generate_totp_secret())
    as_persona(district_admin).post(
        "/admin/accounts/user/", {"action": "take_second_factor", "_selected_action": [other_clerk.pk]}
    )
    assert Authenticator.objects.filter(user=other_clerk).exists()


def test_only_a_superuser_makes_superusers_and_only_the_city_changes_a_phone(
    city_admin: User, district_admin: User, clerk: User
) -> None:
    url = f"/admin/accounts/user/{clerk.pk}/change/"
    data = {
        "name": "改名",
        "phone": "13700000009",
        "email": "",
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
    }
    assert as_persona(district_admin).post(url, data).status_code == 302
    clerk.refresh_from_db()
    assert (clerk.name, str(clerk.phone), clerk.is_superuser) == ("改名", "+8613800000002", False)
    assert as_persona(city_admin).post(url, data).status_code == 302
    clerk.refresh_from_db()
    assert (str(clerk.phone), clerk.phone_verified_at, clerk.is_superuser) == ("+8613700000009", None, False)


def test_lists_never_write_a_whole_number(city_admin: User, clerk: User) -> None:
    client = as_persona(city_admin)
    for address in (
        "/admin/accounts/user/",
        "/admin/accounts/post/",
        f"/admin/accounts/user/{clerk.pk}/history/",
    ):
        page = client.get(address).text
        assert "13800000002" not in page
        assert "13800000004" not in page
    assert "138****0002" in client.get("/admin/accounts/user/").text


def test_a_key_is_issued_and_shown_once(city_admin: User) -> None:
    firm = Organisation.objects.create(kind="platform", name="某平台")
    for name in ("a", "b"):
        Source.objects.create(name=name, label=name, organisation=firm)
    client = as_persona(city_admin)
    data = {
        "organisation": firm.pk,
        "name": "同步",
        "scopes": ["listings:read"],
        "sources": ["a", "b"],
        "area_code": "",
    }
    data |= {"expires_at_0": "2027-01-01", "expires_at_1": "00:00:00"}
    answer = client.post("/admin/partners/apikey/add/", data, follow=True)
    key = ApiKey.objects.get()
    assert key.sources == ["a", "b"]
    shown = answer.text.split(f"nx_{key.prefix}_")[1][:43]
    assert ApiKey.find(f"nx_{key.prefix}_{shown}") == key
    assert shown not in client.get(f"/admin/partners/apikey/{key.pk}/change/").text
    client.post("/admin/partners/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    assert ApiKey.find(f"nx_{key.prefix}_{shown}") is None
    assert client.get(f"/admin/partners/apikey/{key.pk}/delete/").status_code == 403


def test_regions_are_looked_up_and_never_edited(city_admin: User) -> None:
    client = as_persona(city_admin)
    assert "康桥街道" in client.get("/admin/regions/street/?q=kqjd").text
    assert client.get("/admin/regions/street/330105010/change/").status_code == 200
    assert client.post("/admin/regions/street/330105010/change/", {"name": "x"}).status_code == 403
    assert client.get("/admin/regions/street/add/").status_code == 403
    assert client.get("/admin/regions/street/330105010/delete/").status_code == 403


def test_second_factors_and_addresses_have_no_list_of_their_own() -> None:
    registered = {model._meta.label for model in admin.site._registry}
    assert not registered & {"mfa.Authenticator", "account.EmailAddress"}


def test_the_list_of_posts_costs_the_same_for_many(
    city_admin: User, groups: Any, django_assert_max_num_queries: Any
) -> None:
    office = Organisation.objects.create(kind="street", name="康桥街道办事处", area_code="330105010")
    for number in range(30):
        user = User.objects.create_user(f"1360000{number:04}", name=f"同事{number}", is_staff=True)
        Post.objects.create(
            user=user, organisation=office, group=groups["街道工作人员"], starts_on=date(2026, 1, 1)
        )
    client = as_persona(city_admin)
    # session, user, post, permissions, two counts, rows, two filters with their groups and organisations, log
    with django_assert_max_num_queries(16):
        client.get("/admin/accounts/post/")
