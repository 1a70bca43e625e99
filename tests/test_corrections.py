"""What couriers say is wrong: heard once each, merged when alike, answered with a clock, and told to the public."""

import datetime as dt
import io
import threading
import uuid
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from portal.accounts.models import User
from portal.listings.hours import CITY_TIME, Calendar
from portal.listings.models import Stewardship
from portal.notices.models import Notice
from portal.upkeep import climbing, clocks, correcting, doubting, forgetting, times
from portal.upkeep.models import Correction, CorrectionReport
from tests.factories import make_apartment, make_canteen, make_compound, make_station
from tests.personas import KANGQIAO, ZHALONGKOU, make_person, make_staff
from tests.standing import own_cache_keys

pytestmark = pytest.mark.django_db
#: A Tuesday, at lunch.
LUNCH = dt.datetime(2026, 11, 24, 11, 20, tzinfo=CITY_TIME)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
State = Correction.State


def say(listing: Any, kind: str = "closed", **more: Any) -> CorrectionReport:
    """Say that something is wrong, by default as somebody new."""
    who = uuid.uuid4().hex
    return correcting.report(
        listing=listing, kind=kind, **{"client_id": uuid.uuid4(), "sender": who, "origin": who[:16], **more}
    )


def picture(kind: str = "JPEG") -> SimpleUploadedFile:
    """Return a photo that says where it was taken."""
    content, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "secret camera"
    Image.new("RGB", (2000, 1500), (200, 80, 40)).save(content, kind, exif=exif)
    return SimpleUploadedFile("photo.jpg", content.getvalue(), "image/jpeg")


@pytest.fixture
def canteen(regions: Any) -> Any:
    return make_canteen()


def close(case: Correction, actor: User, **more: Any) -> Correction:
    """Close a case as corrected."""
    asked = {"state": State.FIXED, "answer": "已更正", **more}
    return correcting.close(correction=case, actor=actor, **asked)


def test_alike_words_are_one_case_and_other_kinds_another(canteen: Any) -> None:
    first, second, price = say(canteen), say(canteen), say(canteen, "wrong_price")
    assert first.correction_id == second.correction_id != price.correction_id
    case = Correction.objects.get(pk=first.correction_id)
    assert (case.report_count, case.area_code, case.state) == (2, canteen.area_code, State.OPEN)


def test_something_else_is_always_a_case_of_its_own(canteen: Any) -> None:
    cases = {say(canteen, "other", note=note).correction_id for note in ("门口在修路", "电话打不通")}
    assert len(cases) == 2


def test_the_same_word_sent_twice_is_one_even_when_its_case_is_closed(canteen: Any, clerk: User) -> None:
    number = uuid.uuid4()
    once = say(canteen, client_id=number)
    close(once.correction, clerk)
    assert say(canteen, client_id=number).pk == once.pk
    assert Correction.objects.count() == 1


def test_the_same_person_counts_once_in_a_case_and_anew_in_the_next(canteen: Any, clerk: User) -> None:
    first = say(canteen, sender="me")
    assert say(canteen, sender="me").pk == first.pk
    case = Correction.objects.get()
    assert case.report_count == 1
    close(case, clerk)
    assert say(canteen, sender="me").correction_id != case.pk


@pytest.mark.parametrize(
    ("make", "offered"),
    [
        (make_canteen, {"closed", "sold_out", "wrong_price", "not_here", "other"}),
        (make_apartment, {"closed", "sold_out", "wrong_price", "not_here", "other"}),
        (make_station, {"closed", "not_here", "other"}),
        (make_compound, {"closed", "not_here", "other"}),
    ],
)
def test_only_what_a_kind_has_can_be_wrong(regions: Any, make: Any, offered: set[str]) -> None:
    listing = make()
    assert set(correcting.kinds_for(listing.kind)) == offered
    for kind in {*Correction.Kind.values, "nonsense"} - offered:
        with pytest.raises(ValidationError):
            say(listing, kind)


