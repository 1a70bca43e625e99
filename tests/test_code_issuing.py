"""First credentials and renewals: who gets one, how long it lives, which key may ask for the next."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.models import Courier, User
from services.codes import indices, xg1
from services.codes.faults import CodeRefused
from services.codes.issuing import renew_after
from services.codes.keyring import KeyRing
from services.codes.models import Container, Credential, Holder, StatusIndex
from services.codes.renewing import new_nonce
from services.codes.standing import end_of_day
from tests.code_holders import (
    DeviceKey,
    b64,
    first,
    make_holder,
    make_platform,
    post,
    renewed,
    sign_in,
)

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
#: Tomorrow: the keys of this run sign from now on.
NOON = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).replace(hour=4, minute=0, second=0, microsecond=0)


@pytest.fixture
def holder(courier: User) -> Holder:
    return make_holder(courier)


def ask(client: Client, word: str = "first", **body: Any) -> Any:
    asked = {"public_key": DeviceKey(word).text, "kind": "browser", "label": "小米 14", **body}
    return post(client, "/code/credential/", **asked)


def ask_renewal(client: Client, number: str, old: str, new: str, **body: Any) -> Any:
    nonce = client.get("/code/nonce/", {"container": number}).json()["nonce"]
    signature = DeviceKey(old).sign_renewal(nonce, DeviceKey(new))
    asked = {
        "container": number,
        "nonce": nonce,
        "public_key": DeviceKey(new).text,
        "signature": b64(signature),
        **body,
    }
    return post(client, "/code/renew/", **asked)


def test_a_credential_says_what_was_checked_and_hides_the_name(courier: User) -> None:
    make_platform(7)
    holder = make_holder(courier, platform=7, work_type="parcel")
    answer = ask(sign_in(courier)).json()
    kept = Credential.objects.get()
    read = xg1.read_credential(bytes(kept.data))
    assert b64(bytes(kept.data)) == answer["credential"]
    assert (read.name, read.platform, read.work_type, read.provisional) == ("李*明", 7, "parcel", False)
    assert (read.pid, read.digest.hex(), read.public_key) == (kept.pid, kept.digest, DeviceKey().public)
    assert read.life_hours == 48
    assert kept.holder == holder
    key = KeyRing.load().public_keys()[read.kid]
    assert xg1.is_signed(key.key, read.signature, read.signed_body)
    assert answer["ends_at_ms"] == read.ends_at * 1000
    assert 12 * 3600_000 <= answer["renew_after_ms"] - read.issued_at * 1000 <= 14 * 3600_000
    assert answer["platforms"] == [{"number": 7, "zh": "试送", "en": "Platform 7"}]


def test_renewals_are_spread(holder: Holder) -> None:
    given = [first(holder, "a"), first(holder, "b")]
    given += [renewed(given[0], "a", f"next {number}") for number in range(6)]
    waits = {renew_after(credential) - credential.issued_at for credential in given}
    assert len(waits) == len(given)
    assert renew_after(given[0]) == renew_after(Credential.objects.get(pk=given[0].pk))


@pytest.mark.parametrize(
    ("ago_s", "method", "status"),
    [
        (10, "code", 200),
        (14 * 60, "code", 200),
        (16 * 60, "code", 403),
        (10, "password", 403),
        (10, "link", 403),
    ],
)
def test_a_first_credential_asks_for_a_fresh_code_by_text_message(
    holder: Holder, courier: User, ago_s: float, method: str, status: int
) -> None:
    answer = ask(sign_in(courier, ago_s=ago_s, method=method))
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"] == "sign_in_again"
        assert "短信" in answer.json()["say"]


def test_who_has_just_signed_in_elsewhere_does_not_freshen_a_copied_cookie(
    holder: Holder, courier: User
) -> None:
    copied = sign_in(courier, ago_s=20 * 60)
    assert ask(sign_in(courier), "mine").status_code == 200
    assert ask(copied, "theirs").json()["error"] == "sign_in_again"


def test_a_number_that_was_proved_before_it_was_changed_is_no_proof(holder: Holder, courier: User) -> None:
    client = sign_in(courier)
    User.objects.filter(pk=courier.pk).update(phone="+8613800000077")
    assert ask(client).json()["error"] == "sign_in_again"


def test_the_same_key_gets_the_same_credential(holder: Holder, courier: User) -> None:
    client = sign_in(courier)
    one, other = ask(client).json(), ask(client).json()
    assert (one["credential"], one["container"]) == (other["credential"], other["container"])
    assert (Credential.objects.count(), Container.objects.count()) == (1, 1)


def test_another_persons_key_is_refused(holder: Holder, courier: User) -> None:
    first(holder, "mine")
    other = make_holder(None, name="王大力")
    answer = ask(sign_in(other.courier.user), "mine")
    assert (answer.status_code, answer.json()["error"]) == (409, "key_used")


@pytest.mark.parametrize(
    "key", ["", "AAAA", b64(b"\x02" + b"\xff" * 32), b64(b"\x04" + b"\x01" * 32), None, 7]
)
def test_what_is_no_key_is_refused_with_a_sentence(holder: Holder, courier: User, key: Any) -> None:
    answer = ask(sign_in(courier), public_key=key)
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_key")
    assert answer.json()["say"]


def test_a_third_container_is_refused_and_the_two_are_named(holder: Holder, courier: User) -> None:
    client = sign_in(courier)
    for word in ("one", "two"):
        assert ask(client, word, label=word).status_code == 200
    answer = ask(client, "three")
    assert (answer.status_code, answer.json()["error"]) == (409, "too_many_containers")
    assert {row["label"] for row in answer.json()["containers"]} == {"one", "two"}
    number = answer.json()["containers"][0]["number"]
    assert post(client, f"/code/containers/{number}/end/").status_code == 200
    assert ask(client, "three").status_code == 200
    ended = Credential.objects.get(container__number=number)
    assert ended.revoked_at is not None, "what an ended device still shows is not taken any more"
    assert StatusIndex.objects.get(pk=ended.index).revoked_at is not None


def test_the_other_container_is_told_of_a_new_one(holder: Holder, courier: User) -> None:
    one = ask(sign_in(courier), "one").json()
    assert one["notices"] == []
    with time_machine.travel(timezone.now() + HOUR):
        two = ask(sign_in(courier), "two").json()
        assert two["notices"] == []
        told = ask_renewal(Client(), one["container"], "one", "one later").json()["notices"]
    assert [notice["kind"] for notice in told] == ["added"]
    assert told[0]["zh"] and told[0]["en"] and told[0]["zh"] != told[0]["en"]


def test_a_provisional_credential_ends_with_the_day(courier: User) -> None:
    with time_machine.travel(NOON, tick=False):
        holder = make_holder(courier, basis=Holder.Basis.STATION, until=end_of_day(NOON))
        given = first(holder)
    assert given.ends_at == NOON.replace(hour=15, minute=59), "23:59 in Hangzhou"
    read = xg1.read_credential(bytes(given.data))
    assert read.provisional and given.is_provisional
    assert NOON - HOUR < given.issued_at <= NOON, (
        "an issue time from the future would say that a clock is slow"
    )
    assert renew_after(given) < given.ends_at


def test_a_provisional_credential_lasts_an_hour_at_least(courier: User) -> None:
    late = NOON.replace(hour=15, minute=30)
    with time_machine.travel(late, tick=False):
        given = first(make_holder(courier, basis=Holder.Basis.STATION, until=end_of_day(late)))
    assert given.ends_at == late + HOUR


def test_a_provisional_pass_that_is_over_gives_nothing(courier: User) -> None:
    holder = make_holder(courier, basis=Holder.Basis.STATION, until=end_of_day(NOON), now=NOON)
    given = first(holder, now=NOON)
    for deed in (
        lambda: first(holder, "other", now=NOON + 13 * HOUR),
        lambda: renewed(given, "first", "next", now=NOON + 13 * HOUR),
    ):
        with pytest.raises(CodeRefused) as refused:
            deed()
        assert (refused.value.code, refused.value.status) == ("provisional_over", 403)


def test_an_own_word_gives_no_credential_and_says_what_to_do(courier: User) -> None:
    make_holder(courier, basis=Holder.Basis.CLAIM)
    client = sign_in(courier)
    answer = ask(client)
    assert (answer.status_code, answer.json()["error"]) == (403, "not_checked")
    assert "驿站" in answer.json()["say"]
    state = client.get("/code/state/").json()
    assert state["refused_because"]["code"] == "not_checked"
    assert state["refused_because"]["zh"] == answer.json()["say"]
    assert Credential.objects.count() == 0


def test_renewing_takes_the_key_and_no_session(holder: Holder, courier: User) -> None:
    one = ask(sign_in(courier), "one").json()
    two = ask_renewal(Client(), one["container"], "one", "two")
    assert two.status_code == 200
    assert two.json()["container"] == one["container"]
    kept = list(Credential.objects.order_by("pk"))
    assert [credential.revoked_at for credential in kept] == [None, None], (
        "the old one stays valid to its end"
    )
    assert kept[0].index != kept[1].index
    assert kept[1].signed_by == kept[0].pid


def test_a_copied_cookie_renews_nothing(holder: Holder, courier: User) -> None:
    client = sign_in(courier)
    one = ask(client, "one").json()
    stolen = Client()
    stolen.cookies = client.cookies
    for words in (("thief", "thief"), ("thief", "other")):
        answer = ask_renewal(stolen, one["container"], *words)
        assert (answer.status_code, answer.json()["error"]) == (403, "bad_signature")
    assert Credential.objects.count() == 1


def test_a_renewal_sent_twice_is_one_renewal(holder: Holder) -> None:
    one = first(holder, "one")
    assert renewed(one, "one", "two").data == renewed(one, "one", "two").data
    assert Credential.objects.count() == 2


def test_after_lost_answers_the_key_that_is_left_renews_still(holder: Holder) -> None:
    one = first(holder, "one")
    for lost in ("two", "three", "four"):
        renewed(one, "one", lost)
    assert (
        renewed(one, "four", "five").signed_by
        == Credential.objects.get(public_key=DeviceKey("four").public.hex()).pid
    )


def test_a_key_that_was_left_behind_renews_nothing(holder: Holder) -> None:
    """A copy of a browser's storage dies when the browser has gone two steps on."""
    one = first(holder, "one")
    renewed(one, "one", "two")
    renewed(one, "two", "three")
    with pytest.raises(CodeRefused) as refused:
        renewed(one, "one", "copy")
    assert refused.value.code == "bad_signature"
    renewed(one, "three", "four")


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        ({"nonce": "x"}, "bad_nonce"),
        ({"nonce": None}, "bad_request"),
        ({"signature": b64(bytes(64))}, "bad_signature"),
        ({"signature": "x"}, "bad_signature"),
        ({"container": "00000000-0000-4000-8000-000000000000"}, "bad_nonce"),
        ({"container": "x"}, "bad_request"),
        ({"public_key": "x"}, "bad_key"),
        ({"public_key": DeviceKey("other").text}, "bad_signature"),
    ],
)
def test_a_spoilt_renewal_is_refused(holder: Holder, courier: User, spoil: Any, error: str) -> None:
    one = ask(sign_in(courier), "one").json()
    answer = ask_renewal(Client(), one["container"], "one", "two", **spoil)
    assert answer.json()["error"] == error
    assert answer.json()["say"]
    assert Credential.objects.count() == 1


