"""What tests of upkeep share: the queue as a person uses it, facts of a certain age, deeds at the same moment."""

import datetime as dt
import threading
from typing import Any

import orjson
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.listings import confirming
from portal.listings.models import Listing, Stewardship
from portal.upkeep.models import OperatorContact

QUEUE = "admin:upkeep_queue"
PHONE, OTHER = "+8613912345678", "+8613987654321"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user: User, **query: str) -> Any:
    return signed_in(user).get(reverse(QUEUE), query)


def send(user: User, **data: Any) -> Any:
    return signed_in(user).post(reverse(QUEUE), data, follow=True)


def shown(answer: Any) -> list[tuple[str, str]]:
    """Return (name, group) of the rows of a page in their order."""
    return [
        (row["name"], row["key"].split(":")[1])
        for section in answer.context["sections"]
        for row in section["rows"]
    ]


def said(listing: Listing, group: str) -> Any:
    listing.refresh_from_db()
    return orjson.loads(listing.document)["confirmations"][group]


def ago(days: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=days)


def settled(listing: Any, *but: str) -> Any:
    """Let all facts of a listing but those named be confirmed an hour ago."""
    groups = [group for group in listing.fact_groups if group not in but]
    confirming.confirm(listing=listing, fact_groups=groups, actor=None, at=ago(1 / 24))
    return listing


def keeps(user: User, listing: Any) -> Any:
    """Give a listing into the care of a person's post."""
    Stewardship.objects.create(post=user.acting_post, listing=listing)
    return listing


def at_once(count: int, deed: Any) -> list[Any]:
    """Run a deed in several threads that begin together; return what each returned or raised."""
    ready, found = threading.Barrier(count), []

    def run() -> None:
        try:
            ready.wait(20)
            found.append(deed())
        except Exception as error:
            found.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def reached(listing: Any, phone: str = PHONE, **more: Any) -> Any:
    """Give a listing a contact."""
    OperatorContact.objects.create(listing=listing, name="王老板", phone=phone, **more)
    return listing
