"""Keys in the administration: issued with sources of their organisation, changed, replaced, revoked, listed."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import Organisation, User
from portal.audit.models import Action, Event
from portal.partners.models import ApiKey, Source
from portal.partners.rotating import rotate_key
from tests.admin_form import fields_of
from tests.partner_pages import foreign_key, use
from tests.personas import PartnerKey

pytestmark = pytest.mark.django_db

ADD = "/admin/partners/apikey/add/"
LIST = "/admin/partners/apikey/"


@pytest.fixture
def city(city_admin: User) -> Client:
    """Return the client of a city's administrator."""
    client = Client()
    client.force_login(city_admin)
    return client


@pytest.fixture
def sources(partner: PartnerKey) -> dict[str, Source]:
    """Return a source of the partner and one of another organisation."""
    owners = {"map-pois": partner.key.organisation, "others": foreign_key().organisation}
    return {
        name: Source.objects.create(name=name, label=f"{name}库", organisation=owner)
        for name, owner in owners.items()
    }


def page_of(key: ApiKey, name: str = "change") -> str:
    return reverse(f"admin:partners_apikey_{name}", args=[key.pk])


def given(organisation: Organisation, **changes: Any) -> dict[str, Any]:
    return {
        "organisation": organisation.pk,
        "name": "派单系统",
        "scopes": ["listings:read", "listings:write"],
        "sources": ["map-pois"],
        "area_code": "330105",
        "per_minute": "600",
        "expires_at_0": "2030-01-01",
        "expires_at_1": "00:00",
        **changes,
    }


def test_a_new_key_shows_its_text_once_and_names_sources_of_its_organisation(
    city: Client, partner: PartnerKey, sources: Any, city_admin: User
) -> None:
    answer = city.post(ADD, given(partner.key.organisation))
    key = ApiKey.objects.get(name="派单系统")
    assert answer.headers["Location"] == page_of(key)
    assert (key.sources, key.per_minute, key.area_code) == (["map-pois"], 600, "330105")
    first = city.get(page_of(key))
    assert ApiKey.find(first.context["secret"]) == key
    assert "no-store" in first.headers["Cache-Control"]
    assert "data-secret" in first.content.decode()
    assert "data-secret" not in city.get(page_of(key)).content.decode()
    event = Event.objects.get(action=Action.KEY_ISSUED, object_id=str(key.pk))
    assert event.actor_id == city_admin.pk
    assert event.after["sources"] == ["map-pois"]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("sources", ["others"], "source_foreign"),
        ("sources", ["no-such"], "invalid_choice"),
        ("scopes", [], "required"),
        ("scopes", ["listings:everything"], "invalid_choice"),
        ("per_minute", "0", "no_limit"),
        ("per_minute", "-1", "min_value"),
        ("area_code", "999", "area_format"),
        ("expires_at", "2020-01-01", "expires_past"),
        ("organisation", str(10**12), "invalid_choice"),
        ("name", "", "required"),
    ],
)
def test_what_no_key_may_have_is_refused_at_its_field(
    field: str, value: Any, code: str, city: Client, partner: PartnerKey, sources: Any
) -> None:
    before = ApiKey.objects.count()
    name = "expires_at_0" if field == "expires_at" else field
    answer = city.post(ADD, {**given(partner.key.organisation), name: value})
    assert answer.status_code == 200
    errors = answer.context["adminform"].form.errors.as_data()
    assert [error.code for error in errors[field]] == [code]
    assert ApiKey.objects.count() == before


def changed(city: Client, key: ApiKey, **changes: Any) -> Any:
    data = fields_of(city.get(page_of(key)).content.decode())
    return city.post(page_of(key), {**data, "scopes": key.scopes, "sources": key.sources, **changes})


def test_what_a_key_may_do_changes_without_a_new_secret_and_is_recorded(
    city: Client, partner: PartnerKey, sources: Any
) -> None:
    scopes = ["listings:read", "listings:write"]
    answer = changed(city, partner.key, scopes=scopes, sources=["map-pois"], per_minute="90")
    assert answer.status_code == 302
    found: Any = ApiKey.find(partner.secret)
    assert (found.scopes, found.sources, found.per_minute) == (scopes, ["map-pois"], 90)
    event = Event.objects.get(action=Action.CHANGED, object_kind="partners.apikey")
    assert event.after["scopes"] == ["listings:write"]
    assert event.after["per_minute"] == 90
    assert changed(city, found, sources=["map-pois", "others"]).status_code == 200
    found.refresh_from_db()
    assert found.sources == ["map-pois"]


def test_a_source_that_is_gone_is_not_dropped_unseen(city: Client, partner: PartnerKey) -> None:
    ApiKey.objects.filter(pk=partner.key.pk).update(sources=["gone"])
    partner.key.refresh_from_db()
    assert "gone" in city.get(page_of(partner.key)).content.decode()
    assert changed(city, partner.key, name="镜像二").status_code == 302
    partner.key.refresh_from_db()
    assert (partner.key.name, partner.key.sources) == ("镜像二", ["gone"])


def test_saving_a_form_does_not_bring_a_revoked_key_back(
    city: Client, partner: PartnerKey, monkeypatch: Any
) -> None:
    """Let the key be revoked between the moment at which the form reads it and the one at which it is saved."""
    clean = ApiKey.full_clean

    def revoked_meanwhile(row: ApiKey, *args: Any, **kwargs: Any) -> None:
        ApiKey.objects.filter(pk=row.pk).revoke()
        clean(row, *args, **kwargs)

    monkeypatch.setattr(ApiKey, "full_clean", revoked_meanwhile)
    data = fields_of(city.get(page_of(partner.key)).content.decode())
    city.post(page_of(partner.key), {**data, "scopes": ["listings:read"], "name": "新名"})
    partner.key.refresh_from_db()
    assert partner.key.name == "新名"
    assert partner.key.revoked_at is not None