def test_a_nonce_is_for_one_container_and_for_five_minutes(holder: Holder, courier: User) -> None:
    one, two = first(holder, "one"), first(holder, "two")
    numbers = [str(credential.container.number) for credential in (one, two)]
    nonce = new_nonce(numbers[0])
    late = {"container": numbers[0], "nonce": nonce}
    crossed = {"container": numbers[1], "nonce": nonce}
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=6)):
        answers = [ask_renewal(Client(), numbers[0], "one", "next", **late)]
    answers.append(ask_renewal(Client(), numbers[1], "two", "next", **crossed))
    assert [answer.json()["error"] for answer in answers] == ["bad_nonce", "bad_nonce"]


def test_an_unknown_container_is_told_to_sign_in(holder: Holder) -> None:
    answer = ask_renewal(Client(), "00000000-0000-4000-8000-000000000000", "one", "two")
    assert (answer.status_code, answer.json()["error"]) == (403, "unknown_container")


def test_who_renews_without_end_is_stopped_and_keeps_the_code(holder: Holder) -> None:
    one = first(holder, "0")
    for number in range(7):
        renewed(one, str(number), str(number + 1))
    with pytest.raises(CodeRefused) as refused:
        renewed(one, "7", "8")
    assert (refused.value.code, refused.value.status) == ("too_often", 429)
    renewed(one, "7", "8", now=timezone.now() + 13 * HOUR)