def test_something_else_needs_a_word_or_a_photo(canteen: Any) -> None:
    with pytest.raises(ValidationError, match="用一句话"):
        say(canteen, "other", note=" \0 ")
    assert say(canteen, "other", photo=picture()).photo


def test_a_place_that_the_public_does_not_see_hears_nothing(regions: Any) -> None:
    with pytest.raises(ValidationError):
        say(make_canteen(state="draft"))
    assert not Correction.objects.exists()


def test_a_photo_is_made_anew_without_what_it_told_of_the_phone(canteen: Any) -> None:
    name = say(canteen, "other", photo=picture()).photo
    with storages["private"].open(name) as file:
        content = file.read()
    assert b"secret camera" not in content
    with Image.open(io.BytesIO(content)) as kept:
        assert (kept.format, kept.width, len(kept.getexif())) == ("WEBP", correcting.PHOTO_WIDTH, 0)


def test_a_photo_of_a_word_that_was_known_does_not_lie_about(canteen: Any) -> None:
    number = uuid.uuid4()
    say(canteen, "other", client_id=number, photo=picture())
    say(canteen, "other", client_id=number, photo=picture())
    first = say(canteen, "closed", sender="me", photo=picture())
    say(canteen, "closed", sender="me", photo=picture())
    folders = storages["private"].listdir(correcting.PHOTO_FOLDER)[1]
    assert {
        name.rpartition("/")[2] for name in CorrectionReport.objects.values_list("photo", flat=True)
    } <= set(folders)
    assert say(canteen, "closed", sender="me").pk == first.pk


WORKED = [
    ("sold_out", "2026-11-24 11:20", "2026-11-24 13:20"),
    ("closed", "2026-11-24 17:00", "2026-11-25 10:00"),
    ("closed", "2026-11-24 22:00", "2026-11-25 11:00"),
    ("sold_out", "2026-11-27 17:30", "2026-11-30 10:30"),
    ("wrong_price", "2026-11-24 09:00", "2026-11-25 09:00"),
    ("wrong_price", "2026-11-27 12:00", "2026-11-30 12:00"),
    ("not_here", "2026-11-24 12:00", "2026-11-27 12:00"),
    ("other", "2026-11-26 12:00", "2026-12-01 12:00"),
    # The whole week is off, and Saturday the 10th is worked.
    ("sold_out", "2026-09-30 17:30", "2026-10-08 10:30"),
    ("sold_out", "2026-10-09 17:30", "2026-10-10 10:30"),
]


@pytest.mark.parametrize(("kind", "said", "due"), WORKED)
def test_the_clock_counts_the_hours_in_which_the_office_works(kind: str, said: str, due: str) -> None:
    off = tuple((f"2026-10-0{number}", "holiday") for number in range(1, 8))
    calendar = Calendar((*off, ("2026-10-10", "workday")), frozenset({2026}))
    at = [dt.datetime.fromisoformat(text).replace(tzinfo=CITY_TIME) for text in (said, due)]
    assert clocks.due_at(kind, at[0], calendar) == at[1]


def test_every_kind_has_a_clock_and_a_calendar_without_workdays_ends() -> None:
    assert set(clocks.CLOCKS) == set(Correction.Kind.values)
    days = tuple(((LUNCH + number * DAY).date().isoformat(), "holiday") for number in range(100))
    never = Calendar(days, frozenset({2026, 2027}))
    assert clocks.due_at("closed", LUNCH, never) == LUNCH + clocks.FARTHEST_DAYS * DAY


def test_a_case_goes_to_whoever_of_the_street_has_the_fewest(canteen: Any, clerk: User, groups: Any) -> None:
    colleague = make_staff(
        "13800000031",
        "康桥同事",
        group=groups["街道工作人员"],
        kind="street",
        office="康桥街道办事处",
        area_code=KANGQIAO,
    )
    said = [say(canteen, "other", note=f"第{number}件") for number in range(4)]
    whose = [row.correction.assignee.user_id for row in said]
    assert sorted(whose) == sorted([clerk.pk, colleague.pk] * 2)
    told = Notice.objects.filter(kind="correction_waiting")
    assert {(row.user_id, row.key) for row in told} == {
        (row.correction.assignee.user_id, row.correction.number) for row in said
    }


