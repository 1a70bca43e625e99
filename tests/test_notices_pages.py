"""What people read of what they were told, and how they say how they want to be told."""

import datetime as dt
import re
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.models import User
from portal.notices.models import Notice, Preference
from portal.notices.quiet import preference_of
from portal.notices.telling import tell
from tests.notice_kinds import told

pytestmark = pytest.mark.django_db
__all__ = ["told"]
PAGE = "/me/notices/"


@pytest.fixture
def reader(told: Any, courier: User, client: Client) -> Client:
    """Return the courier's browser."""
    client.force_login(courier)
    return client


def say(user: User, key: str = "1", **more: Any) -> Notice:
    made = tell(user=user, kind="test_here", key=key, params={"place": f"食堂{key}"}, **more)
    assert made is not None
    return made


def text(client: Client, url: str = PAGE) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_nobody_reads_it_without_signing_in(told: Any, courier: User, client: Client) -> None:
    notice = say(courier)
    for method, url in (
        ("get", PAGE),
        ("get", f"{PAGE}how/"),
        ("post", f"{PAGE}{notice.pk}/"),
        ("post", f"{PAGE}read/"),
        ("post", f"{PAGE}address/"),
        ("get", f"{PAGE}address/x/"),
    ):
        answer = getattr(client, method)(url)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/")
    assert client.get(f"{PAGE}unread.json").json() == {"unread": None}
    assert Notice.objects.unread().count() == 1


def test_without_a_message_the_page_says_what_will_stand_here(reader: Client) -> None:
    assert "暂无消息" in text(reader)


def test_the_newest_stands_first_and_unread_ones_are_marked(reader: Client, courier: User) -> None:
    first = say(courier, "甲", shown_from=timezone.now() - dt.timedelta(hours=2))
    say(courier, "乙")
    say(courier, "丙", shown_from=timezone.now() + dt.timedelta(hours=2))
    reader.post(f"{PAGE}{first.pk}/")
    page = text(reader)
    assert page.index("食堂乙") < page.index("食堂甲")
    assert "食堂丙" not in page
    assert page.count("is-unread") == 1
    assert "1 条未读" in page


def test_opening_one_marks_it_and_leads_to_what_it_is_about(reader: Client, courier: User) -> None:
    notice = say(courier, url="/code/conduct/")
    assert reader.get(f"{PAGE}{notice.pk}/").status_code == 405
    assert reader.post(f"{PAGE}{notice.pk}/")["Location"] == "/code/conduct/"
    assert reader.get(f"{PAGE}unread.json").json() == {"unread": 0}