def test_a_courier_who_was_away_renews_with_the_key(holder: Holder) -> None:
    one = first(holder, "one")
    assert renewed(one, "one", "two", now=timezone.now() + dt.timedelta(days=20)).pid != one.pid


def test_an_index_is_drawn_again_when_it_is_taken(holder: Holder, monkeypatch: Any) -> None:
    drawn = iter([5, 5, 5, 6])
    monkeypatch.setattr(indices.secrets, "randbelow", lambda size: next(drawn))
    assert [first(holder, "a").index, first(holder, "b").index] == [5, 6]


def test_an_index_is_free_again_a_day_after_the_last_list_that_spoke_of_it(
    holder: Holder, monkeypatch: Any
) -> None:
    monkeypatch.setattr(indices.secrets, "randbelow", lambda size: 5 if size == 1 << 16 else 70_000)
    one = first(holder, "a")
    free_at = StatusIndex.objects.get(pk=5).free_at
    assert free_at >= one.ends_at + 48 * HOUR
    StatusIndex.objects.filter(pk=5).update(revoked_at=timezone.now())
    assert first(holder, "b", now=free_at - HOUR).index == 70_000
    Container.objects.update(retired_at=timezone.now())
    monkeypatch.setattr(indices.secrets, "randbelow", lambda size: 5)
    again = first(holder, "c", now=free_at + HOUR)
    place = StatusIndex.objects.get(pk=5)
    assert (again.index, place.pid, place.revoked_at) == (5, again.pid, None)


