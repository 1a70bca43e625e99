"""The pages around corrections: what anybody sends, what comes back, and what staff may open and press."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.listings.models import Confirmation, Proposal, Stewardship
from portal.upkeep import correcting, senders
from portal.upkeep.models import Correction, CorrectionReport
from tests.factories import make_apartment, make_canteen, make_station, meal
from tests.personas import ZHALONGKOU
from tests.test_corrections import picture, say

pytestmark = pytest.mark.django_db
State = Correction.State


@pytest.fixture
def canteen(regions: Any) -> Any:
    return make_canteen()


def send(client: Client, listing: Any, kind: str = "closed", **more: Any) -> Any:
    """Post what a page's button or form posts."""
    data = {"kind": kind, "client_id": str(uuid.uuid4()), **more}
    return client.post(reverse("correct", args=[listing.public_id]), data)


def case_url(case: Correction, page: str = "change") -> str:
    return reverse(f"admin:upkeep_correction_{page}", args=[case.pk])


def press(client: Client, case: Correction, fix: str, **more: str) -> Any:
    return client.post(case_url(case, "fix"), {"fix": fix, "answer": "", **more})


def said_by(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


class TestSaying:
    """Anybody says it, signed in or not."""

    @pytest.mark.parametrize("make", [make_canteen, make_apartment, make_station])
    def test_every_page_of_a_listing_offers_what_the_kind_has(
        self, client: Client, regions: Any, make: Any
    ) -> None:
        listing = make()
        page = client.get(listing.get_absolute_url()).content.decode()
        for kind in Correction.Kind.values[:-1]:
            assert (f'name="kind" value="{kind}"' in page) is (kind in correcting.kinds_for(listing.kind))

    def test_without_an_account_a_link_reads_the_outcome(self, canteen: Any, clerk: User) -> None:
        phone = Client()
        answer = send(phone, canteen)
        assert (answer.status_code, answer["Location"].endswith("?sent=1")) == (302, True)
        page = phone.get(answer["Location"]).content.decode()
        link = answer["Location"].removesuffix("?sent=1")
        assert "谢谢，已收到" in page
        assert f'href="{link}"' in page
        correcting.close(
            correction=Correction.objects.get(),
            state=State.NOT_SO,
            answer="问过了，今天照常开门",
            actor=clerk,
        )
        assert "问过了，今天照常开门" in Client().get(link).content.decode()

    def test_a_ready_answer_is_read_in_the_readers_language(
        self, client: Client, canteen: Any, clerk: User
    ) -> None:
        link = send(client, canteen, "sold_out")["Location"]
        client.force_login(clerk)
        press(client, Correction.objects.get(), "right")
        assert "页面上的信息没有错" in client.get(link).content.decode()
        assert "it is right as the page says" in client.get(link + "&lang=en").content.decode()

    def test_a_signed_in_person_finds_it_under_me(self, client: Client, canteen: Any, courier: User) -> None:
        client.force_login(courier)
        send(client, canteen)
        assert CorrectionReport.objects.get().user == courier
        assert "康桥食堂" in client.get(reverse("my_corrections")).content.decode()
        assert "没开门" in client.get(reverse("my_corrections")).content.decode()
        other = Client()
        assert other.get(reverse("my_corrections")).status_code == 302

    def test_sent_twice_is_once_and_leads_to_the_same_page(self, client: Client, canteen: Any) -> None:
        number = str(uuid.uuid4())
        first = send(client, canteen, client_id=number)
        assert send(Client(), canteen, client_id=number)["Location"] == first["Location"]
        assert CorrectionReport.objects.count() == 1

    def test_two_things_from_one_page_are_two(self, client: Client, canteen: Any) -> None:
        number = str(uuid.uuid4())
        for more in ({"kind": "closed"}, {"kind": "other", "note": "一"}, {"kind": "other", "note": "二"}):
            send(client, canteen, **{"client_id": number, **more})
        assert Correction.objects.count() == 3

    def test_one_phone_counts_once_and_two_count_twice(self, canteen: Any) -> None:
        phone, other = Client(), Client()
        for client in (phone, phone, other):
            send(client, canteen)
        assert Correction.objects.get().report_count == 2
        assert phone.cookies[senders.COOKIE]["httponly"]

    def test_what_others_said_is_told_with_how_many_and_since_when(
        self, client: Client, canteen: Any
    ) -> None:
        for _number in range(3):
            say(canteen, "sold_out")
        since = timezone.localtime(Correction.objects.get().opened_at).strftime("%H:%M")
        for url in (canteen.get_absolute_url(), reverse("correct", args=[canteen.public_id])):
            assert f"“已售完”：{since} 起已有 3 人反映" in client.get(url).content.decode()

    def test_a_script_gets_the_part_alone(self, client: Client, canteen: Any) -> None:
        headers = {"X-Requested-With": "fetch"}
        url = reverse("correct", args=[canteen.public_id])
        done = client.post(url, {"kind": "closed", "client_id": str(uuid.uuid4())}, headers=headers)
        assert done.status_code == 200
        assert "<html" not in done.content.decode()
        assert "谢谢，已收到" in done.content.decode()
        refused = client.post(url, {"kind": "other", "note": " "}, headers=headers)
        assert refused.status_code == 400
        assert 'role="alert"' in refused.content.decode()

    def test_a_form_of_another_site_is_refused(self, canteen: Any) -> None:
        strict = Client(enforce_csrf_checks=True)
        assert send(strict, canteen).status_code == 403
        assert not Correction.objects.exists()


class TestBadInput:
    """Bad input is normal input."""

    @pytest.mark.parametrize(
        "more",
        [
            {"kind": ""},
            {"kind": "nonsense"},
            {"kind": "other"},
            {"kind": "other", "note": "   "},
            {
                "kind": "other",
                "note": "有图",
                "photo": SimpleUploadedFile("a.jpg", b"<script>", "image/jpeg"),
            },
            {"kind": "other", "photo": SimpleUploadedFile("a.jpg", b"", "image/jpeg")},
        ],
    )
    def test_it_comes_back_with_a_sentence_and_as_it_was_filled_in(
        self, client: Client, canteen: Any, more: dict[str, Any]
    ) -> None:
        if more.get("photo"):
            more["photo"].seek(0)
        answer = send(client, canteen, **more)
        page = answer.content.decode()
        assert answer.status_code == 400
        assert 'role="alert"' in page
        assert more.get("note", "").strip() in page
        assert not Correction.objects.exists()

    def test_a_null_character_is_refused_and_a_long_note_is_cut(self, client: Client, canteen: Any) -> None:
        assert send(client, canteen, "other", note="a\0b").status_code in (302, 400)
        assert send(client, canteen, "other", note="长" * 5000).status_code == 302
        assert max(len(row.note) for row in CorrectionReport.objects.all()) <= correcting.NOTE_LENGTH

    @pytest.mark.parametrize("client_id", ["", "nonsense", "0" * 400, "𝟘"])
    def test_a_number_that_is_none_is_made_anew(self, client: Client, canteen: Any, client_id: str) -> None:
        assert send(client, canteen, client_id=client_id).status_code == 302

    def test_unknown_and_hidden_places_and_tokens_are_not_found(self, client: Client, regions: Any) -> None:
        draft = make_canteen(state="draft")
        for url in (
            reverse("correct", args=["0000000000"]),
            reverse("correct", args=[draft.public_id]),
            reverse("correction", args=["0" * 64]),
            "/corrections/nonsense/",
            f"/corrections/{'长' * 70}/",
        ):
            assert client.get(url).status_code == 404, url
        assert send(client, draft).status_code == 404

    def test_the_page_of_an_outcome_is_kept_by_nobody_and_names_nobody(
        self, client: Client, canteen: Any, courier: User
    ) -> None:
        said = say(canteen, user=courier)
        answer = client.get(correcting.address_of(said))
        assert "no-store" in answer["Cache-Control"]
        assert courier.name not in answer.content.decode()


class TestLimits:
    """Many are held up with a sentence, and what they wrote is still there."""

    def test_a_phone_waits_and_its_words_stay(self, canteen: Any) -> None:
        phone = Client()
        answers = [send(phone, canteen, "other", note=f"第{number}件事") for number in range(14)]
        assert [answer.status_code for answer in answers[:12]] == [302] * 12
        late = answers[13]
        assert late.status_code == 429
        assert "分钟后再发" in late.content.decode()
        assert "第13件事" in late.content.decode()

    def test_another_phone_of_the_same_network_goes_on(self, canteen: Any) -> None:
        phone, other = Client(), Client()
        for number in range(14):
            send(phone, canteen, "other", note=str(number))
        assert send(other, canteen).status_code == 302

    def test_a_phone_that_throws_its_cookie_away_is_held_by_its_address(self, canteen: Any) -> None:
        codes = [send(Client(), canteen).status_code for _number in range(senders.NEW_PHONES[0].amount + 1)]
        assert codes[-1] == 429
        assert set(codes[:-1]) == {302}
        assert send(Client(REMOTE_ADDR="198.51.100.7"), canteen).status_code == 302

    def test_people_are_held_by_themselves(self, canteen: Any, courier: User, clerk: User) -> None:
        mine, theirs = Client(), Client()
        mine.force_login(courier)
        theirs.force_login(clerk)
        codes = [send(mine, canteen, "other", note=str(number)).status_code for number in range(13)]
        assert (codes[11], codes[12]) == (302, 429)
        assert send(theirs, canteen).status_code == 302


ADMIN = ("changelist", "change", "photo", "fix", "take")


def open_all(person: User | None, case: Correction) -> dict[str, int]:
    client = Client(raise_request_exception=False)
    if person is not None:
        client.force_login(person)
    photo = reverse("admin:upkeep_correction_photo", args=[case.pk, case.reports.get().pk])
    return {
        "change": client.get(case_url(case)).status_code,
        "photo": client.get(photo).status_code,
        "take": client.post(case_url(case, "take")).status_code,
        "fix": client.post(case_url(case, "fix"), {"fix": "right"}).status_code,
    }


@pytest.mark.parametrize(
    ("who", "opens"),
    [
        ("anonymous", False),
        ("courier", False),
        ("guard", False),
        ("operator", False),
        ("other_clerk", False),
        ("community_clerk", True),
        ("clerk", True),
        ("district_admin", True),
        ("city_admin", True),
    ],
)
def test_who_opens_a_case(who: str, opens: bool, request: pytest.FixtureRequest, regions: Any) -> None:
    person = None if who == "anonymous" else request.getfixturevalue(who)
    canteen = make_canteen(community="330105010001")
    case = say(canteen, "other", note="密", photo=picture()).correction
    found = open_all(person, case)
    case.refresh_from_db()
    if opens:
        assert (found["change"], found["photo"], found["take"], found["fix"]) == (200, 200, 302, 302)
        assert case.state == State.NOT_SO
    else:
        assert (found["change"], found["photo"]) in {(302, 302), (403, 403), (302, 403)}
        assert case.state == State.OPEN


def test_an_operator_sees_and_answers_his_own_place_alone(
    client: Client, canteen: Any, operator: User
) -> None:
    foreign = say(make_canteen(name="别家食堂")).correction
    case = say(canteen, "sold_out").correction
    Stewardship.objects.create(post=operator.acting_post, listing=canteen)
    client.force_login(operator)
    page = client.get(reverse("admin:upkeep_correction_changelist")).content.decode()
    assert "康桥食堂" in page
    assert "别家食堂" not in page
    assert press(client, case, "sold_out").status_code == 302
    case.refresh_from_db()
    canteen.refresh_from_db()
    assert (case.state, canteen.shut_reason) == (State.FIXED, "sold_out")
    assert press(client, foreign, "right").status_code == 403
    foreign.refresh_from_db()
    assert foreign.state == State.OPEN


class TestPressing:
    """One press does it, answers and closes."""

    @pytest.fixture
    def desk(self, client: Client, clerk: User) -> Client:
        client.force_login(clerk)
        return client

    def test_sold_out_until_the_hours_end(self, desk: Client, canteen: Any) -> None:
        case = say(canteen, "sold_out").correction
        assert "标为售完，到" in desk.get(case_url(case)).content.decode()
        press(desk, case, "sold_out")
        press(desk, case, "sold_out")
        canteen.refresh_from_db()
        case.refresh_from_db()
        assert canteen.shut_until > timezone.now()
        assert (case.state, case.answer) == (State.FIXED, "谢谢你，页面已标明售完。")
        assert canteen.revisions.filter(after__shut_reason="sold_out").count() == 1

    def test_closed_for_today_and_paused(self, desk: Client, canteen: Any, regions: Any) -> None:
        press(desk, say(canteen).correction, "shut")
        canteen.refresh_from_db()
        assert canteen.shut_reason == "out_of_service"
        other = make_canteen(name="另一家")
        until = (timezone.localtime() + dt.timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
        case = say(other).correction
        press(desk, case, "pause", **{"pause-reason": "装修", "pause-until": until})
        other.refresh_from_db()
        case.refresh_from_db()
        assert (other.state, other.pause_reason, case.state) == ("paused", "装修", State.FIXED)

    def test_right_as_it_is_confirms_what_was_doubted(self, desk: Client, canteen: Any) -> None:
        case = say(canteen, "wrong_price").correction
        press(desk, case, "right", answer="刚问过，还是十块")
        case.refresh_from_db()
        assert (case.state, case.answer) == (State.NOT_SO, "刚问过，还是十块")
        assert list(Confirmation.objects.values_list("fact_group", flat=True)) == ["price"]

    def test_the_price_is_put_right_on_the_same_page(self, desk: Client, regions: Any) -> None:
        canteen = make_canteen(meals={"set_meals": [meal(), meal(name="两荤", courier_price_yuan="12.00")]})
        case = say(canteen, "wrong_price").correction
        page = desk.get(case_url(case)).content.decode()
        assert 'value="12.00"' in page
        prices = {
            "prices-base_number": str(canteen.revision_number),
            "prices-meals-set_meals-0-courier_price_yuan": "10.00",
            "prices-meals-set_meals-0-normal_price_yuan": "15.00",
            "prices-meals-set_meals-1-courier_price_yuan": "13.5",
            "prices-meals-set_meals-1-normal_price_yuan": "15.00",
        }
        press(desk, case, "price", **prices)
        assert [str(row.courier_price_yuan) for row in canteen.set_meals.order_by("pk")] == ["10.00", "13.50"]
        case.refresh_from_db()
        assert case.state == State.FIXED

    @pytest.mark.parametrize(
        ("price", "number", "said"),
        [("10.00", 0, "没有变化"), ("一百", 0, ""), ("-1", 0, ""), ("1" * 40, 0, ""), ("12.00", -1, "别人")],
    )
    def test_a_price_that_cannot_be_taken_leaves_the_case_open_and_what_was_typed(
        self, desk: Client, canteen: Any, price: str, number: int, said: str
    ) -> None:
        case = say(canteen, "wrong_price").correction
        prices = {
            "prices-base_number": str(canteen.revision_number + number),
            "prices-meals-set_meals-0-courier_price_yuan": price,
            "prices-meals-set_meals-0-normal_price_yuan": "15.00",
        }
        answer = press(desk, case, "price", **prices)
        assert answer.status_code == 200
        assert price in answer.content.decode()
        case.refresh_from_db()
        assert case.is_open
        assert canteen.set_meals.get().courier_price_yuan == 10

    def test_who_may_not_publish_proposes_and_the_case_stays_in_his_hands(
        self, client: Client, community_clerk: User
    ) -> None:
        canteen = make_canteen(community="330105010001")
        case = say(canteen, "wrong_price").correction
        client.force_login(community_clerk)
        prices = {
            "prices-base_number": str(canteen.revision_number),
            "prices-meals-set_meals-0-courier_price_yuan": "9",
            "prices-meals-set_meals-0-normal_price_yuan": "15.00",
        }
        press(client, case, "price", **prices)
        case.refresh_from_db()
        assert Proposal.objects.count() == 1
        assert (case.state, case.assignee) == (State.TAKEN, community_clerk.acting_post)

    @pytest.mark.parametrize("fix", ["", "nonsense", "sold_out"])
    def test_what_does_not_fit_is_not_done(self, desk: Client, regions: Any, fix: str) -> None:
        case = say(make_station(), "not_here").correction
        assert press(desk, case, fix).status_code in (302, 403)
        case.refresh_from_db()
        assert case.is_open

    def test_a_deed_that_is_refused_closes_nothing(self, desk: Client, canteen: Any) -> None:
        case = say(canteen).correction
        answer = press(desk, case, "pause", **{"pause-reason": "", "pause-until": "2001-01-01T00:00"})
        assert answer.status_code == 200
        case.refresh_from_db()
        assert case.is_open

    def test_the_next_one_is_offered_until_none_is_left(self, desk: Client, canteen: Any) -> None:
        first, second = say(canteen).correction, say(canteen, "wrong_price").correction
        assert press(desk, first, "done")["Location"] == case_url(second)
        assert press(desk, second, "cannot_tell")["Location"] == reverse("admin:upkeep_correction_changelist")

    def test_a_case_is_taken_handed_on_and_odd_posts_are_refused(
        self, desk: Client, canteen: Any, clerk: User, other_clerk: User, district_admin: User
    ) -> None:
        case = say(canteen).correction
        for post in ("", str(district_admin.acting_post.pk)):
            desk.post(case_url(case, "take"), {"post": post})
        case.refresh_from_db()
        assert case.assignee == district_admin.acting_post
        for post in (str(other_clerk.acting_post.pk), "9" * 30, "x", "-1"):
            desk.post(case_url(case, "take"), {"post": post})
        case.refresh_from_db()
        assert case.assignee in (district_admin.acting_post, clerk.acting_post)

    @pytest.mark.parametrize("key", ["0", "999999999", "9" * 40, "nonsense", "%00"])
    def test_a_case_that_is_none_is_no_mistake_of_ours(self, desk: Client, key: str) -> None:
        for page in ("change", "fix", "take"):
            url = f"/admin/upkeep/correction/{key}/{page}/"
            assert desk.get(url).status_code < 500
            assert desk.post(url, {"fix": "right"}).status_code < 500
        assert desk.get(f"/admin/upkeep/correction/{key}/photo/99999999999999999999/").status_code < 500


def test_the_list_shows_open_ones_first_due_and_narrows(
    client: Client, canteen: Any, clerk: User, regions: Any
) -> None:
    late = say(canteen, "sold_out", now=timezone.now() - dt.timedelta(days=9)).correction
    say(canteen, "other", note="不急")
    done = say(canteen, "closed").correction
    foreign = make_canteen(name="闸弄口食堂", street=ZHALONGKOU)
    say(foreign)
    correcting.close(correction=done, state=State.FIXED, answer="好", actor=clerk)
    client.force_login(clerk)
    url = reverse("admin:upkeep_correction_changelist")

    def shown(**query: str) -> list[Correction]:
        return list(client.get(url, query).context["cl"].result_list)

    assert shown()[0] == late
    assert len(shown()) == 2
    assert shown(standing="overdue") == [late]
    assert shown(standing="closed") == [done]
    assert len(shown(standing="all")) == 3
    assert len(shown(mine="1")) == 2
    assert shown(mine="0") == []
    assert len(shown(kind__exact="other")) == 1
    dashboard = client.get(reverse("admin:index")).context["work"]
    assert {due.label: due.count for due in dashboard if "纠错" in due.label} == {
        "小哥纠错": 2,
        "超时的纠错": 1,
    }


def test_the_list_and_a_case_cost_the_same_beside_many(client: Client, canteen: Any, clerk: User) -> None:
    case = say(canteen, "other", note="起").correction
    client.force_login(clerk)
    urls = [reverse("admin:upkeep_correction_changelist"), case_url(case)]
    found = []
    for wanted in (2, 12):
        while Correction.objects.count() < wanted:
            say(canteen, "other", note=uuid.uuid4().hex)
        costs = []
        for url in urls:
            client.get(url)
            with CaptureQueriesContext(connection) as queries:
                client.get(url)
            costs.append(len(queries))
        found.append(costs)
    assert found[0] == found[1]
