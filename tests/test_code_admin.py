"""Holders and platforms in the administration: who decides, what is shown, and that nothing typed is lost."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Organisation, User
from portal.audit.models import Event
from services.codes.models import Holder, Platform
from tests.code_holders import first, make_holder, make_platform, sign_in
from tests.personas import make_staff
from tests.test_code_revoking import picture, send

pytestmark = pytest.mark.django_db
LIST = "admin:codes_holder_changelist"


@pytest.fixture
def holder(courier: User) -> Holder:
    return make_holder(courier, basis=Holder.Basis.CLAIM)


def of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(holder: Holder, name: str = "change") -> str:
    return reverse(f"admin:codes_holder_{name}", args=[holder.pk])


def decide(client: Client, holder: Holder, deed: str, **typed: str) -> Any:
    return client.post(page(holder, "decide"), {"deed": deed, **typed}, follow=True)


def test_the_list_shows_who_waits_and_no_phone(holder: Holder, courier: User, city_admin: User) -> None:
    make_holder()
    send(sign_in(courier), "proof", picture())
    client = of(city_admin)
    everybody = client.get(reverse(LIST))
    assert len(everybody.context["cl"].result_list) == 2
    waiting = client.get(f"{reverse(LIST)}?waiting=1")
    assert [row.pk for row in waiting.context["cl"].result_list] == [holder.pk]
    detail = client.get(page(holder))
    for answer in (everybody, waiting, detail):
        assert "李小明" in answer.text
        assert "13800000001" not in answer.text
        assert "138****0001" not in answer.text


def test_staff_check_a_proof_and_a_photo(holder: Holder, courier: User, city_admin: User) -> None:
    mine = sign_in(courier)
    send(mine, "proof", picture())
    send(mine, "photo", picture())
    client = of(city_admin)
    for what in ("proof", "photo"):
        shown = client.get(page(holder, what))
        assert shown["Content-Type"] == "image/webp"
        assert {"no-store", "private"} <= set(shown["Cache-Control"].split(", "))
    assert decide(client, holder, "refuse_proof", proof_reason="").status_code == 200
    assert Holder.objects.get().proof_image
    decide(client, holder, "accept_proof")
    decide(client, holder, "refuse_photo", photo_reason="有两个人")
    holder.refresh_from_db()
    assert (holder.basis, holder.photo_state, holder.photo_reason) == ("proof", "refused", "有两个人")
    assert holder.basis_label == str(city_admin.acting_post)
    assert client.get(page(holder, "proof")).status_code == 404
    about = Event.objects.filter(object_kind="codes.holder", object_id=str(holder.pk)).order_by("pk")
    assert [event.note for event in about] == ["证明通过", "照片不通过"]


def test_a_pass_for_today_and_a_suspension(holder: Holder, city_admin: User) -> None:
    client = of(city_admin)
    decide(client, holder, "provisional", word_of="康桥驿站")
    given = first(Holder.objects.get())
    assert given.is_provisional
    decide(client, holder, "suspend", suspend_reason="因", until="2100-01-01T12:00")
    holder.refresh_from_db()
    assert (holder.state, holder.suspended_until.year) == ("suspended", 2100)
    given.refresh_from_db()
    assert given.revoked_at is not None
    assert "解除暂停" in client.get(page(holder)).text
    decide(client, holder, "lift")
    assert Holder.objects.get().state == Holder.State.ACTIVE


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"suspend_reason": "", "until": ""}, "小哥本人会看到"),
        ({"suspend_reason": "写了一半", "until": "2020-01-01T00:00"}, "已经过去"),
        ({"suspend_reason": "写了一半", "until": "昨天"}, "不是日期"),
        ({"suspend_reason": "写了一半", "until": "2026-13-40T99:99"}, "不是日期"),
    ],
)
def test_what_was_typed_stays_when_it_is_refused(
    holder: Holder, city_admin: User, typed: Any, said: str
) -> None:
    answer = decide(of(city_admin), holder, "suspend", **typed)
    assert said in answer.text
    assert f'value="{typed["suspend_reason"]}"' in answer.text
    assert Holder.objects.get().state == Holder.State.ACTIVE


def test_an_unknown_deed_and_a_read_do_nothing(holder: Holder, city_admin: User) -> None:
    client = of(city_admin)
    assert client.post(page(holder, "decide"), {"deed": "erase"}).status_code == 403
    assert client.get(page(holder, "decide")).status_code == 405
    assert client.post(page(holder), {"state": "suspended"}).status_code == 200
    assert Holder.objects.get().state == Holder.State.ACTIVE


@pytest.mark.parametrize(
    "who", ["courier", "clerk", "community_clerk", "district_admin", "operator", "guard"]
)
def test_nobody_else_reaches_holders(
    holder: Holder, who: str, request: pytest.FixtureRequest, groups: Any
) -> None:
    client = of(request.getfixturevalue(who))
    for address in (reverse(LIST), *(page(holder, name) for name in ("change", "proof", "photo", "history"))):
        assert client.get(address).status_code in {302, 403}, address
    assert decide(client, holder, "suspend", suspend_reason="因").status_code in {302, 403, 200}
    assert Holder.objects.get().state == Holder.State.ACTIVE


def test_a_district_with_the_citys_group_sees_no_holder(holder: Holder, groups: Any, regions: Any) -> None:
    person = make_staff(
        "13800000097", "区", group=groups["城市管理员"], kind="district", office="区", area_code="330105"
    )
    client = of(person)
    assert list(client.get(reverse(LIST)).context["cl"].result_list) == []
    assert client.get(page(holder)).status_code == 302
    assert client.post(page(holder, "decide"), {"deed": "suspend", "suspend_reason": "因"}).status_code == 403


def test_the_list_of_holders_keeps_to_its_queries(
    holder: Holder, city_admin: User, django_assert_max_num_queries: Any
) -> None:
    client = of(city_admin)
    client.get(reverse(LIST))
    for number in range(5):
        make_holder(User.objects.create_user(f"1390000010{number}"), name=f"王大{'一二三四五'[number]}")
    with django_assert_max_num_queries(22):
        client.get(reverse(LIST))


def test_a_platform_gets_its_number_once(city_admin: User) -> None:
    client = of(city_admin)
    company = Organisation.objects.create(kind="platform", name="新送公司", area_code="3301")
    office = Organisation.objects.create(kind="social", name="协会", area_code="3301")
    add = reverse("admin:codes_platform_add")
    asked = {"number": "12", "short_name": "新送", "short_name_en": "New"}
    assert client.post(add, {**asked, "organisation": office.pk}).status_code == 200
    assert client.post(add, {**asked, "organisation": company.pk}).status_code == 302
    made = Platform.objects.get()
    change = reverse("admin:codes_platform_change", args=[made.pk])
    client.post(change, {"number": "13", "short_name": "新新", "short_name_en": ""})
    made.refresh_from_db()
    assert (made.number, made.short_name) == (12, "新新")
    delete = reverse("admin:codes_platform_delete", args=[made.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert client.post(add, {**asked, "number": "256", "organisation": company.pk}).status_code == 200


def test_a_clerk_reaches_no_platform(clerk: User) -> None:
    make_platform()
    assert of(clerk).get(reverse("admin:codes_platform_changelist")).status_code == 403
