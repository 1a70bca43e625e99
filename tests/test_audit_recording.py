"""What is recorded: a table of deeds, each with the event it leaves and what that event must not hold."""

import re
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Organisation, Post, User
from portal.accounts.recorded_admin import RecordedAdmin
from portal.accounts.roles import ensure_groups
from portal.audit.changes import Changes
from portal.audit.models import Action, Event, Origin
from portal.pages.models import RightsCard
from portal.partners.models import ApiKey
from portal.regions.admin import RegionAdmin
from tests.admin_form import fields_of
from tests.factories import make_canteen
from tests.test_accounts_sign_in import CONFIRM, LOGIN, ask_for_code, inbox
from tests.test_accounts_staff import PASSWORD, STAFF, clerk_with_password, code_now

pytestmark = pytest.mark.django_db
__all__ = ["clerk_with_password", "inbox"]


def of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def last(action: str) -> Event:
    return Event.objects.filter(action=action).latest("pk")


def changed(client: Client, address: str, **changes: Any) -> Any:
    data = {**fields_of(client.get(address).text), **changes}
    answer = client.post(address, data)
    assert answer.status_code == 302, re.findall(r"errorlist.*?</ul>", answer.text, re.S)
    return answer


def test_a_colleague_s_sign_in_says_who_by_what_and_from_where(
    client: Client,
    clerk_with_password: User,  # noqa: F811
) -> None:
    answer = client.post(
        STAFF,
        {"login": "13800000002", "password": PASSWORD},
        headers={"User-Agent": "Firefox"},
        REMOTE_ADDR="203.0.113.7",
    )
    event = last(Action.SIGNED_IN)
    assert (event.actor_id, event.actor_label) == (clerk_with_password.pk, "康桥工作人员")
    assert (event.area_code, event.after, event.is_private) == ("330105010", {"by": ["password"]}, False)
    assert event.request_id == answer["X-Request-ID"]
    origin = Origin.objects.get(request_id=event.request_id)
    assert (origin.address, origin.agent) == ("203.0.113.7", "Firefox")
    client.post("/accounts/logout/")
    assert last(Action.SIGNED_OUT).actor_id == clerk_with_password.pk


def test_a_second_factor_and_a_recovery_code_are_named(
    client: Client,
    clerk_with_password: User,  # noqa: F811
) -> None:
    secret = generate_totp_secret()
    TOTP.activate(clerk_with_password, secret)
    client.post(STAFF, {"login": "13800000002", "password": PASSWORD})
    wrong = "000000" if code_now(secret) != "000000" else "111111"
    client.post("/accounts/2fa/authenticate/", {"code": wrong})
    assert last(Action.SIGN_IN_FAILED).after == {"by": ["totp"]}
    client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})
    assert last(Action.SIGNED_IN).after == {"by": ["password", "totp"]}
    code = RecoveryCodes.activate(clerk_with_password).get_unused_codes()[0]
    other = Client()
    other.post(STAFF, {"login": "13800000002", "password": PASSWORD})
    other.post("/accounts/2fa/authenticate/", {"code": code})
    assert last(Action.SIGNED_IN).after == {"by": ["password", "recovery_codes"]}


def test_a_wrong_password_is_kept_for_a_colleague_and_for_nobody_else(
    client: Client,
    clerk_with_password: User,
    courier: User,
) -> None:
    for phone in ("13800000002", "13800000001", "13800000099"):
        client.post(STAFF, {"login": phone, "password": "wrong"})
    [event] = Event.objects.filter(action=Action.SIGN_IN_FAILED)
    assert (event.object_id, event.actor_id) == (str(clerk_with_password.pk), None)
    assert event.after == {"by": ["password"]}


def test_a_courier_s_sign_in_is_private_and_kept_for_half_a_year(
    client: Client,
    courier: User,
    inbox: Any,  # noqa: F811
) -> None:
    client.post(CONFIRM, {"code": ask_for_code(client, "13800000001", inbox)})
    event = last(Action.SIGNED_IN)
    assert (event.actor_id, event.is_private, event.after) == (courier.pk, True, {"by": ["code"]})
    origin = Origin.objects.get(request_id=event.request_id)
    for row in (event, origin):
        assert (row.kept_until - event.made_at).days in {179, 180}


def test_a_link_from_the_console_is_kept_with_its_making_its_use_and_its_second_use(
    client: Client, clerk: User, capsys: Any
) -> None:
    call_command("login_link", "13800000002")
    made = last(Action.LINK_MADE)
    assert (made.actor_id, made.object_id, made.note) == (None, str(clerk.pk), "manage.py login_link")
    path = re.search(r"/accounts/link/\S+", capsys.readouterr().out).group()  # type: ignore[union-attr]
    client.get(path)
    assert last(Action.SIGNED_IN).after == {"by": ["link"]}
    Client().get(path)
    assert last(Action.SIGN_IN_FAILED).after == {"by": ["link"]}


