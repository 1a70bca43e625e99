"""The pages at /partners/: who opens them, whose keys they show, and what can be done there."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.giving import give_post
from portal.accounts.models import Post, User
from portal.audit.models import Action, Event
from portal.notices.models import Notice
from portal.partners.models import ApiKey, Source
from tests.partner_pages import foreign_key, signed_in, use
from tests.personas import PartnerKey

pytestmark = pytest.mark.django_db

OWN, FOREIGN, NONE = "own", "foreign", "none"
KEY_PAGES = ("partner_key", "partner_key_rename", "partner_key_rotate", "partner_key_revoke")
#: persona → what the list, a page of an own key, and one of another organisation's key answer to GET.
EXPECTED = {
    "anonymous": (302, 302, 302),
    "courier": (403, 403, 403),
    "clerk": (403, 403, 403),
    "operator": (403, 403, 403),
    "guard": (403, 403, 403),
    "keeper": (200, 200, 404),
    # The city keeps all keys in the administration; here it meets those of its own office alone.
    "city_admin": (200, 404, 404),
}


def address(name: str, key: ApiKey) -> str:
    return reverse(name, args=[key.pk])


@pytest.mark.parametrize("who", EXPECTED)
def test_each_person_reaches_the_keys_of_the_own_organisation_and_no_other(
    who: str, partner: PartnerKey, request: pytest.FixtureRequest
) -> None:
    client = signed_in(None if who == "anonymous" else request.getfixturevalue(who))
    other = foreign_key()
    listed, own, foreign = EXPECTED[who]
    before = list(ApiKey.objects.order_by("pk").values())
    assert client.get(reverse("partners")).status_code == listed
    for name in KEY_PAGES:
        assert client.get(address(name, partner.key)).status_code == own, name
        assert client.get(address(name, other)).status_code == foreign, name
        assert client.get(reverse(name, args=[2**63])).status_code == foreign, name
        if name != "partner_key":
            answer = client.post(address(name, other), {"name": "x", "overlap": "7d"})
            assert answer.status_code == foreign, name
    assert list(ApiKey.objects.order_by("pk").values()) == before
    assert client.post(reverse("partners")).status_code in {405, 302, 403}


def test_the_list_names_own_keys_and_nothing_of_others(partner: PartnerKey, keeper: User) -> None:
    foreign_key()
    page = signed_in(keeper).get(reverse("partners")).content.decode()
    assert "镜像" in page
    assert "有效" in page
    assert "别家" not in page


def test_who_keeps_keys_in_another_post_must_act_for_it(
    partner: PartnerKey, keeper: User, groups: Any
) -> None:
    other = foreign_key()
    post = Post.objects.create(
        user=keeper, organisation=other.organisation, group=groups["合作方"], starts_on=dt.date(2026, 1, 1)
    )
    client = signed_in(keeper)
    assert "/accounts/post/" in client.get(reverse("partners")).headers["Location"]
    client.post(reverse("account_post"), {"post": post.pk})
    assert client.get(address("partner_key", other)).status_code == 200
    assert client.get(address("partner_key", partner.key)).status_code == 404


def test_a_post_that_ended_opens_nothing(partner: PartnerKey, keeper: User) -> None:
    Post.objects.filter(user=keeper).update(ends_on=timezone.localdate() - dt.timedelta(days=1))
    assert signed_in(keeper).get(reverse("partners")).status_code == 403


def test_no_page_of_it_may_be_kept(partner: PartnerKey, keeper: User) -> None:
    client = signed_in(keeper)
    for url in (reverse("partners"), *(address(name, partner.key) for name in KEY_PAGES)):
        rules = client.get(url).headers["Cache-Control"]
        assert "no-store" in rules, url
        assert "private" in rules, url


def test_a_rotation_shows_the_new_key_once_and_both_work(partner: PartnerKey, keeper: User) -> None:
    client = signed_in(keeper)
    answer = client.post(address("partner_key_rotate", partner.key), {"overlap": "3d"})
    new = ApiKey.objects.latest("pk")
    assert answer.headers["Location"] == address("partner_key", new)
    first = client.get(answer.headers["Location"])
    text = first.context["secret"]
    assert ApiKey.find(text) == new
    assert text in first.content.decode()
    assert "no-store" in first.headers["Cache-Control"]
    second = client.get(answer.headers["Location"])
    assert second.context["secret"] == ""
    assert text not in second.content.decode()
    api = Client()
    for secret in (partner.secret, text):
        asked = api.get("/api/v1/listings/", headers={"Authorization": f"Bearer {secret}"})
        assert asked.status_code == 200
    partner.key.refresh_from_db()
    assert dt.timedelta(days=2, hours=23) < partner.key.expires_at - timezone.now() <= dt.timedelta(days=3)


def test_the_secret_waits_for_its_own_page_and_is_sealed_meanwhile(partner: PartnerKey, keeper: User) -> None:
    client = signed_in(keeper)
    client.post(address("partner_key_rotate", partner.key), {"overlap": "7d"})
    kept = str(dict(client.session.items()))
    assert client.get(address("partner_key", partner.key)).context["secret"] == ""
    client.head(address("partner_key", ApiKey.objects.latest("pk")))
    text = client.get(address("partner_key", ApiKey.objects.latest("pk"))).context["secret"]
    assert text.startswith("nx_")
    assert text not in kept


@pytest.mark.parametrize("minutes_ago", [None, 16])
def test_without_a_fresh_proof_no_key_is_made_or_ended(
    minutes_ago: float | None, partner: PartnerKey, keeper: User
) -> None:
    client = signed_in(keeper, minutes_ago=minutes_ago)
    for name in ("partner_key_rotate", "partner_key_revoke"):
        url = address(name, partner.key)
        page = client.get(url)
        assert f"/accounts/again/?next={url}" in page.content.decode(), name
        assert client.post(url, {"overlap": "7d"}).status_code == 400, name
    assert ApiKey.objects.count() == 1
    assert ApiKey.objects.get().is_usable


def test_pressing_twice_makes_one_new_key(partner: PartnerKey, keeper: User) -> None:
    client = signed_in(keeper)
    url = address("partner_key_rotate", partner.key)
    client.post(url, {"overlap": "7d"})
    again = client.post(url, {"overlap": "0"}, follow=True)
    assert "这把密钥已经更换过" in again.content.decode()
    assert ApiKey.objects.count() == 2
    partner.key.refresh_from_db()
    assert partner.key.is_usable, "the second press does not shorten the overlap"


@pytest.mark.parametrize("overlap", ["", "8d", "-1", "7d\x00", "９"])
def test_an_overlap_that_is_not_offered_is_refused(overlap: str, partner: PartnerKey, keeper: User) -> None:
    answer = signed_in(keeper).post(address("partner_key_rotate", partner.key), {"overlap": overlap})
    assert answer.status_code == 400
    assert ApiKey.objects.count() == 1


def test_revoking_asks_first_and_then_ends_the_key_at_once(partner: PartnerKey, keeper: User) -> None:
    client = signed_in(keeper)
    url = address("partner_key_revoke", partner.key)
    assert "立即吊销" in client.get(url).content.decode()
    assert ApiKey.find(partner.secret) is not None
    assert client.post(url).status_code == 302
    assert ApiKey.find(partner.secret) is None
    assert client.post(url).status_code == 302
    event = Event.objects.get(action=Action.KEY_REVOKED)
    assert (event.actor_id, event.object_id) == (keeper.pk, str(partner.key.pk))


def test_renaming_is_kept_with_both_names(partner: PartnerKey, keeper: User) -> None:
    client = signed_in(keeper)
    url = address("partner_key_rename", partner.key)
    assert client.post(url, {"name": "镜像（生产）"}).status_code == 302
    assert client.post(url, {"name": "镜像（生产）"}).status_code == 302
    event = Event.objects.get(action=Action.CHANGED, object_kind="partners.apikey")
    assert (event.before, event.after) == ({"name": "镜像"}, {"name": "镜像（生产）"})
    assert event.actor_id == keeper.pk


@pytest.mark.parametrize("name", ["", "   ", "长" * 81, "镜\x00像"])
def test_a_name_that_is_none_is_refused_and_the_old_one_stays_on_the_page(
    name: str, partner: PartnerKey, keeper: User
) -> None:
    answer = signed_in(keeper).post(address("partner_key_rename", partner.key), {"name": name})
    assert answer.status_code == 400
    assert answer.context["row"].key.name == "镜像"
    partner.key.refresh_from_db()
    assert partner.key.name == "镜像"


def test_a_name_with_markup_is_text(partner: PartnerKey, keeper: User) -> None:
    ApiKey.objects.update(name='<img src=x onerror="alert(1)">')
    client = signed_in(keeper)
    for url in (reverse("partners"), *(address(name, partner.key) for name in KEY_PAGES)):
        assert "<img src=x" not in client.get(url).content.decode(), url


def test_a_key_says_in_words_what_it_may_do(partner: PartnerKey, keeper: User) -> None:
    Source.objects.create(name="map-pois", label="地图点位库", organisation=partner.key.organisation)
    Source.objects.create(name="others", label="别家点位库", organisation=foreign_key().organisation)
    ApiKey.objects.filter(pk=partner.key.pk).update(
        scopes=["listings:read", "listings:write"],
        sources=["map-pois", "others"],
        area_code="330105",
        per_minute=77,
    )
    use(partner.key)
    page = signed_in(keeper).get(address("partner_key", partner.key)).content.decode()
    for words in ("读取点位", "listings:write", "地图点位库", "拱墅区", "每分钟 77 次请求", "从未"):
        assert words in page, words
    assert "别家点位库" not in page


def test_the_english_pages_are_english(partner: PartnerKey, keeper: User) -> None:
    client = signed_in(keeper)
    page = client.get(address("partner_key", partner.key), headers={"Accept-Language": "en"}).content.decode()
    for words in ("What it may do", "Read listings", "the whole city", "Replace", "Revoke"):
        assert words in page, words


def test_thirty_keys_cost_as_many_queries_as_one(
    partner: PartnerKey, keeper: User, django_assert_num_queries: Any
) -> None:
    client = signed_in(keeper)
    for number in range(30):
        key, _text = ApiKey.issue(
            organisation=partner.key.organisation,
            name=f"系统{number}",
            scopes=["listings:read"],
            area_code="330105" if number % 2 else "",
        )
        use(key)
    client.get(reverse("partners"))
    # session, person, posts, permissions, keys, areas of one level, use, predecessors, webhooks
    with django_assert_num_queries(9):
        client.get(reverse("partners"))


def test_who_is_given_the_post_is_told_where_the_keys_are(
    partner: PartnerKey, city_admin: User, groups: Any
) -> None:
    person = User(phone="+8613800000010", name="新来的技术员")
    post = Post(user=person, organisation=partner.key.organisation, group=groups["合作方"])
    made = give_post(post=post, by=city_admin)
    notice = Notice.objects.get(user=made.user)
    assert (notice.kind, notice.url) == ("keys_given", "/partners/")
    assert "地图平台" in notice.sentence
    client = signed_in(made.user)
    assert client.get(notice.url).status_code == 200
    assert "接口接入" in client.get("/me/").content.decode()
    assert client.get("/admin/").status_code < 500


def test_only_those_who_keep_keys_are_led_to_them(keeper: User, courier: User, clerk: User) -> None:
    for user, is_led in ((keeper, True), (courier, False), (clerk, False)):
        assert ("/partners/" in signed_in(user).get("/me/").content.decode()) == is_led, user.name
