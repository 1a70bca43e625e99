"""Handing over: a post stops at once, the sessions end, the work goes on; nothing twice and nothing lost."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from canteens.models import Canteen
from portal.accounts.acting import acting_as
from portal.accounts.handing_over import end_posts_that_are_over, hand_over, work_of
from portal.accounts.models import Organisation, Post, User
from portal.audit.models import Action, Event
from portal.listings import revising
from portal.listings.models import ImportBatch, Stewardship
from portal.notices.models import Notice
from portal.upkeep.models import Correction
from tests.personas import make_person
from tests.test_concurrency import at_once


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def colleague(post: Post, phone: str = "13800001001", name: str = "新同事", **fields: Any) -> Post:
    """Return the post of somebody else in the same office."""
    person = make_person(phone, name, is_staff=True)
    return Post.objects.create(user=person, organisation=post.organisation, group=post.group, **fields)


def canteen(name: str = "食堂", street: str = "330105010") -> Canteen:
    return revising.create(
        model=Canteen, changes={"name": name, "street": street}, actor=None, channel="import"
    )


def correction(post: Post | None, listing: Canteen, kind: str = "closed") -> Correction:
    state = "taken" if post else "open"
    return Correction.objects.create(
        listing=listing,
        kind=kind,
        area_code=listing.area_code,
        state=state,
        assignee=post,
        due_at=timezone.now(),
    )


def waiting_import(post: Post) -> ImportBatch:
    return ImportBatch.objects.create(
        kind="canteen", state="checked", file_name="a.csv", file_path=uuid4().hex, user=post.user, post=post,
        area_code=post.area,
    )  # fmt: skip


def test_the_post_stops_at_once_and_all_sessions_end(district_admin: User, clerk: User) -> None:
    phone, desk = signed_in(clerk), signed_in(clerk)
    assert phone.get("/admin/").status_code == desk.get("/admin/").status_code == 200
    done = hand_over(post=clerk.posts.get(), by=district_admin)
    assert done.has_ended
    assert done.sessions_ended
    for client in (phone, desk):
        answer = client.get("/admin/")
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/admin/login/")
        assert not client.get("/me/").wsgi_request.user.is_authenticated
    clerk.refresh_from_db()
    assert not clerk.is_staff
    assert clerk.is_active, "the person goes on as anybody"
    post = clerk.posts.get()
    assert (post.is_current, post.ends_on) == (False, timezone.localdate())
    again = signed_in(clerk)
    assert again.get("/admin/", follow=True).status_code == 403
    assert acting_as(User.objects.get(pk=clerk.pk)).acting_post is None


def test_a_request_under_way_has_no_permission_left(district_admin: User, clerk: User) -> None:
    assert clerk.has_perm("listings.publish_listing")
    hand_over(post=clerk.posts.get(), by=district_admin)
    assert not acting_as(User.objects.get(pk=clerk.pk)).has_perm("listings.publish_listing")


def test_who_keeps_another_post_stays_signed_in_and_is_told(district_admin: User, clerk: User) -> None:
    first = clerk.posts.get()
    client = signed_in(clerk)
    other = Post.objects.create(
        user=clerk,
        group=first.group,
        organisation=Organisation.objects.create(kind="street", name="半山街道办事处", area_code="330105009"),
    )
    assert client.get("/admin/").wsgi_request.user.acting_post == first
    done = hand_over(post=first, by=district_admin)
    assert not done.sessions_ended
    page = client.get("/admin/")
    assert page.status_code == 200
    assert page.wsgi_request.user.acting_post == other
    assert "您所用的岗位已到期" in page.text
    clerk.refresh_from_db()
    assert clerk.is_staff


def test_the_work_goes_to_the_successor(district_admin: User, clerk: User, regions: Any) -> None:
    post = clerk.posts.get()
    to = colleague(post)
    kept, shared = canteen("一"), canteen("二")
    Stewardship.objects.create(post=post, listing=kept)
    Stewardship.objects.create(post=post, listing=shared)
    Stewardship.objects.create(post=to, listing=shared)
    taken = correction(post, kept)
    batch = waiting_import(post)
    assert {work.name: count for work, count in work_of([post.pk])[post.pk]} == {
        "listings": 2,
        "corrections": 1,
        "imports": 1,
    }
    done = hand_over(post=post, to=to, by=district_admin)
    assert {work.name: count for work, count in done.moved} == {"listings": 1, "corrections": 1, "imports": 1}
    taken.refresh_from_db()
    batch.refresh_from_db()
    assert (taken.assignee, taken.state) == (to, "taken")
    assert (batch.post, batch.user) == (to, to.user)
    assert {s.listing.name for s in Stewardship.objects.filter(post=to)} == {"一", "二"}
    assert not Stewardship.objects.filter(post=post).exists()
    assert work_of([post.pk]) == {post.pk: []}


def test_without_a_successor_the_work_waits_in_the_office(district_admin: User, clerk: User) -> None:
    post = clerk.posts.get()
    taken = correction(post, canteen())
    batch = waiting_import(post)
    hand_over(post=post, by=district_admin)
    taken.refresh_from_db()
    batch.refresh_from_db()
    assert (taken.assignee, taken.state) == (None, "open")
    assert batch.post is None


def test_a_correction_beyond_the_successors_area_goes_back_to_the_office(
    district_admin: User, clerk: User
) -> None:
    post = clerk.posts.get()
    to = colleague(post, area_code="330105010001")
    taken = correction(post, canteen())
    hand_over(post=post, to=to, by=district_admin)
    taken.refresh_from_db()
    assert (taken.assignee, taken.state) == (None, "open")


def test_what_stayed_with_an_ended_post_can_be_handed_on(city_admin: User, operator: User) -> None:
    post = operator.posts.get()
    listing = canteen()
    Stewardship.objects.create(post=post, listing=listing)
    hand_over(post=post, by=city_admin)
    assert Stewardship.objects.get().post == post
    to = colleague(post)
    done = hand_over(post=post, to=to, by=city_admin)
    assert not done.has_ended
    assert Stewardship.objects.get().post == to


def test_closed_work_stays_as_it_was(district_admin: User, clerk: User) -> None:
    post = clerk.posts.get()
    closed = correction(post, canteen())
    Correction.objects.filter(pk=closed.pk).update(state="fixed", closed_at=timezone.now())
    hand_over(post=post, to=colleague(post), by=district_admin)
    closed.refresh_from_db()
    assert closed.assignee == post


WHO = [
    # who, whose post, may hand it over
    ("city_admin", "clerk", True),
    ("city_admin", "district_admin", True),
    ("city_admin", "operator", True),
    ("city_admin", "city_admin", False),
    ("district_admin", "clerk", True),
    ("district_admin", "community_clerk", True),
    ("district_admin", "other_clerk", False),
    ("district_admin", "district_admin", False),
    ("district_admin", "city_admin", False),
    ("district_admin", "operator", False),
    ("clerk", "community_clerk", False),
    ("clerk", "clerk", False),
    ("clerk", "other_clerk", False),
    ("community_clerk", "clerk", False),
    ("operator", "clerk", False),
    ("courier", "clerk", False),
]


@pytest.mark.parametrize(("who", "whose", "may"), WHO)
def test_who_hands_over_whose_post(request: Any, who: str, whose: str, may: bool) -> None:
    actor, post = request.getfixturevalue(who), request.getfixturevalue(whose).posts.get()
    if may:
        assert hand_over(post=post, by=actor).has_ended
        return
    with pytest.raises(PermissionDenied):
        hand_over(post=post, by=actor)
    post.refresh_from_db()
    assert post.is_current


def test_a_successor_holds_a_post_in_the_same_office_now(
    district_admin: User, clerk: User, other_clerk: User
) -> None:
    post = clerk.posts.get()
    over = colleague(post, ends_on=timezone.localdate() - timedelta(days=1), starts_on="2026-01-01")
    away = colleague(post, "13800001002", "停用")
    User.objects.filter(pk=away.user_id).update(is_active=False)
    for to in (other_clerk.posts.get(), over, away, post):
        with pytest.raises(ValidationError):
            hand_over(post=post, to=to, by=district_admin)
    post.refresh_from_db()
    assert post.is_current


def test_it_is_recorded_and_told(district_admin: User, clerk: User) -> None:
    post = clerk.posts.get()
    to = colleague(post)
    correction(post, canteen())
    hand_over(post=post, to=to, by=district_admin)
    told = {event.action: event for event in Event.objects.filter(actor_id=district_admin.pk)}
    assert {Action.POST_ENDED, Action.HANDED_OVER, Action.SESSIONS_ENDED} <= told.keys()
    assert told["handed_over"].after == {"to": f"新同事 · {to}", "corrections": 1}
    assert {event.area_code for event in told.values()} == {"330105010"}
    assert set(Notice.objects.values_list("user_id", "kind")) == {
        (clerk.pk, "post_ended"),
        (to.user_id, "work_received"),
    }


def test_a_post_whose_last_day_is_over_is_ended_once_by_the_clock(clerk: User, city_admin: User) -> None:
    post = clerk.posts.get()
    client = signed_in(clerk)
    taken = correction(post, canteen())
    yesterday = timezone.localdate() - timedelta(days=1)
    Post.objects.filter(pk=post.pk).update(ends_on=yesterday)
    assert end_posts_that_are_over() == 1
    assert end_posts_that_are_over() == 0
    post.refresh_from_db()
    taken.refresh_from_db()
    assert timezone.localtime(post.ended_at).isoformat()[:16] == f"{timezone.localdate()}T00:00"
    assert post.ends_on == yesterday
    assert taken.assignee is None
    assert client.get("/admin/").status_code == 302
    assert Event.objects.filter(action=Action.POST_ENDED).count() == 1
    assert not Post.objects.filter(user=city_admin).exclude(ended_at=None).exists()


def test_a_post_that_is_still_to_begin_keeps_the_door_open(district_admin: User, clerk: User) -> None:
    post = clerk.posts.get()
    Post.objects.create(
        user=clerk,
        organisation=post.organisation,
        group=post.group,
        starts_on=timezone.localdate() + timedelta(days=7),
    )
    done = hand_over(post=post, by=district_admin)
    clerk.refresh_from_db()
    assert done.sessions_ended
    assert clerk.is_staff


def test_the_same_post_can_be_given_again_on_the_day_it_ended(district_admin: User, clerk: User) -> None:
    post = clerk.posts.get()
    Post.objects.filter(pk=post.pk).update(starts_on=timezone.localdate())
    hand_over(post=post, by=district_admin)
    anew = Post(user=clerk, organisation=post.organisation, group=post.group)
    anew.full_clean()
    anew.save()
    assert acting_as(User.objects.get(pk=clerk.pk)).acting_post == anew


def test_an_ended_post_does_not_change(district_admin: User, clerk: User) -> None:
    post = clerk.posts.get()
    hand_over(post=post, by=district_admin)
    post.refresh_from_db()
    post.ends_on = None
    with pytest.raises(ValidationError, match="已结束"):
        post.full_clean()


@pytest.mark.django_db(transaction=True)
def test_handed_over_twice_at_once_to_two_colleagues_only_one_gets_it(
    district_admin: User, clerk: User
) -> None:
    post = clerk.posts.get()
    two = [colleague(post, f"1380000101{n}", f"同事{n}") for n in range(2)]
    for n in range(6):
        Stewardship.objects.create(post=post, listing=canteen(f"食堂{n}"))
        correction(post, canteen(f"取餐点{n}"))
    raised = at_once([lambda to=to: hand_over(post=post, to=to, by=district_admin) for to in two])
    assert raised == []
    assert sorted(Stewardship.objects.filter(post=to).count() for to in two) == [0, 6]
    assert sorted(Correction.objects.filter(assignee=to).count() for to in two) == [0, 6]
    assert Event.objects.filter(action=Action.POST_ENDED).count() == 1
    assert Event.objects.filter(action=Action.HANDED_OVER).count() == 1
    assert Notice.objects.filter(kind="work_received").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_correction_taken_at_the_same_moment_does_not_stay_with_somebody_who_left(
    district_admin: User, clerk: User
) -> None:
    post = clerk.posts.get()
    waiting = [correction(None, canteen(f"食堂{n}")) for n in range(5)]

    def take() -> None:
        for row in waiting:
            Correction.objects.filter(pk=row.pk).update(assignee=post, state="taken")

    assert at_once([take, lambda: hand_over(post=post, by=district_admin)]) == []
    end_posts_that_are_over()
    assert not Correction.objects.exclude(assignee=None).exists()
    assert set(Correction.objects.values_list("state", flat=True)) == {"open"}


def test_what_reaches_an_ended_post_later_is_taken_back_by_the_clock(
    district_admin: User, clerk: User
) -> None:
    post, listing = clerk.posts.get(), canteen()
    hand_over(post=post, by=district_admin)
    late = correction(post, listing)
    Stewardship.objects.create(post=post, listing=listing)
    end_posts_that_are_over()
    late.refresh_from_db()
    assert (late.assignee, late.state) == (None, "open")
    assert Stewardship.objects.filter(post=post).exists(), "a listing waits for whoever takes it"


def test_handing_a_full_desk_over_costs_the_same_as_an_empty_one(
    district_admin: User, clerk: User, django_assert_max_num_queries: Any
) -> None:
    post = clerk.posts.get()
    for n in range(20):
        correction(post, canteen(f"食堂{n}"))
    to = colleague(post)
    # may: permissions, scope · lock, successor · end, session count twice, staff, two looks at posts · six moves · three
    # events with their origin · three notices, each in a savepoint
    with django_assert_max_num_queries(45):
        hand_over(post=post, to=to, by=district_admin)
