"""Sign-ups that nobody finished are forgotten, and nobody else is."""

from datetime import timedelta
from typing import Any

import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from portal.accounts.cleaning import forget_unfinished_signups
from portal.accounts.models import Courier, User

BEGUN = {"phone": "13900000001", "work_type": "parcel", "name": "半途"}


def test_what_was_begun_a_day_ago_is_forgotten_and_people_stay(courier: User, clerk: User) -> None:
    Client().post("/accounts/signup/", BEGUN)
    entered = User.objects.create_user("13900000002")
    renumbered = User.objects.create_user(None, phone_seen_at=timezone.now(), name="老号主")
    Courier.objects.create(user=renumbered)
    User.objects.filter(pk=clerk.pk).update(phone_verified_at=None, is_staff=False)
    assert forget_unfinished_signups() == 0, "somebody may still be typing the code"
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert forget_unfinished_signups() == 1
    assert set(User.objects.values_list("pk", flat=True)) >= {
        courier.pk,
        clerk.pk,
        entered.pk,
        renumbered.pk,
    }
    assert not User.objects.filter(phone=BEGUN["phone"]).exists()


def test_a_sign_up_taken_up_again_counts_from_then(db: Any) -> None:
    Client().post("/accounts/signup/", BEGUN)
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        Client().post("/accounts/signup/", BEGUN)
        assert forget_unfinished_signups() == 0


def test_the_clock_forgets_them(db: Any) -> None:
    Client().post("/accounts/signup/", BEGUN)
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        call_command("tick")
    assert not User.objects.exists()