@pytest.mark.parametrize(
    "url", ["", "//evil.example/", "https://evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_a_message_leads_nowhere_else(reader: Client, courier: User, url: str) -> None:
    notice = say(courier, url=url)
    assert reader.post(f"{PAGE}{notice.pk}/")["Location"] == PAGE


@pytest.mark.parametrize("pk", ["0", str(2**63), "9" * 40])
def test_a_message_that_is_not_there_is_not_found(reader: Client, pk: str) -> None:
    assert reader.post(f"{PAGE}{pk}/").status_code == 404


def test_somebody_elses_message_is_not_found_and_stays_unread(reader: Client, clerk: User) -> None:
    notice = say(clerk)
    assert reader.post(f"{PAGE}{notice.pk}/").status_code == 404
    reader.post(f"{PAGE}read/")
    assert Notice.objects.unread().count() == 1
    assert "食堂" not in text(reader)


def test_all_are_read_with_one_press_and_what_is_not_shown_yet_stays(reader: Client, courier: User) -> None:
    say(courier, "1")
    say(courier, "2")
    say(courier, "3", shown_from=timezone.now() + dt.timedelta(hours=1))
    assert reader.post(f"{PAGE}read/")["Location"] == PAGE
    assert list(Notice.objects.unread().values_list("key", flat=True)) == ["3"]
    assert "全部标为已读" not in text(reader)


def test_a_page_of_a_thousand_costs_the_same_as_one(reader: Client, courier: User) -> None:
    """Session, person, post; count and rows of the page; how many are unread."""
    say(courier, "0")
    costs = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as queries:
            text(reader)
        costs.append(len(queries))
        Notice.objects.bulk_create(
            Notice(user=courier, kind="test_here", key=f"k{number}", params={"place": "食堂"})
            for number in range(999)
            if _round == 0
        )
    assert costs[0] == costs[1] <= 6
    page = text(reader)
    assert "1 / 34" in page
    assert "100 条未读" in page
    assert page.count("told-what") == 30
    for asked in ("34", "99999", "x", "-1"):
        assert reader.get(PAGE, {"page": asked}).status_code == 200


def test_a_kind_that_is_gone_shows_no_error(reader: Client, courier: User) -> None:
    Notice.objects.create(user=courier, kind="of_an_old_version", key="1")
    assert "一件已经结束的事项" in text(reader)


def test_wishes_are_kept(reader: Client, courier: User) -> None:
    page = text(reader, f"{PAGE}how/")
    assert 'value="21:00"' in page
    assert "每天一封" not in page
    assert "您的邮箱" not in page
    kept = {"quiet_from": "22:30", "quiet_until": "07:00", "language": "en"}
    assert reader.post(f"{PAGE}how/", kept).status_code == 302
    found = preference_of(courier)
    assert (found.by_sms, found.by_email, found.language) == (False, True, "en")
    assert (found.quiet_from, found.quiet_until) == (dt.time(22, 30), dt.time(7))


@pytest.mark.parametrize(
    "wrong",
    [
        {"quiet_from": "08:00"},
        {"quiet_from": "25:00"},
        {"quiet_until": ""},
        {"language": "fr"},
        {"quiet_from": "\0"},
    ],
)
def test_wishes_that_make_no_sense_are_refused_with_a_sentence(
    reader: Client, courier: User, wrong: dict[str, str]
) -> None:
    given = {"by_sms": "on", "quiet_from": "21:00", "quiet_until": "08:00", "language": "zh-hans", **wrong}
    answer = reader.post(f"{PAGE}how/", given)
    assert answer.status_code == 400
    assert Preference.objects.count() == 0


def test_an_address_counts_once_its_owner_has_opened_the_link(
    told: Any, clerk: User, client: Client, other_clerk: User, work: Any
) -> None:
    client.force_login(clerk)
    assert client.post(f"{PAGE}address/", {"address": "new@street.example"}).status_code == 302
    clerk.refresh_from_db()
    assert clerk.email == ""
    work()
    (letter,) = mail.outbox
    assert letter.to == ["new@street.example"]
    link = re.search(r"https://portal\.example(\S+)", letter.body)
    assert link is not None
    stranger = Client()
    stranger.force_login(other_clerk)
    assert stranger.get(link[1]).status_code == 410
    assert "new@street.example" in text(client, link[1])
    clerk.refresh_from_db()
    assert clerk.email == ""
    assert client.post(link[1]).status_code == 302
    clerk.refresh_from_db()
    assert clerk.email == "new@street.example"
    assert client.post(link[1]).status_code == 410
    assert client.get(f"{PAGE}address/rubbish/").status_code == 410
    client.post(f"{PAGE}address/", {"forget": "1"})
    clerk.refresh_from_db()
    assert clerk.email == ""


def test_five_links_a_day_are_enough(told: Any, clerk: User, client: Client) -> None:
    client.force_login(clerk)
    for number in range(5):
        assert client.post(f"{PAGE}address/", {"address": f"a{number}@street.example"}).status_code == 302
    assert client.post(f"{PAGE}address/", {"address": "a6@street.example"}).status_code == 429
    assert client.post(f"{PAGE}address/", {"address": "no address"}).status_code == 400


def test_a_courier_gives_no_address(reader: Client) -> None:
    assert reader.post(f"{PAGE}address/", {"address": "a@b.example"}).status_code == 404


def test_english_readers_read_english(reader: Client, courier: User) -> None:
    assert "Messages to you" in text(reader, f"{PAGE}?lang=en")
