"""Undoing an import: as far as nothing has changed since, without a trace lost."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from canteens.models import Canteen
from portal.audit.models import Event
from portal.listings import confirming, importing_batches, revising, states
from portal.listings.models import ImportBatch, Proposal, Revision
from portal.listings.snapshots import read_snapshot
from tests.factories import make_canteen
from tests.importing import checked, import_rows, undone, written
from tests.test_import_rows import GOOD, table

pytestmark = pytest.mark.django_db


def test_new_places_are_archived_and_changes_taken_back_with_a_note(clerk: Any) -> None:
    place = make_canteen()
    before = read_snapshot(place, with_status=True)
    facts = {"街道": "康桥街道", "电话": "0571-9", "营业时间": "周一 09:00-10:00", "套餐": ""}
    rows = table({"编号": place.public_id, "名称": place.name, **facts}, {"名称": "新食堂", **facts})
    batch = import_rows(Canteen, rows, clerk)
    made = Canteen.objects.exclude(pk=place.pk).get()
    place.refresh_from_db()
    assert (place.phone, made.state, batch.state) == ("0571-9", "draft", "done")
    batch = undone(batch, clerk)
    assert (batch.state, batch.undone_by_label) == ("undone", str(clerk))
    fresh, made = Canteen.objects.get(pk=place.pk), Canteen.objects.get(pk=made.pk)
    assert read_snapshot(fresh, with_status=True) == before
    assert made.state == "archived"
    notes = Revision.objects.filter(batch_id=batch.pk).exclude(note="").values_list("note", flat=True)
    assert set(notes) == {"导入已撤销"} and len(notes) == 2
    assert Event.objects.get(action="import_undone").after == {"kind": "canteen", "undone": 2, "left": 0}


def test_what_somebody_changed_since_stays_and_is_counted(clerk: Any) -> None:
    one, two = make_canteen(name="甲食堂"), make_canteen(name="乙食堂")
    batch = import_rows(Canteen, table(*({"编号": p.public_id, "电话": "0571-9"} for p in (one, two))), clerk)
    revising.edit(listing=two, changes={"notice": "改"}, actor=clerk, channel="office")
    batch = undone(batch, clerk)
    assert [Canteen.objects.get(pk=p.pk).phone for p in (one, two)] == ["0571-00000000", "0571-9"]
    assert (batch.state, batch.rows.to_undo().get().listing_id) == ("undone", two.pk)


def test_a_confirmation_is_no_change(clerk: Any) -> None:
    place = make_canteen()
    batch = import_rows(Canteen, table({"编号": place.public_id, "电话": "0571-9"}), clerk)
    confirming.confirm(listing=place, fact_groups=["contact"], actor=clerk)
    undone(batch, clerk)
    assert Canteen.objects.get(pk=place.pk).phone == "0571-00000000"


def test_if_everything_has_changed_since_the_import_stays_and_may_be_undone_again(clerk: Any) -> None:
    place = make_canteen()
    batch = import_rows(Canteen, table({"编号": place.public_id, "电话": "0571-9"}), clerk)
    revising.edit(listing=place, changes={"notice": "改"}, actor=clerk, channel="office")
    assert undone(batch, clerk).state == "done"


def test_undone_twice_is_undone_once(clerk: Any) -> None:
    place = make_canteen()
    batch = import_rows(Canteen, table({"编号": place.public_id, "电话": "0571-9"}), clerk)
    undone(batch, clerk)
    number = Canteen.objects.get(pk=place.pk).revision_number
    with pytest.raises(ValidationError):
        undone(batch, clerk)
    assert Canteen.objects.get(pk=place.pk).revision_number == number


def test_a_published_new_place_is_left_alone(clerk: Any) -> None:
    batch = import_rows(Canteen, table(GOOD), clerk)
    states.move(listing=Canteen.objects.get(), to="published", actor=clerk)
    undone(batch, clerk)
    assert Canteen.objects.get().state == "published"


def test_proposals_that_wait_are_withdrawn(community_clerk: Any) -> None:
    place = make_canteen(community="330105010001")
    batch = import_rows(Canteen, table({"编号": place.public_id, "电话": "0571-1"}), community_clerk)
    proposal = Proposal.objects.get()
    assert proposal.batch_id == batch.pk
    assert undone(batch, community_clerk).state == "undone"
    proposal.refresh_from_db()
    assert (proposal.outcome, proposal.decided_by_label) == ("withdrawn", str(community_clerk))


def test_a_proposal_that_was_accepted_is_left(community_clerk: Any, clerk: Any) -> None:
    from portal.listings import deciding

    place = make_canteen(community="330105010001")
    batch = import_rows(Canteen, table({"编号": place.public_id, "电话": "0571-1"}), community_clerk)
    proposal = Proposal.objects.get()
    deciding.decide_parts(proposal=proposal, decisions=deciding.accept_all(proposal), actor=clerk)
    assert undone(batch, community_clerk).state == "done"
    assert Canteen.objects.get(pk=place.pk).phone == "0571-1"


def test_who_may_undo(
    clerk: Any,
    other_clerk: Any,
    city_admin: Any,
    community_clerk: Any,
    operator: Any,
    anyone: Any,
    courier: Any,
) -> None:
    batch = import_rows(Canteen, table(GOOD), clerk)
    seen = {
        person: ImportBatch.objects.editable_by(person).exists() and importing_batches.may_undo(batch, person)
        for person in (clerk, other_clerk, city_admin, community_clerk, operator, anyone, courier)
    }
    assert [person for person, may in seen.items() if may] == [clerk, city_admin]
    with pytest.raises(PermissionDenied):
        importing_batches.undo(batch=batch, user=community_clerk)


def test_the_city_undoes_what_a_street_imported(clerk: Any, city_admin: Any) -> None:
    place = make_canteen()
    batch = import_rows(Canteen, table({"编号": place.public_id, "电话": "0571-9"}), clerk)
    assert undone(batch, city_admin).undone_by_label == str(city_admin)
    assert Canteen.objects.get(pk=place.pk).phone == "0571-00000000"


def whole(clerk: Any, *kept: Canteen, typed: str = "") -> ImportBatch:
    rows = table(*({"编号": place.public_id, "名称": place.name} for place in kept))
    return written(checked(Canteen, rows, clerk, mode="whole"), clerk, typed=typed)


def test_a_whole_list_archives_what_it_does_not_name_and_undoing_brings_it_back(clerk: Any) -> None:
    places = [make_canteen(name=f"{name}食堂") for name in "甲乙丙丁戊"]
    paused = places[-1]
    states.move(listing=paused, to="paused", actor=clerk, reason="装修")
    batch = whole(clerk, *places[:-1])
    paused.refresh_from_db()
    assert (paused.state, paused.revisions.first().note) == ("archived", "不在导入的完整名单中")
    assert paused.document == ""
    undone(batch, clerk)
    paused.refresh_from_db()
    assert (paused.state, paused.pause_reason) == ("paused", "装修")
    assert paused.document


def test_more_than_a_fifth_needs_the_number_typed(clerk: Any) -> None:
    places = [make_canteen(name=f"{name}食堂") for name in "甲乙丙丁戊"]
    rows = table(*({"编号": place.public_id, "名称": place.name} for place in places[:3]))
    batch = checked(Canteen, rows, clerk, mode="whole")
    for typed in ("", "1", "两", "3"):
        with pytest.raises(ValidationError, match="2"):
            written(batch, clerk, typed=typed)
    assert not Canteen.objects.filter(state="archived").exists()
    written(batch, clerk, typed=" 2 ")
    assert Canteen.objects.filter(state="archived").count() == 2


def test_a_whole_list_leaves_partners_other_streets_and_what_a_refused_row_names(
    clerk: Any, other_clerk: Any
) -> None:
    from tests.personas import ZHALONGKOU

    kept = make_canteen(name="甲食堂")
    make_canteen(name="伙伴食堂", extra={"source": "amap", "external_id": "1"})
    make_canteen(name="别处食堂", street=ZHALONGKOU)
    make_canteen(name="写错的食堂")
    gone = make_canteen(name="丁食堂")
    rows = table(
        {"编号": kept.public_id, "名称": kept.name, "街道": "康桥街道"},
        {"编号": "", "名称": "写错的食堂（分店）", "街道": "没有街道"},
    )
    batch = checked(Canteen, rows, clerk, mode="whole")
    assert [row.listing_id for row in batch.rows.filter(verdict="archived")] == [gone.pk]


def test_who_may_not_publish_cannot_say_that_a_list_is_whole(community_clerk: Any) -> None:
    with pytest.raises(PermissionDenied):
        checked(Canteen, table(GOOD), community_clerk, mode="whole")