def test_a_district_without_an_office_does_not_keep_another_from_hearing(
    canteen: Any, district_admin: User
) -> None:
    far, at = make_canteen(name="闸弄口食堂", street=ZHALONGKOU), LUNCH - DAY
    for listing, count in ((far, climbing.MOST), (canteen, 1)):
        Correction.objects.bulk_create(
            Correction(
                listing=listing,
                kind="other",
                area_code=listing.area_code,
                opened_at=at,
                last_at=at,
                due_at=at,
            )
            for _number in range(count)
        )
    assert climbing.climb(now=LUNCH) == 1


def test_without_a_street_office_nobody_has_it_and_it_is_kept(canteen: Any) -> None:
    assert say(canteen).correction.assignee is None


def test_taking_moves_and_names_the_post_and_a_foreign_post_is_refused(
    canteen: Any, clerk: User, other_clerk: User, operator: User
) -> None:
    case = say(canteen).correction
    correcting.take(correction=case, post=clerk.acting_post, actor=clerk)
    case.refresh_from_db()
    assert (case.state, case.assignee) == (State.TAKEN, clerk.acting_post)
    Stewardship.objects.create(post=operator.acting_post, listing=canteen)
    correcting.take(correction=case, post=operator.acting_post, actor=operator)
    case.refresh_from_db()
    assert case.assignee == operator.acting_post
    with pytest.raises(ValidationError):
        correcting.take(correction=case, post=other_clerk.acting_post, actor=clerk)


def test_whoever_said_it_is_told_once_and_reads_it(canteen: Any, clerk: User, courier: User) -> None:
    said = say(canteen, user=courier)
    say(canteen)
    for _again in range(2):
        close(said.correction, clerk, answer="今天提前打烊，已标明")
    notice = Notice.objects.get(kind="correction_answered")
    assert (notice.user, notice.params["answer"]) == (courier, "今天提前打烊，已标明")
    page = Client().get(notice.url).content.decode()
    assert "今天提前打烊，已标明" in page
    assert courier.name not in page


def test_a_closed_case_is_not_closed_otherwise_and_needs_an_answer(
    canteen: Any, clerk: User, city_admin: User
) -> None:
    case = say(canteen).correction
    for wrong in ({"answer": " \0"}, {"state": State.OPEN}, {"state": "nonsense"}):
        with pytest.raises(ValidationError):
            close(case, clerk, **wrong)
    close(case, clerk)
    with pytest.raises(ValidationError, match="别人"):
        close(case, city_admin, state=State.NOT_SO)
    assert Correction.objects.get().closed_by_id == clerk.pk


def test_who_said_it_is_forgotten_by_the_case_when_it_is_closed(canteen: Any, clerk: User) -> None:
    said = say(canteen)
    close(said.correction, clerk)
    said.refresh_from_db()
    assert (said.sender, said.origin) == ("", "")


@pytest.mark.parametrize("who", ["other_clerk", "operator", "courier", "guard"])
def test_nobody_else_deals_with_it(
    canteen: Any, who: str, request: pytest.FixtureRequest, clerk: User
) -> None:
    person, case = request.getfixturevalue(who), say(canteen).correction
    post = person.acting_post or clerk.acting_post
    with pytest.raises(PermissionDenied):
        close(case, person)
    with pytest.raises(PermissionDenied):
        correcting.take(correction=case, post=post, actor=person)
    assert not Correction.objects.visible_to(person).exists()


