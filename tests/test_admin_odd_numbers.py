"""Numbers in addresses and forms of the administration that no row and no version can have."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from tests.admin_form import fields_of
from tests.factories import make_canteen

pytestmark = pytest.mark.django_db

HUGE = "9" * 25
NAMES = ("change", "history", "delete", "duplicate", "publish")


@pytest.fixture
def office(clerk: User) -> Client:
    """Return the clerk's browser; a mistake of the portal is raised."""
    client = Client()
    client.force_login(clerk)
    return client


@pytest.mark.parametrize("key", [HUGE, "9" * 5000, "x", "-" + HUGE])
@pytest.mark.parametrize("name", NAMES)
def test_a_key_that_no_row_has_is_answered_like_any_other_unknown_one(
    office: Client, name: str, key: str
) -> None:
    address = reverse(f"admin:canteens_canteen_{name}", args=["404404"])
    expected = office.post(address).status_code
    assert expected in {302, 403, 404}
    assert office.post(address.replace("404404", key)).status_code == expected


def test_a_year_that_no_calendar_has_is_not_found(clerk: User) -> None:
    User.objects.filter(pk=clerk.pk).update(is_superuser=True)
    client = Client()
    client.force_login(clerk)
    for name in ("listings_calendaryear", "auth_group", "pages_rightscard"):
        assert client.get(reverse(f"admin:{name}_change", args=[HUGE])).status_code == 302


@pytest.mark.parametrize("chosen", ["x", HUGE, "9" * 5000, "1.5"])
def test_an_action_on_what_cannot_be_a_row_is_refused_with_a_sentence(office: Client, chosen: str) -> None:
    canteen = make_canteen()
    response = office.post(
        reverse("admin:canteens_canteen_changelist"),
        {"action": "do_confirm", "_selected_action": [str(canteen.pk), chosen], "index": "0"},
        follow=True,
    )
    assert response.status_code == 200
    assert [str(message) for message in response.context["messages"]] == [
        "所选内容中有些已不存在，请重新选择。"
    ]


@pytest.mark.parametrize("number", [HUGE, "9" * 5000])
@pytest.mark.parametrize("field", ["compared_from", "based_on"])
@pytest.mark.parametrize("more", [{}, {"_theirs": "phone"}])
def test_a_version_that_cannot_be_shows_the_form_again(
    office: Client, field: str, number: str, more: dict[str, Any]
) -> None:
    canteen = make_canteen()
    address = reverse("admin:canteens_canteen_change", args=[canteen.pk])
    data = fields_of(office.get(address).content.decode())
    response = office.post(address, {**data, **more, "name": "", field: number})
    assert response.status_code == 200
    assert response.context["adminform"].form.errors