def test_a_list_speaks_of_an_index_until_after_its_end_and_no_longer(holder: Holder) -> None:
    one = first(holder)
    for later, is_spoken_of in ((dt.timedelta(), True), (dt.timedelta(minutes=30), True), (2 * HOUR, False)):
        spoken_of = StatusIndex.objects.spoken_of(one.ends_at + later)
        assert spoken_of.exists() is is_spoken_of


def test_the_list_doubles_when_it_is_full(holder: Holder, monkeypatch: Any) -> None:
    sizes: list[int] = []

    def draw(size: int) -> int:
        sizes.append(size)
        return 5 if size == 1 << 16 else size - 1

    monkeypatch.setattr(indices.secrets, "randbelow", draw)
    first(holder, "a")
    assert first(holder, "b").index == (1 << 17) - 1
    assert indices.list_size() == 1 << 17


def test_state_says_the_same_form_to_everybody(holder: Holder, courier: User) -> None:
    out = Client().get("/code/state/")
    assert (out.status_code, out.json()["signed_in"], out.json()["holder"]) == (200, False, None)
    assert out.headers["Cache-Control"].count("no-store") == 1
    first(holder)
    state = sign_in(courier).get("/code/state/").json()
    assert set(out.json()) == set(state)
    assert state["holder"]["masked_name"] == "李*明"
    assert [row["is_live"] for row in state["containers"]] == [True]
    assert "李小明" not in str(state)
    assert "13800000001" not in str(state)