def test_an_operator_answers_for_his_own_place_only(canteen: Any, operator: User) -> None:
    other = say(make_canteen(name="别家食堂")).correction
    case = say(canteen).correction
    Stewardship.objects.create(post=operator.acting_post, listing=canteen)
    assert list(Correction.objects.visible_to(operator)) == [case]
    close(case, operator)
    with pytest.raises(PermissionDenied):
        close(other, operator)


class TestDoubt:
    """When several say that it is shut, the public is told so before it is checked."""

    @pytest.fixture(autouse=True)
    def _lunch(self) -> Any:
        with time_machine.travel(LUNCH, tick=False) as self.clock:
            yield

    def card(self, canteen: Any) -> str:
        return Client().get(canteen.get_absolute_url()).content.decode()

    def test_two_within_half_an_hour_make_it_unsure_on_page_and_card(self, canteen: Any) -> None:
        assert "供应中" in self.card(canteen)
        say(canteen, "sold_out")
        assert "供应中" in self.card(canteen)
        self.clock.shift(20 * dt.timedelta(minutes=1))
        say(canteen, "sold_out")
        doubting.forget_known()
        for url in (canteen.get_absolute_url(), reverse("canteens:list")):
            page = Client().get(url).content.decode()
            assert "待核实" in page
            assert "2 位小哥说已售完" in page
            assert "供应中" not in page

    def test_two_far_apart_or_from_one_address_do_not(self, canteen: Any) -> None:
        say(canteen)
        self.clock.shift(31 * dt.timedelta(minutes=1))
        say(canteen, origin="cafe")
        say(canteen, origin="cafe")
        assert doubting.known() == {}

    def test_it_ends_with_the_answer_or_after_two_hours(self, canteen: Any, clerk: User) -> None:
        say(canteen)
        case = say(canteen).correction
        assert "待核实" in self.card(canteen)
        state = canteen.state, canteen.revision_number
        canteen.refresh_from_db()
        assert (canteen.state, canteen.revision_number) == state
        close(case, clerk, state=State.NOT_SO)
        doubting.forget_known()
        assert "待核实" not in self.card(canteen)
        say(canteen)
        say(canteen)
        doubting.forget_known()
        assert "待核实" in self.card(canteen)
        self.clock.shift(2 * HOUR)
        assert "待核实" not in self.card(canteen)

    def test_a_wrong_price_never_does(self, canteen: Any) -> None:
        for _number in range(3):
            say(canteen, "wrong_price")
        doubting.forget_known()
        assert doubting.known() == {}


def closed_after(listing: Any, hours: float, ago: dt.timedelta = DAY, kind: str = "other") -> None:
    """Write down a case that was closed so long after it was opened."""
    at = LUNCH - ago
    Correction.objects.create(
        listing=listing,
        kind=kind,
        area_code=listing.area_code,
        state=State.FIXED,
        answer="好",
        opened_at=at - hours * HOUR,
        last_at=at,
        due_at=at,
        closed_at=at,
    )


@time_machine.travel(LUNCH, tick=False)
def test_the_usual_time_is_public_from_five_cases_of_ninety_days_on(canteen: Any, regions: Any) -> None:
    far = make_canteen(name="闸弄口食堂", street=ZHALONGKOU)
    for hours in (1, 2, 3, 40):
        closed_after(canteen, hours)
        closed_after(far, 1)
    closed_after(canteen, 1, ago=91 * DAY)
    assert times.median_to_fix(KANGQIAO) is None
    assert "小时内更正" not in Client().get(canteen.get_absolute_url()).content.decode()
    closed_after(canteen, 2.5)
    assert times.median_to_fix(KANGQIAO) is None, "kept for ten minutes"
    own_cache_keys()
    assert times.median_to_fix(KANGQIAO) == 2.5 * HOUR
    assert "康桥街道通常 3 小时内更正" in Client().get(canteen.get_absolute_url()).content.decode()
    assert times.median_to_fix("330105") == 2.5 * HOUR
    assert times.median_to_fix("3301") == 1.0 * HOUR