def test_a_chosen_post_is_kept_once(clerk: User, city_admin: User) -> None:
    second = Post.objects.create(
        user=clerk, organisation=city_admin.posts.get().organisation, group=clerk.posts.get().group
    )
    client = of(clerk)
    for _again in range(2):
        client.post("/accounts/post/", {"post": second.pk})
    [event] = Event.objects.filter(action=Action.POST_CHOSEN)
    assert (event.actor_id, event.object_id, event.area_code) == (clerk.pk, str(second.pk), "3301")


def test_a_post_is_given_changed_and_ended(district_admin: User, clerk: User) -> None:
    client = of(district_admin)
    data = {
        "phone": "13700000001",
        "name": "新来的同事",
        "organisation": clerk.posts.get().organisation_id,
        "group": Group.objects.get(name="社区工作人员").pk,
        "area_code": "",
        "starts_on": "2026-11-01",
        "ends_on": "",
    }
    assert client.post("/admin/accounts/post/add/", data).status_code == 302
    given = last(Action.POST_GIVEN)
    assert given.after["phone"] == "137****0001"
    assert (given.actor_id, given.area_code) == (district_admin.pk, "330105010")
    assert given.post_label == str(district_admin.posts.get())
    post = Post.objects.get(user__name="新来的同事")
    address = reverse("admin:accounts_post_change", args=[post.pk])
    changed(client, address, area_code="330105010001")
    assert (last(Action.POST_CHANGED).before, last(Action.POST_CHANGED).after) == (
        {"area_code": ""},
        {"area_code": "330105010001"},
    )
    changed(client, address, ends_on="2026-12-01")
    assert last(Action.POST_ENDED).after == {"ends_on": "2026-12-01"}
    count = Event.objects.count()
    changed(client, address)
    assert Event.objects.count() == count, "a save that changes nothing leaves nothing"
    history = client.get(reverse("admin:accounts_post_history", args=[post.pk])).text
    assert "330105010001" in history
    assert "结束岗位" in history


def test_who_may_work_is_told_and_a_number_only_in_part(city_admin: User, clerk: User) -> None:
    client = of(city_admin)
    address = reverse("admin:accounts_user_change", args=[clerk.pk])
    changed(client, address, phone="13911112222", email="someone@example.org")
    event = last(Action.CHANGED)
    assert event.before == {"phone": "138****0002", "email": ""}
    assert event.after == {"phone": "139****2222", "email": "***"}
    data = fields_of(client.get(address).text)
    del data["is_active"]
    client.post(address, data)
    assert last(Action.PERMISSIONS_CHANGED).after == {"is_active": False}
    assert last(Action.PERMISSIONS_CHANGED).area_code == "330105010"


def test_groups_tell_what_they_gained_and_lost(groups: Any) -> None:
    root = User.objects.create_superuser("13900000001", PASSWORD)
    first = Event.objects.filter(action=Action.PERMISSIONS_CHANGED, object_label="经营单位").get()
    assert "housing.change_apartmentproject" in first.after["permissions"]
    assert (first.actor_id, first.note) == (None, "ensure_groups")
    count = Event.objects.count()
    ensure_groups()
    assert Event.objects.count() == count
    group = groups["经营单位"]
    kept = list(group.permissions.exclude(codename="change_canteen").values_list("pk", flat=True))
    address = reverse("admin:auth_group_change", args=[group.pk])
    assert of(root).post(address, {"name": group.name, "permissions": kept}).status_code == 302
    event = last(Action.PERMISSIONS_CHANGED)
    assert (event.before, event.after) == (
        {"permissions": ["canteens.change_canteen"]},
        {"permissions": []},
    )


