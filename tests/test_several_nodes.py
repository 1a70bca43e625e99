"""Several nodes do the work of one: nothing that they must share is kept in a process."""

import datetime as dt
import os
import subprocess
import sys
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal.listings import clock
from portal.listings.models import ChangeCounter, Listing, Revision
from tests.factories import make_canteen
from tests.test_concurrency import at_once

pytestmark = pytest.mark.usefixtures("regions")


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_do_the_work_of_one() -> None:
    ChangeCounter.objects.get_or_create(id=1)
    paused = [make_canteen(name=f"食堂{number}") for number in range(4)]
    ended = timezone.now() - dt.timedelta(minutes=1)
    Listing.objects.filter(pk__in=[row.pk for row in paused]).update(
        state="paused", pause_reason="检修", paused_until=ended, next_change_at=ended
    )
    before = Revision.objects.count()
    assert at_once([clock.tick, clock.tick, clock.tick]) == []
    assert Revision.objects.filter(channel="clock").count() == Revision.objects.count() - before == 4
    assert set(Listing.objects.values_list("state", flat=True)) == {"published"}


def asked_of_two_processes(code: str) -> list[str]:
    """Return what two processes that start apart say."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "SECRET_KEY": "k" * 60,
        "DEBUG": "0",
    }
    started = [
        subprocess.Popen(
            [sys.executable, "-c", f"import django; django.setup(); {code}"],
            env={**environment, "PYTHONHASHSEED": seed, "ALLOWED_HOSTS": "localhost", "STATIC_BUILT": "0"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    return [process.communicate(timeout=120)[0].strip() for process in started]


def test_nodes_sign_name_and_draw_alike() -> None:
    said = asked_of_two_processes(
        "from portal.listings.drawings import storing, kinds; from django.core import signing; "
        "from portal.listings.intervals import *; "
        "print(storing.drawing_svg(kinds.Drawing('neutral', {})), signing.Signer().sign('x'))"
    )
    assert said[0] == said[1] != ""


@pytest.mark.django_db
def test_a_session_and_a_form_of_one_node_hold_on_another(clerk: Any) -> None:
    from tests.admin_form import fields_of

    one, other = Client(), Client()
    one.force_login(clerk)
    form = fields_of(one.get("/admin/canteens/canteen/add/").content.decode())
    other.cookies.update(dict(one.cookies.items()))
    assert other.post("/admin/canteens/canteen/add/", {**form, "name": "新食堂"}).status_code == 302
    assert Listing.objects.get().name == "新食堂"