def test_what_is_late_climbs_to_the_district_once(canteen: Any, clerk: User, district_admin: User) -> None:
    with time_machine.travel(LUNCH, tick=False):
        for number in range(3):
            say(canteen, "other", note=f"第{number}件")
        say(canteen, "sold_out")
    late = LUNCH + 3 * HOUR
    assert climbing.climb(now=late) == 1
    assert climbing.climb(now=late) == 0
    assert climbing.climb(now=late + 10 * DAY) == 3
    told = Notice.objects.filter(kind="corrections_overdue")
    assert [(row.user, row.params["count"]) for row in told.order_by("pk")] == [
        (district_admin, 1),
        (district_admin, 3),
    ]


def test_a_thousand_late_ones_are_one_notice(canteen: Any, district_admin: User) -> None:
    at = LUNCH - DAY
    Correction.objects.bulk_create(
        Correction(
            listing=canteen, kind="other", area_code=canteen.area_code, opened_at=at, last_at=at, due_at=at
        )
        for _number in range(1000)
    )
    assert climbing.climb(now=LUNCH) == 1000
    assert Notice.objects.filter(kind="corrections_overdue").count() == 1


def test_photos_go_thirty_days_after_the_answer_and_people_after_half_a_year(
    canteen: Any, clerk: User, courier: User
) -> None:
    said = say(canteen, "other", photo=picture(), user=courier)
    name = said.photo
    closed = close(said.correction, clerk).closed_at
    assert forgetting.forget(now=closed + 29 * DAY)["photos"] == 0
    assert forgetting.forget(now=closed + 30 * DAY)["photos"] == 1
    assert not storages["private"].exists(name)
    assert forgetting.forget(now=said.made_at + 179 * DAY)["people"] == 0
    assert forgetting.forget(now=said.made_at + 180 * DAY)["people"] == 1
    said.refresh_from_db()
    assert (said.user, said.photo) == (None, "")


def test_a_person_who_leaves_is_cut_off_at_once(canteen: Any) -> None:
    person = make_person("13800000041", "走的人")
    said = say(canteen, user=person)
    person.delete()
    said.refresh_from_db()
    assert said.user is None


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_are_one_case_and_none_is_lost(regions: Any) -> None:
    canteen = make_canteen()
    meet, faults = threading.Barrier(8), []

    def work() -> None:
        try:
            meet.wait()
            say(canteen, "sold_out")
        except Exception as error:
            faults.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    case = Correction.objects.get()
    assert (case.report_count, case.reports.count()) == (8, 8)


@pytest.mark.django_db(transaction=True)
def test_the_same_word_from_eight_nodes_at_once_is_one(regions: Any) -> None:
    canteen, number = make_canteen(), uuid.uuid4()
    meet, found = threading.Barrier(8), []

    def work() -> None:
        meet.wait()
        try:
            found.append(say(canteen, "closed", client_id=number, sender="me").pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert Correction.objects.get().report_count == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_close_at_once_are_one_outcome(regions: Any, clerk: User, city_admin: User) -> None:
    case = say(make_canteen()).correction
    meet, refused = threading.Barrier(2), []

    def work(actor: User, state: str) -> None:
        meet.wait()
        try:
            close(case, actor, state=state)
        except ValidationError as error:
            refused.append(error.code)
        finally:
            connections.close_all()

    asked = [(clerk, State.FIXED), (city_admin, State.NOT_SO)]
    threads = [threading.Thread(target=work, args=one) for one in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["moved"]
    assert not Correction.objects.get().is_open


def test_hearing_a_word_costs_the_same_beside_many(canteen: Any, clerk: User) -> None:
    say(canteen)
    costs = []
    for wanted in (2, 12):
        while Correction.objects.get().report_count < wanted:
            say(canteen)
        with CaptureQueriesContext(connection) as queries:
            say(canteen)
        costs.append(len(queries))
    assert costs[0] == costs[1]
