"""Kinds of notices for the tests, and the moment by the city's clock at which somebody is told."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.notices import kinds
from portal.notices.kinds import Kind, Urgency
from tests import sent_texts

CITY = ZoneInfo("Asia/Shanghai")
NOW = Kind("test_now", "「%(place)s」明天停水", Urgency.NOW)
SECRET = Kind("test_secret", "您因超速被处分：%(why)s", Urgency.NOW, is_sensitive=True)
DIGEST = Kind("test_digest", "「%(place)s」有一条新纠错", Urgency.DIGEST)
HERE = Kind("test_here", "「%(place)s」已改正", Urgency.HERE)


def at(hour: int, minute: int = 0, day: int = 26) -> dt.datetime:
    """Return a moment of November 2026 by the city's clock."""
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=CITY)


@pytest.fixture
def told(settings: Any, monkeypatch: Any) -> Iterator[list[tuple[str, str]]]:
    """Register the kinds, and return what leaves by text message, as (number, text)."""
    for kind in (NOW, SECRET, DIGEST, HERE):
        monkeypatch.setitem(kinds._KINDS, kind.name, kind)
    settings.SMS_BACKEND = "tests.sent_texts.Kept"
    settings.PUBLIC_BASE_URL = settings.CODES_BASE_URL = "https://portal.example"
    settings.DEFAULT_FROM_EMAIL = "nuanxin@portal.example"
    sent_texts.SENT.clear()
    sent_texts.FAULTS.clear()
    yield sent_texts.SENT
    sent_texts.FAULTS.clear()
