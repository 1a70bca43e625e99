"""Posts: where permissions come from and how far they reach."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from portal.accounts.acting import acting_as
from portal.accounts.models import Organisation, Post, User
from portal.accounts.scope import area_filter, covers
from portal.regions.models import Community, Street
from tests.personas import make_person


def second_post(user: User, group: str = "社区工作人员", **fields: Any) -> Post:
    office, _created = Organisation.objects.get_or_create(
        kind="street", name="文新街道办事处", area_code="330106013"
    )
    return Post.objects.create(user=user, organisation=office, group=Group.objects.get(name=group), **fields)


def test_permissions_come_from_the_acting_post_alone(clerk: User) -> None:
    assert clerk.has_perm("accounts.view_post")
    assert clerk.has_module_perms("accounts")
    assert not clerk.has_perm("accounts.change_user")
    plain = User.objects.get(pk=clerk.pk)
    assert not plain.has_perm("accounts.view_post"), "a person who acts for no post may do nothing"


def test_changing_the_post_changes_the_permissions(clerk: User) -> None:
    other = second_post(clerk, "区级工作人员")
    assert not clerk.has_perm("accounts.reset_second_factor")
    acting_as(clerk, other)
    assert clerk.has_perm("accounts.reset_second_factor")
    assert covers(clerk, "330106013002")
    assert not covers(clerk, "330105010")


def test_a_post_counts_from_its_first_to_its_last_day(clerk: User) -> None:
    post = clerk.posts.get()
    today = timezone.localdate()
    for starts, ends, holds in (
        (today, today, True),
        (today - timedelta(days=9), today - timedelta(days=1), False),
        (today + timedelta(days=1), None, False),
    ):
        Post.objects.filter(pk=post.pk).update(starts_on=starts, ends_on=ends)
        fresh = User.objects.get(pk=clerk.pk)
        assert (acting_as(fresh).acting_post is not None) is holds
        assert fresh.has_perm("accounts.view_post") is holds


def test_a_post_that_ended_while_it_was_acted_for_gives_nothing(clerk: User) -> None:
    clerk.acting_post.ends_on = timezone.localdate() - timedelta(days=1)
    clerk.acting_post = clerk.acting_post
    assert not clerk.has_perm("accounts.view_post")


def test_nobody_acts_for_somebody_elses_post(clerk: User, other_clerk: User) -> None:
    with pytest.raises(ValueError, match="same person"):
        acting_as(clerk, other_clerk.posts.get())


def test_a_superuser_may_do_everything_and_an_inactive_one_nothing(db: Any) -> None:
    root = User.objects.create_superuser("13900000001", "correct horse battery")
    assert root.has_perm("accounts.delete_user")
    assert root.has_module_perms("accounts")
    root.is_active = False
    assert not root.has_perm("accounts.delete_user")
    assert not Street.objects.filter(area_filter(root, "code")).exists()


def test_reach_is_the_area_and_what_lies_in_it(
    clerk: User, community_clerk: User, operator: User, city_admin: User, anyone: Any
) -> None:
    def communities(user: Any) -> set[str]:
        return {c.name for c in Community.objects.filter(area_filter(user, "code"))}

    assert communities(clerk) == {"康桥社区"}
    assert communities(community_clerk) == {"康桥社区"}
    assert not Street.objects.filter(area_filter(community_clerk, "code")).exists(), (
        "a community is not its street"
    )
    assert communities(city_admin) == {"康桥社区", "闸弄口社区", "南都社区"}
    assert communities(operator) == set(), "a post without an area reaches nothing by area"
    assert communities(anyone) == set()


def test_a_firm_that_sits_in_a_street_does_not_keep_the_street(operator: User, clerk: User) -> None:
    firm = operator.acting_post.organisation
    firm.area_code = "330105010"
    firm.save()
    acting_as(operator)
    assert not covers(operator, "330105010001")
    assert not Community.objects.filter(area_filter(operator, "code")).exists()
    assert set(Post.objects.visible_to(clerk)) == {clerk.acting_post, operator.acting_post}
    post = operator.acting_post
    post.area_code = "330105010001"
    with pytest.raises(ValidationError) as refusal:
        post.full_clean()
    assert "area_code" in refusal.value.message_dict


def test_a_narrower_area_must_lie_inside_the_organisations(clerk: User) -> None:
    post = clerk.posts.get()
    post.area_code = "330105010001"
    post.full_clean()
    assert post.area == "330105010001"
    post.area_code = "330102013"
    with pytest.raises(ValidationError) as refusal:
        post.full_clean()
    assert "area_code" in refusal.value.message_dict


def test_the_database_refuses_a_post_that_ends_before_it_starts(clerk: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        clerk.posts.update(starts_on=date(2026, 5, 2), ends_on=date(2026, 5, 1))
    post = clerk.posts.get()
    post.starts_on, post.ends_on = date(2026, 5, 2), date(2026, 5, 1)
    with override("zh-hans"), pytest.raises(ValidationError, match="最后一天早于第一天"):
        post.full_clean()


def test_an_office_needs_an_area_and_a_firm_does_not(regions: Any) -> None:
    Organisation(kind="platform", name="某平台").full_clean()
    with pytest.raises(ValidationError):
        Organisation(kind="street", name="某街道办事处").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.create(kind="street", name="某街道办事处")


def test_a_phone_is_kept_in_one_form_and_only_once(db: Any) -> None:
    make_person("138 0000 0001", "甲")
    assert str(User.objects.get(phone="13800000001").phone) == "+8613800000001"
    with pytest.raises(IntegrityError), transaction.atomic():
        make_person("+8613800000001", "乙")
    make_person(None, "丙")
    make_person(None, "丁")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(name="丁").update(phone="")


def test_somebody_with_two_posts_chooses_for_which_one_they_act(client: Any, clerk: User) -> None:
    other = second_post(clerk)
    client.force_login(clerk)
    page = client.get(reverse("account_post"))
    assert "康桥街道办事处" in page.text
    assert "文新街道办事处" in page.text
    answer = client.post(reverse("account_post"), {"post": other.pk, "next": "/me/"})
    assert answer.headers["Location"] == "/me/"
    assert client.get(reverse("account_post")).wsgi_request.user.acting_post == other


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_choosing_a_post_leads_nowhere_else(client: Any, clerk: User, wanted: str) -> None:
    client.force_login(clerk)
    answer = client.post(reverse("account_post"), {"post": clerk.posts.get().pk, "next": wanted})
    assert answer.headers["Location"] == reverse("admin:index")


@pytest.mark.parametrize("value", ["", "x", "9" * 30, "-1", "²"])
def test_a_post_that_is_not_ones_own_cannot_be_chosen(
    client: Any, clerk: User, other_clerk: User, value: str
) -> None:
    client.force_login(clerk)
    for post in (value, str(other_clerk.posts.get().pk)):
        client.post(reverse("account_post"), {"post": post})
        assert client.get(reverse("account_post")).wsgi_request.user.acting_post == clerk.posts.get()


def test_setting_the_post_costs_one_query(client: Any, clerk: User, django_assert_num_queries: Any) -> None:
    client.force_login(clerk)
    # the session, the user, the post with organisation and group, the list of posts
    with django_assert_num_queries(4):
        client.get(reverse("account_post"))


def end(post: Post) -> None:
    Post.objects.filter(pk=post.pk).update(ends_on=timezone.localdate() - timedelta(days=1))


def test_a_chosen_post_that_ended_is_not_swapped_for_one_of_several(client: Any, clerk: User) -> None:
    street = clerk.posts.get()
    chosen = second_post(clerk, starts_on=timezone.localdate() - timedelta(days=9))
    second_post(clerk, "区级工作人员")
    client.force_login(clerk)
    client.post(reverse("account_post"), {"post": chosen.pk})
    end(chosen)
    for answer in (client.get("/admin/?x=1"), client.post("/admin/accounts/post/add/", {})):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(reverse("account_post"))
    assert "next=%2Fadmin%2F%3Fx%3D1" in client.get("/admin/?x=1").headers["Location"]
    page = client.get(reverse("account_post"))
    assert "岗位已到期" in page.text
    assert "checked" not in page.text
    assert page.wsgi_request.user.acting_post is None
    client.post(reverse("account_post"), {"post": street.pk})
    assert client.get("/admin/").status_code == 200


def test_the_only_post_left_is_taken_and_told(client: Any, clerk: User) -> None:
    street = clerk.posts.get()
    chosen = second_post(clerk, starts_on=timezone.localdate() - timedelta(days=9))
    client.force_login(clerk)
    client.post(reverse("account_post"), {"post": chosen.pk})
    end(chosen)
    page = client.get("/admin/")
    assert page.wsgi_request.user.acting_post == street
    assert "您所用的岗位已到期" in page.text
    assert "您所用的岗位已到期" not in client.get("/admin/").text


def test_only_the_city_writes_the_rights_cards(clerk: User, district_admin: User, city_admin: User) -> None:
    for action in ("add", "change", "delete"):
        may = [user.has_perm(f"pages.{action}_rightscard") for user in (clerk, district_admin, city_admin)]
        assert may == [False, False, True]