def test_reading_the_state_asks_ten_queries_at_most(holder: Holder, courier: User) -> None:
    """Session, person, post, holder with courier and platform, containers; messages, notices, answers, look-ups."""
    first(holder)
    client = sign_in(courier)
    with CaptureQueriesContext(connection) as queries:
        client.get("/code/state/")
    assert len(queries) <= 10, [query["sql"][:90] for query in queries]


def test_a_renewal_keeps_to_its_queries(holder: Holder) -> None:
    """Before the lock container and keys; under it holder, container, keys, roster, key used?, pace, size, index,
    credential, container; then platforms and notices. With BEGIN, COMMIT and savepoints."""
    one = first(holder, "one")
    nonce = new_nonce(str(one.container.number))
    asked = {
        "container": str(one.container.number),
        "nonce": nonce,
        "public_key": DeviceKey("two").text,
        "signature": b64(DeviceKey("one").sign_renewal(nonce, DeviceKey("two"))),
    }
    with CaptureQueriesContext(connection) as queries:
        assert post(Client(), "/code/renew/", **asked).status_code == 200
    assert len(queries) <= 24, [query["sql"][:90] for query in queries]


@pytest.mark.parametrize("address", ["enrol", "credential", "renew", "lost"])
def test_another_site_cannot_post(address: str) -> None:
    answer = Client().post(f"/code/{address}/", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (403, "not_from_here")


def test_nobody_signed_in_is_told_so(courier: User) -> None:
    for address in ("enrol", "credential", "lost"):
        answer = post(Client(), f"/code/{address}/")
        assert (answer.status_code, answer.json()["error"]) == (403, "sign_in")


def test_signing_in_again_leads_to_a_code_and_no_other_site_signs_out(courier: User) -> None:
    old = sign_in(courier, ago_s=3600)
    address = old.get("/code/state/").json()["sign_in_url"]
    assert old.get(address, headers={"Sec-Fetch-Site": "cross-site"})["Location"] == "/code/"
    assert "_auth_user_id" in old.session
    assert old.get(address)["Location"] == "/accounts/login/?next=%2Fcode%2F"
    assert "_auth_user_id" not in old.session


@pytest.mark.parametrize(
    "wanted", ["https://elsewhere.test/", "//elsewhere.test/", "javascript:alert(1)", ""]
)
def test_signing_in_again_leads_to_no_other_site(wanted: str) -> None:
    assert Client().get("/accounts/again/", {"next": wanted})["Location"] == "/accounts/login/?next=%2F"


def test_a_copied_cookie_moves_nobody_to_another_number(courier: User, capsys: Any) -> None:
    """Else the thief would sign in by a number of their own, and that would count as fresh."""
    change = "/accounts/phone/change/"
    copied = sign_in(courier, ago_s=3600)
    answer = copied.post(change, {"phone": "13800000077"})
    assert answer["Location"] == "/accounts/again/?next=%2Faccounts%2Fphone%2Fchange%2F"
    assert "SMS" not in capsys.readouterr().out
    assert sign_in(courier).post(change, {"phone": "13800000077"})["Location"] == "/accounts/phone/verify/"
    assert "SMS +8613800000077" in capsys.readouterr().out


def test_signing_in_by_code_and_signing_up_count_as_fresh(client: Client, capsys: Any) -> None:
    import re

    client.post("/accounts/signup/", {"phone": "13800000066", "work_type": "parcel", "name": "王建国"})
    code = re.findall(r"(\d{6})", capsys.readouterr().out.split(":")[1])[0]
    client.post("/accounts/phone/verify/", {"code": code})
    user = User.objects.get(phone="13800000066")
    assert user.courier.work_type == Courier.WorkType.PARCEL
    make_holder(user)
    assert ask(client).status_code == 200


def test_too_many_tries_are_slowed_with_a_sentence(holder: Holder, courier: User) -> None:
    client = sign_in(courier)
    answers = [ask(client, public_key="x") for _try in range(7)]
    assert [answer.status_code for answer in answers] == [400] * 6 + [429]
    assert "分钟" in answers[-1].json()["say"]
