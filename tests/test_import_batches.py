"""Batches: who may go on with one, what is told, what is remembered, how many queries its page takes."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from canteens.models import Canteen
from portal.accounts.models import Post
from portal.listings import importing_batches, importing_checking, importing_writing
from portal.listings.importing_files import forget_old
from portal.listings.importing_work import run
from portal.listings.models import ImportBatch
from portal.notices.models import Notice
from tests.factories import make_canteen
from tests.importing import checked, import_rows, undone, verdicts_of, written
from tests.test_import_rows import GOOD, table

pytestmark = pytest.mark.django_db


def page(batch: ImportBatch) -> str:
    return reverse("admin:listings_importbatch_change", args=[batch.pk])


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_who_sees_an_import(
    clerk: Any,
    other_clerk: Any,
    city_admin: Any,
    district_admin: Any,
    community_clerk: Any,
    operator: Any,
    courier: Any,
    anyone: Any,
) -> None:
    batch = checked(Canteen, table(GOOD), clerk)
    everybody = (clerk, other_clerk, city_admin, district_admin, community_clerk, operator, courier, anyone)
    seeing = [who for who in everybody if ImportBatch.objects.visible_to(who).filter(pk=batch.pk).exists()]
    assert seeing == [clerk, city_admin, district_admin]


def test_somebody_else_of_the_area_takes_it_over_and_only_then_confirms(
    clerk: Any, district_admin: Any
) -> None:
    batch = checked(Canteen, table(GOOD), clerk)
    with pytest.raises(PermissionDenied):
        importing_batches.confirm(batch=batch, user=district_admin)
    importing_batches.take_over(batch=batch, user=district_admin)
    run(batch.pk)
    with pytest.raises(PermissionDenied):
        importing_batches.confirm(batch=batch, user=clerk)
    batch = written(ImportBatch.objects.get(), district_admin)
    assert (batch.state, batch.actor_label) == ("done", str(district_admin))
    assert Canteen.objects.get().revisions.get().actor_id == district_admin.pk


def test_a_post_that_ends_in_between_stops_what_is_not_written_yet(clerk: Any) -> None:
    batch = checked(Canteen, table(GOOD), clerk)
    importing_batches.confirm(batch=batch, user=clerk)
    Post.objects.update(ends_on=dt.date(2026, 1, 2))
    run(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, verdicts_of(batch), Canteen.objects.count()) == ("done", ["refused"], 0)
    assert "已不在该岗位" in batch.rows.get().reasons[0]["zh-hans"]


def test_a_post_that_ends_before_the_undo_leaves_the_import_as_it_is(clerk: Any) -> None:
    batch = import_rows(Canteen, table(GOOD), clerk)
    Post.objects.update(ends_on=dt.date(2026, 1, 2))
    batch = undone(batch, clerk)
    assert batch.state == "done"
    assert "已不在该岗位" in batch.failure
    assert Canteen.objects.get().state == "draft"


def test_a_checked_import_can_be_called_off_and_then_nothing_more_is_done(clerk: Any) -> None:
    batch = checked(Canteen, table(GOOD), clerk)
    importing_batches.drop(batch=batch)
    for deed in (
        lambda: importing_batches.confirm(batch=batch, user=clerk),
        lambda: importing_batches.drop(batch=batch),
        lambda: importing_batches.undo(batch=batch, user=clerk),
        lambda: importing_batches.take_over(batch=batch, user=clerk),
    ):
        with pytest.raises(ValidationError):
            deed()
    assert ImportBatch.objects.get().state == "dropped"


def test_an_unforeseen_fault_says_so_and_keeps_the_file(clerk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(importing_checking, "check_rows", broken)
    batch = checked(Canteen, table(GOOD), clerk)
    assert batch.state == "failed"
    assert storages["private"].exists(batch.file_path)
    said = signed_in(clerk).get(page(batch)).content.decode()
    assert "未能检查" in said


def test_only_who_waited_long_is_told(clerk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import_rows(Canteen, table(GOOD), clerk)
    assert not Notice.objects.exists()
    for module in (importing_checking, importing_writing):
        monkeypatch.setattr(module, "WAITED", dt.timedelta(seconds=-1))
    batch = import_rows(Canteen, table({**GOOD, "名称": "另一家"}), clerk)
    told = list(Notice.objects.order_by("pk").values_list("kind", "user_id", "url"))
    assert told == [(kind, clerk.pk, page(batch)) for kind in ("import_checked", "import_finished")]


def test_files_and_rows_are_forgotten_after_a_year_and_who_imported_stays(clerk: Any) -> None:
    old, new = (import_rows(Canteen, table({**GOOD, "名称": name}), clerk) for name in ("旧", "新"))
    ImportBatch.objects.filter(pk=old.pk).update(made_at=timezone.now() - dt.timedelta(days=367))
    forget_old()
    assert not storages["private"].exists(old.file_path)
    assert storages["private"].exists(new.file_path)
    old.refresh_from_db()
    assert (old.rows.count(), old.actor_label, new.rows.count()) == (0, str(clerk), 1)
    answer = signed_in(clerk).get(page(old))
    assert answer.status_code == 200


def test_the_pages_of_imports_take_the_same_queries_however_long(clerk: Any) -> None:
    client, counts = signed_in(clerk), []
    client.get(reverse("admin:listings_importbatch_changelist"))
    for number in (1, 30):
        rows = [{**GOOD, "名称": f"{number}号{index}食堂", "地址": f"{index}"} for index in range(number)]
        batch = import_rows(Canteen, table(*rows), clerk)
        for address in (page(batch), reverse("admin:listings_importbatch_changelist")):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


@pytest.mark.parametrize(
    "sent",
    [
        {"deed": "choose", "choice-x": "new", "choice-9999999999999999999": "new", "rest": "\0"},
        {"deed": "choose", "rest": "anything"},
        {"deed": "confirm", "typed": "\0" * 9},
        {"deed": "undo"},
        {"deed": ""},
        {},
    ],
)
def test_odd_answers_are_no_error(sent: dict[str, str], clerk: Any) -> None:
    batch = checked(Canteen, table({**GOOD, "街道": "没有"}), clerk)
    client = signed_in(clerk)
    for number in (batch.pk, 10**18, 10**30):
        address = reverse("admin:listings_importbatch_do", args=[number])
        assert client.post(address, sent).status_code in {302, 404}
    assert client.get(f"{page(batch)}?verdict=x&p=zzz&n=99999").status_code == 200
    assert (
        client.get(reverse("admin:listings_importbatch_lines", args=[batch.pk]), {"of": "x"}).status_code
        == 404
    )


def test_two_who_confirm_at_once_write_once(clerk: Any) -> None:
    batch = checked(Canteen, table(GOOD), clerk)
    importing_batches.confirm(batch=batch, user=clerk)
    run(batch.pk)
    run(batch.pk)
    assert Canteen.objects.count() == 1


def test_nobody_imports_into_a_place_lost_since_the_check(clerk: Any, other_clerk: Any) -> None:
    from portal.listings.models import Listing
    from tests.personas import ZHALONGKOU

    place = make_canteen()
    batch = checked(Canteen, table({"编号": place.public_id, "电话": "1"}), clerk)
    Listing.objects.filter(pk=place.pk).update(street=ZHALONGKOU, district="330102")
    written(batch, clerk)
    assert verdicts_of(batch) == ["refused"]
    assert Canteen.objects.get().phone == place.phone