def test_a_key_that_is_over_keeps_only_its_name_to_change(city: Client, partner: PartnerKey) -> None:
    ApiKey.objects.all().revoke()
    answer = changed(city, partner.key, name="旧镜像", scopes=["listings:write"], per_minute="5")
    assert answer.status_code == 302
    partner.key.refresh_from_db()
    assert (partner.key.name, partner.key.scopes, partner.key.per_minute) == (
        "旧镜像",
        ["listings:read"],
        None,
    )


def test_the_city_replaces_a_key_and_sees_the_chain(
    city: Client, partner: PartnerKey, city_admin: User
) -> None:
    assert "一小时" not in city.get(page_of(partner.key, "rotate")).content.decode()
    assert city.post(page_of(partner.key, "rotate"), {"overlap": "9d"}).status_code == 200
    answer = city.post(page_of(partner.key, "rotate"), {"overlap": "1d"})
    new = ApiKey.objects.latest("pk")
    page = city.get(answer.headers["Location"])
    assert ApiKey.find(page.context["secret"]) == new
    assert partner.key.prefix in page.content.decode()
    assert ApiKey.find(partner.secret) is not None
    assert new.prefix in city.get(page_of(partner.key)).content.decode()
    assert Event.objects.get(action=Action.KEY_ROTATED).actor_id == city_admin.pk
    again = city.post(page_of(partner.key, "rotate"), {"overlap": "1d"}, follow=True)
    assert "已经更换过" in again.content.decode()
    assert ApiKey.objects.count() == 2


def test_the_city_revokes_after_being_asked(city: Client, partner: PartnerKey, city_admin: User) -> None:
    assert "立即吊销" in city.get(page_of(partner.key, "revoke")).content.decode()
    assert ApiKey.find(partner.secret)
    city.post(page_of(partner.key, "revoke"))
    assert ApiKey.find(partner.secret) is None
    assert Event.objects.get(action=Action.KEY_REVOKED).actor_id == city_admin.pk


#: persona → what the list and the pages of a key answer to GET and POST.
REACH = {
    "courier": {302, 403},
    "keeper": {302, 403},
    "clerk": {302, 403, 404},
    "district_admin": {302, 403, 404},
    "operator": {302, 403, 404},
    "city_admin": {200, 302},
}


@pytest.mark.parametrize("who", REACH)
def test_only_the_city_reaches_keys_in_the_administration(
    who: str, partner: PartnerKey, keeper: User, request: pytest.FixtureRequest
) -> None:
    client = Client()
    client.force_login(request.getfixturevalue(who))
    for url in (
        LIST,
        ADD,
        *(page_of(partner.key, name) for name in ("change", "rotate", "history", "revoke")),
    ):
        assert client.get(url).status_code in REACH[who], url
        if who != "city_admin":
            assert client.post(url, {"overlap": "7d"}).status_code in REACH[who], url
    assert ApiKey.objects.get().is_usable


def test_the_list_says_where_keys_stand_and_how_much_they_are_used(
    city: Client, partner: PartnerKey, keeper: User, django_assert_max_num_queries: Any
) -> None:
    organisation = partner.key.organisation
    made = [
        ApiKey.issue(organisation=organisation, name=f"系统{number}", scopes=["listings:read"])[0]
        for number in range(20)
    ]
    for key in made:
        use(key)
    ends = timezone.now() + dt.timedelta(days=3)
    ApiKey.objects.filter(pk=made[0].pk).update(expires_at=ends)
    ApiKey.objects.filter(pk=made[1].pk).revoke()
    rotate_key(key=made[2], by=keeper, overlap=dt.timedelta(days=1))
    city.get(LIST)
    # session, person, posts, permissions, count of all and of found, keys, use, filter's organisations; unread notices
    with django_assert_max_num_queries(12):
        page = city.get(LIST).content.decode()
    for words in ("即将到期", "已吊销", "已更换，仍有效", "有效", f"{sum_of(made[3]):,}"):
        assert words in page, words
    found = {
        state: {row.name for row in city.get(f"{LIST}?standing={state}").context["cl"].result_list}
        for state in ("soon", "replaced", "over", "unused", "nonsense")
    }
    assert found["soon"] == {"系统0"}
    assert found["over"] == {"系统1"}
    assert found["replaced"] == {"系统2"}
    assert found["unused"] == set()


def sum_of(key: ApiKey) -> int:
    return sum(key.usage.values_list("request_count", flat=True))


def test_prolonging_a_key_takes_the_reminder_back(city: Client, partner: PartnerKey, keeper: User) -> None:
    from portal.notices.models import Notice
    from portal.partners.reminding import remind

    ApiKey.objects.update(expires_at=timezone.now() + dt.timedelta(days=10), created_at="2026-01-01T00:00Z")
    remind()
    assert Notice.objects.filter(user=keeper).count() == 1
    partner.key.refresh_from_db()
    answer = changed(city, partner.key, expires_at_0="2030-01-01", expires_at_1="00:00")
    assert answer.status_code == 302
    assert Notice.objects.filter(user=keeper).count() == 0
