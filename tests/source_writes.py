"""A partner's source for tests of offices: a listing that it has written, and its writes by the partner API."""

from typing import Any

from django.test import Client
from django.utils import timezone

from portal.accounts.models import Organisation
from portal.listings.models import SourceRecord
from portal.listings.snapshots import read_snapshot
from portal.partners.models import Source
from tests.factories import make_canteen
from tests.source_rows import PUBLISH, WRITE, address, key_for, put

KEY = "key_of_tests"


def make_source(name: str = "canteens-of-wuliu", label: str = "物流园食堂名册", **fields: Any) -> Any:
    """Return a source of a partner, with the key that writes it."""
    firm, _made = Organisation.objects.get_or_create(kind="operator", name="物流园餐饮公司")
    source: Any = Source.objects.filter(name=name).first()
    if source is None:
        source = Source.objects.create(name=name, label=label, organisation=firm, **fields)
    setattr(source, KEY, key_for(source, WRITE, PUBLISH))
    return source


def make_sent(source: Source, external_id: str = "A-1", **changes: Any) -> Any:
    """Return a published canteen that a source has written."""
    canteen = make_canteen(extra={"source": source.name, "external_id": external_id}, **changes)
    snapshot = read_snapshot(type(canteen).objects.with_groups().get(pk=canteen.pk))
    SourceRecord.objects.create(
        listing_id=canteen.pk,
        sent=snapshot,
        sent_number=canteen.revision_number,
        sent_at=timezone.now(),
        sent_by_label=source.label,
    )
    return canteen


def write_as(source: Any, external_id: str, **changes: Any) -> str:
    """Write a source's row by the API; return what came of it ("changed" …) or the code of the problem."""
    answer = put(getattr(source, KEY), changes, external_id, source=source.name).json()
    return str(answer.get("outcome") or answer["code"])


def withdraw_as(source: Any, external_id: str) -> str:
    """Withdraw a source's row by the API; return what came of it or the code of the problem."""
    url = address(external_id, source.name)
    answer = Client().delete(url, headers=getattr(source, KEY).headers).json()
    return str(answer.get("outcome") or answer["code"])
