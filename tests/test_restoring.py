"""History: who did what, two versions side by side, and bringing back what one of them said as a new version."""

import io
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from portal.listings import confirming, deciding, restoring, revising, states
from portal.listings.models import Confirmation, Listing, Proposal, Retraction, Revision
from portal.listings.pictures import picture_paths, store_picture
from tests.factories import make_canteen, make_compound

pytestmark = pytest.mark.django_db
COMMUNITY = "330105010001"


def page(listing: Listing, name: str, query: str = "") -> str:
    meta = type(listing)._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=[listing.pk]) + query


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def edit(listing: Listing, actor: Any, **changes: Any) -> Any:
    return revising.edit(listing=listing, changes=changes, actor=actor, channel="office")


def again(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def restore(listing: Listing, actor: Any, number: int, *parts: str, base: int | None = None) -> Any:
    kept = again(listing)
    return restoring.restore(
        listing=kept,
        number=number,
        parts=restoring.restorable(kept, number, parts),
        actor=actor,
        channel="office",
        base_number=kept.revision_number if base is None else base,
    )


def picture(colour: str) -> dict[str, Any]:
    file = io.BytesIO()
    Image.new("RGB", (400, 300), colour).save(file, "PNG")
    stored = store_picture(file)
    return {
        "role": "picture",
        "digest": stored.digest,
        "width": stored.width,
        "height": stored.height,
        "alt": colour,
        "position": 0,
    }


def test_one_field_comes_back_and_what_else_changed_stays(clerk):
    canteen = make_canteen()
    edit(canteen, clerk, phone="1", notice="加菜")
    edit(canteen, clerk, pickup="后门")
    revision = restore(canteen, clerk, 2, "phone")
    assert (revision.number, revision.after, revision.note) == (
        5,
        {"phone": "0571-00000000"},
        "恢复自第 2 版。",
    )
    kept = again(canteen)
    assert (kept.phone, kept.notice, kept.pickup) == ("0571-00000000", "加菜", "后门")
    assert "0571-00000000" in kept.document


def test_a_group_and_a_whole_version_come_back(clerk):
    canteen = make_canteen()
    before = revising.read_snapshot(type(canteen).objects.with_groups().get(pk=canteen.pk))
    edit(canteen, clerk, hours={"weekly_hours": [], "hours_exceptions": []}, meals={"set_meals": []})
    edit(canteen, clerk, phone="1", lat=30.4, lng=120.2, entered_datum="gcj02")
    restore(canteen, clerk, 2, "hours")
    assert again(canteen).weekly_hours.exists()
    restore(canteen, clerk, 2)
    assert revising.read_snapshot(type(canteen).objects.with_groups().get(pk=canteen.pk)) == before
    assert restore(canteen, clerk, 2) is None


def test_half_a_position_brings_the_other_half(clerk):
    canteen = make_canteen()
    edit(canteen, clerk, lat=30.4)
    edit(canteen, clerk, lng=120.2)
    restore(canteen, clerk, 2, "lat")
    assert (again(canteen).lat, again(canteen).lng) == (canteen.lat, canteen.lng)


def test_state_and_pause_are_not_restored(clerk):
    canteen = make_canteen()
    states.move(listing=canteen, to="paused", actor=clerk, reason="停电")
    assert restoring.restorable(again(canteen), 2) == []
    assert restoring.restorable(again(canteen), 2, ["state"]) == []


def test_somebody_who_was_faster_is_not_overwritten(clerk):
    canteen = make_canteen()
    edit(canteen, clerk, phone="1")
    base = again(canteen).revision_number
    edit(canteen, clerk, phone="2")
    with pytest.raises(revising.Conflict):
        restore(canteen, clerk, 2, "phone", base=base)
    assert again(canteen).phone == "2"


def test_photos_whose_files_are_gone_are_told_and_the_others_come_back(clerk):
    red, blue = picture("red"), picture("blue")
    canteen = make_canteen(photos={"photos": [red, blue]})
    edit(canteen, clerk, photos={"photos": []})
    storages["public"].delete(picture_paths(red["digest"])["small"])
    shown = signed_in(clerk).get(page(canteen, "earlier", "?to=2&part=photos")).content.decode()
    assert "照片已不再保存" in shown
    restore(canteen, clerk, 2, "photos")
    assert [photo.alt for photo in canteen.photos.all()] == ["blue"]


def test_without_the_right_to_publish_it_is_a_proposal_and_a_draft_is_restored_at_once(
    community_clerk, clerk
):
    canteen = make_canteen(community=COMMUNITY)
    edit(canteen, clerk, phone="1")
    client = signed_in(community_clerk)
    url = page(canteen, "earlier", "?to=2&part=phone")
    assert "等有发布权限的人" in client.get(url).content.decode()
    seen = again(canteen).revision_number
    assert client.post(url, {"seen": seen, "restore": "phone"}).status_code == 302
    assert again(canteen).phone == "1"
    proposal = Proposal.objects.get()
    assert proposal.changes == {"phone": "0571-00000000"}
    deciding.decide_parts(proposal=proposal, decisions=deciding.accept_all(proposal), actor=clerk)
    assert again(canteen).phone == "0571-00000000"
    draft = make_canteen(community=COMMUNITY, state="draft")
    edit(draft, clerk, phone="1")
    assert isinstance(restore(draft, community_clerk, 1, "phone"), Revision)


def test_what_changed_again_shows_the_present_value_first_and_needs_a_tick(clerk):
    canteen = make_canteen()
    edit(canteen, clerk, phone="1", notice="加菜")
    edit(canteen, clerk, phone="2")
    client = signed_in(clerk)
    url = page(canteen, "earlier", "?to=2")
    html = client.get(url).content.decode()
    assert html.index("<del>2</del>") < html.index("<ins>0571-00000000</ins>")
    assert 'value="notice" checked' in html
    assert 'value="phone">' in html
    assert "在第 4 版又改过" in html
    assert "请勾选" in client.post(url, {"seen": "4"}).content.decode()
    assert client.post(url, {"seen": "4", "restore": "notice"}).status_code == 302
    assert (again(canteen).phone, again(canteen).notice) == ("2", "")
    assert "有人改动了" in client.post(url, {"seen": "4", "all": "1"}).content.decode()
    assert client.post(url, {"seen": "5", "all": "1"}).status_code == 302
    assert again(canteen).phone == "0571-00000000"


@pytest.mark.parametrize(
    "query", ["", "?to=0", "?to=99", "?to=%00", "?to=" + "9" * 40, "?to=2&part=%00&part=x"]
)
def test_a_version_that_cannot_be_is_answered_kindly(clerk, query):
    canteen = make_canteen()
    response = signed_in(clerk).get(page(canteen, "earlier", query), follow=True)
    assert response.status_code == (400 if "%00" in query else 200)


def test_a_version_that_does_not_fit_any_more_says_why(clerk):
    canteen = make_canteen()
    edit(canteen, clerk, community=COMMUNITY)
    from portal.regions.models import Community

    edit(canteen, clerk, community=None)
    Community.objects.filter(pk=COMMUNITY).delete()
    response = signed_in(clerk).post(page(canteen, "earlier", "?to=3"), {"seen": "4", "all": "1"})
    assert response.status_code == 200
    assert again(canteen).revision_number == 4


def test_the_timeline_tells_versions_confirmations_and_what_was_taken_back(clerk, city_admin):
    canteen = make_canteen()
    edit(canteen, clerk, phone="1")
    confirming.confirm(listing=canteen, fact_groups=["hours"], actor=clerk)
    Retraction.objects.create(confirmation=Confirmation.objects.get(), actor_label="康桥工作人员")
    client = signed_in(clerk)
    html = client.get(page(canteen, "history")).content.decode()
    places = [html.index(text) for text in ("撤回核实", "已核实", "第 3 版", "第 2 版", "第 1 版")]
    assert places == sorted(places)
    only = client.get(page(canteen, "history", "?kind=version")).content.decode()
    assert "撤回核实" not in only and "第 3 版" in only
    only = client.get(page(canteen, "history", "?kind=confirmation")).content.decode()
    assert "撤回核实" in only and "第 3 版" not in only
    assert client.get(page(canteen, "history", "?kind=x&p=zzz")).status_code == 200


def test_from_where_is_read_by_who_may_read_the_audit_alone(clerk, operator):
    from portal.listings.models import Stewardship

    canteen = make_canteen()
    Stewardship.objects.create(post=operator.acting_post, listing=canteen)
    client = signed_in(clerk)
    edit(canteen, clerk, phone="1")
    data = {"seen": "3", "restore": "phone"}
    client.post(page(canteen, "earlier", "?to=2"), data, REMOTE_ADDR="203.0.113.9")
    assert "203.0.113.9" in client.get(page(canteen, "history")).content.decode()
    assert "203.0.113.9" not in signed_in(operator).get(page(canteen, "history")).content.decode()


def test_two_versions_are_compared_whichever_is_named_first(clerk):
    canteen = make_canteen()
    for phone in ("1", "2", "3"):
        edit(canteen, clerk, phone=phone)
    client = signed_in(clerk)
    for query in ("?a=3&b=5", "?a=5&b=3"):
        compared = client.get(page(canteen, "history", query)).context["compared"]
        (change,) = compared["differences"]
        assert (change.old, change.new) == (["1"], ["3"])
    for query in ("?a=3&b=3", "?a=0&b=2", "?a=1&b=99", "?a=x&b=2"):
        assert client.get(page(canteen, "history", query)).context["compared"] == {"fault": True}
    edit(canteen, clerk, phone="1")
    assert client.get(page(canteen, "history", "?a=3&b=6")).context["compared"]["differences"] == []


def test_the_page_of_one_version_offers_to_bring_back_what_it_replaced(clerk):
    compound = make_compound()
    revision = edit(compound, clerk, phone="1")
    url = reverse("admin:listings_revision_change", args=[revision.pk])
    html = signed_in(clerk).get(url).content.decode()
    assert f"{page(compound, 'earlier')}?to=2&amp;part=phone" in html


def test_who_may_not_change_a_listing_restores_nothing(clerk, other_clerk, operator, courier):
    canteen = make_canteen()
    edit(canteen, clerk, phone="1")
    for user in (other_clerk, operator, courier, None):
        client = signed_in(user) if user else Client()
        for url in (page(canteen, "earlier", "?to=2"), page(canteen, "history")):
            assert client.get(url).status_code in (302, 403)
            assert client.post(url, {"seen": "3", "all": "1"}).status_code in (302, 403)
    assert again(canteen).phone == "1"


def test_a_thousand_versions_cost_as_many_queries_as_three(clerk):
    canteen = make_canteen()
    edit(canteen, clerk, phone="1")
    client = signed_in(clerk)

    def cost(query: str) -> int:
        client.get(page(canteen, "history", query))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page(canteen, "history", query)).status_code == 200
        return len(queries)

    few = cost("")
    now = timezone.now()
    Revision.objects.bulk_create(
        Revision(
            listing_id=canteen.pk,
            number=number,
            made_at=now,
            actor_label="甲",
            channel="office",
            before={"phone": str(number - 1)},
            after={"phone": str(number)},
            request_id=f"number-{number}",
        )
        for number in range(4, 1001)
    )
    Listing.objects.filter(pk=canteen.pk).update(revision_number=1000)
    # Fewer names of regions to look up, one look at the origins.
    assert cost("") <= few and cost("?p=30") <= few
    assert cost("?a=2&b=1000") <= few + 1
    assert len(client.get(page(canteen, "earlier", "?to=2")).context["rows"]) == 1