def test_a_key_is_issued_and_revoked_and_its_secret_is_nowhere(city_admin: User) -> None:
    client = of(city_admin)
    organisation = Organisation.objects.create(kind="platform", name="地图平台")
    data = {"organisation": organisation.pk, "name": "镜像", "scopes": ["listings:read"]}
    shown = client.post(
        "/admin/partners/apikey/add/",
        {**data, "area_code": "", "expires_at_0": "", "expires_at_1": ""},
        follow=True,
    ).text
    secret = re.search(r"nx_\w+_([\w-]+)", shown).group(1)  # type: ignore[union-attr]
    key = ApiKey.objects.get()
    assert (last(Action.KEY_ISSUED).object_id, last(Action.KEY_ISSUED).after["name"]) == (str(key.pk), "镜像")
    client.post("/admin/partners/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    client.post("/admin/partners/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    assert Event.objects.filter(action=Action.KEY_REVOKED, object_id=str(key.pk)).count() == 1
    assert not found_anywhere(secret, key.digest)


def test_a_deletion_keeps_what_was_deleted_also_in_bulk(city_admin: User) -> None:
    client = of(city_admin)
    rows = [RightsCard.objects.create(slug=f"card-{n}", title_zh=f"工伤保险 {n}") for n in range(3)]
    client.post(reverse("admin:pages_rightscard_delete", args=[rows[0].pk]), {"post": "yes"})
    data = {"action": "delete_selected", "_selected_action": [row.pk for row in rows[1:]], "post": "yes"}
    client.post("/admin/pages/rightscard/", data)
    kept = Event.objects.filter(action=Action.DELETED).order_by("pk")
    assert [event.before["title_zh"] for event in kept] == ["工伤保险 0", "工伤保险 1", "工伤保险 2"]
    assert not RightsCard.objects.exists()


def test_the_number_of_a_hotline_is_public_and_kept_in_full(city_admin: User) -> None:
    card = RightsCard.objects.create(
        slug="card", title_zh="维权", title_en="Rights", body_zh="正文", body_en="Text", phone="12333"
    )
    changed(of(city_admin), reverse("admin:pages_rightscard_change", args=[card.pk]), phone="13911112222")
    event = last(Action.CHANGED)
    assert (event.before, event.after) == ({"phone": "12333"}, {"phone": "13911112222"})


def test_a_deed_that_fails_leaves_no_event(city_admin: User, monkeypatch: Any) -> None:
    card = RightsCard.objects.create(slug="card", title_zh="工伤保险")
    monkeypatch.setattr(RightsCard, "delete", lambda self: 1 / 0)
    client = of(city_admin)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        client.post(reverse("admin:pages_rightscard_delete", args=[card.pk]), {"post": "yes"})
    assert not Event.objects.filter(action=Action.DELETED).exists()


def test_every_table_that_is_edited_in_the_administration_is_recorded() -> None:
    bare = [
        model.__name__
        for model, one in admin.site._registry.items()
        if not isinstance(one, RecordedAdmin | RegionAdmin)
    ]
    assert bare == []


def test_the_old_log_stays_empty(city_admin: User, clerk: User) -> None:
    changed(of(city_admin), reverse("admin:accounts_user_change", args=[clerk.pk]), name="换名")
    assert last(Action.CHANGED).after == {"name": "换名"}
    assert not LogEntry.objects.exists()


def found_anywhere(*secrets: str) -> list[str]:
    """Return the tables of the audit in whose rows one of the texts stands."""
    found = []
    with connection.cursor() as cursor:
        for table in ("audit_event", "audit_origin"):
            cursor.execute(f"SELECT * FROM {table}")
            text = repr(cursor.fetchall())
            found += [table for secret in secrets if secret in text]
    return found


def test_no_number_code_password_or_secret_is_kept(
    client: Client,
    clerk_with_password: User,  # noqa: F811
    courier: User,
    city_admin: User,
    inbox: Any,  # noqa: F811
) -> None:
    secret = generate_totp_secret()
    code = ask_for_code(client, "13800000001", inbox)
    client.post(CONFIRM, {"code": code})
    client.post(LOGIN, {"login": "13800000077"})
    staff = Client()
    staff.post(STAFF, {"login": "13800000002", "password": PASSWORD + "?"})
    staff.post(STAFF, {"login": "13800000002", "password": PASSWORD})
    TOTP.activate(clerk_with_password, secret)
    User.objects.filter(pk=clerk_with_password.pk).update(name="")
    address = reverse("admin:accounts_user_change", args=[clerk_with_password.pk])
    changed(of(city_admin), address, phone="13911112222")
    call_command("ensure_groups")
    assert Event.objects.count() > 5
    numbers = ("13800000001", "13800000002", "13800000077", "13911112222", "1380000 0001")
    assert not found_anywhere(*numbers, code, PASSWORD, secret)


def test_two_numbers_that_look_alike_in_part_are_still_a_change() -> None:
    changes = Changes()
    changes.add("phone", "+8613811110001", "+8613822220001")
    assert changes.before == changes.after == {"phone": "138****0001"}


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_nobody_edits_or_deletes_an_event_by_the_orm(verb: str, clerk: User) -> None:
    call_command("login_link", "13800000002")
    rows = Event.objects.all()
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        rows.update(actor_label="x") if verb == "update" else rows.delete()
    assert rows.exists()


def test_a_listing_s_edit_leaves_a_revision_and_no_event(clerk: User) -> None:
    canteen = make_canteen()
    count = Event.objects.count()
    address = reverse("admin:canteens_canteen_change", args=[canteen.pk])
    changed(of(clerk), address, notice="今天送汤")
    assert Event.objects.count() == count
    assert canteen.revisions.latest("number").request_id
