"""The preview of what is not public needs what the administration needs."""

from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from tests.factories import make_canteen

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(clerk: User) -> str:
    """Return the preview of a draft in the clerk's street."""
    return reverse("canteens:preview", args=[make_canteen(state="draft").public_id])


def status(user: User, address: str) -> int:
    client = Client()
    client.force_login(user)
    return client.get(address).status_code


def test_somebody_who_is_no_longer_staff_sees_no_preview(clerk: User, address: str) -> None:
    assert status(clerk, address) == 200
    User.objects.filter(pk=clerk.pk).update(is_staff=False)
    assert status(clerk, address) == 404


def test_staff_without_the_second_factor_that_is_required_see_no_preview(
    clerk: User, address: str, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = True
    assert status(clerk, address) == 404
    TOTP.activate(clerk, generate_totp_secret())
    assert status(clerk, address) == 200
