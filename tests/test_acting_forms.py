"""Two posts in two tabs: what is saved counts for the post that was on the screen, and nothing typed is lost."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from portal.accounts.acting_forms import OPENED_FOR, SEND_FOR
from portal.accounts.handing_over import hand_over
from portal.accounts.models import Organisation, Post, User
from portal.audit.models import Action, Event


@pytest.fixture
def two_posts(district_admin: User, groups: Any) -> tuple[Client, Post, Post]:
    """Return district staff who also keep a street elsewhere, the district chosen."""
    first = district_admin.posts.get()
    office = Organisation.objects.create(kind="district", name="西湖区新就业群体服务中心", area_code="330106")
    second = Post.objects.create(user=district_admin, organisation=office, group=first.group)
    client = Client()
    client.force_login(district_admin)
    client.post(reverse("account_post"), {"post": first.pk})
    return client, first, second


def rename(client: Client, person: User, **fields: Any) -> Any:
    """Send the form of a person of 拱墅区."""
    data = {"name": "改了名", "email": "", "is_active": "on", "is_staff": "on", **fields}
    return client.post(f"/admin/accounts/user/{person.pk}/change/", data)


def test_a_person_with_two_posts_chooses_before_working(district_admin: User, groups: Any) -> None:
    first = district_admin.posts.get()
    office = Organisation.objects.create(kind="district", name="西湖区新就业群体服务中心", area_code="330106")
    second = Post.objects.create(user=district_admin, organisation=office, group=first.group)
    client = Client()
    client.force_login(district_admin)
    answer = client.get("/admin/accounts/post/")
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"])
    assert "拱墅区新就业群体服务中心" in page.text
    assert "西湖区新就业群体服务中心" in page.text
    answer = client.post(answer.headers["Location"], {"post": second.pk, "next": "/admin/accounts/post/"})
    assert answer.headers["Location"] == "/admin/accounts/post/"
    page = client.get("/admin/")
    assert re.search(r'class="nx-acting"[^>]*next=/admin/"', page.text)
    assert "西湖区新就业群体服务中心" in page.text
    assert "切换" in page.text
    assert Event.objects.filter(action=Action.POST_CHOSEN).count() == 1


def test_somebody_with_one_post_is_asked_nothing(clerk: User) -> None:
    client = Client()
    client.force_login(clerk)
    page = client.get("/admin/")
    assert page.status_code == 200
    assert "康桥街道办事处" in page.text
    assert "nx-swap" not in page.text


def test_every_form_says_for_which_post_it_was_opened(two_posts: Any, clerk: User) -> None:
    client, first, _second = two_posts
    for address in ("/admin/accounts/post/add/", f"/admin/accounts/user/{clerk.pk}/change/"):
        page = client.get(address).text
        forms = page.count('name="csrfmiddlewaretoken"')
        assert forms
        assert page.count(f'name="{OPENED_FOR}" value="{first.pk}"') == forms


def test_a_form_of_the_other_tab_is_not_saved_and_not_lost(two_posts: Any, clerk: User) -> None:
    client, first, second = two_posts
    client.post(reverse("account_post"), {"post": second.pk})
    answer = rename(client, clerk, **{OPENED_FOR: first.pk, "name": '改"<名'})
    assert answer.status_code == 409
    assert "内容尚未保存" in answer.text
    assert "改&quot;&lt;名" in answer.text
    assert "Content-Security-Policy" in answer.headers
    clerk.refresh_from_db()
    assert clerk.name == "康桥工作人员"
    sent = dict(
        re.findall(
            r'<input type="hidden" name="(name|email|is_\w+|acting_post)" value="([^"]*)">', answer.text
        )
    )
    assert sent == {
        "name": "改&quot;&lt;名",
        "email": "",
        "is_active": "on",
        "is_staff": "on",
        OPENED_FOR: str(first.pk),
    }
    answer = rename(client, clerk, **{OPENED_FOR: first.pk, SEND_FOR: first.pk})
    assert answer.status_code == 302
    clerk.refresh_from_db()
    assert clerk.name == "改了名"
    assert client.get("/admin/").wsgi_request.user.acting_post == first, (
        "the post that was pressed stays chosen"
    )


def test_sent_for_the_other_post_it_reaches_only_what_that_post_covers(two_posts: Any, clerk: User) -> None:
    client, first, second = two_posts
    rename(client, clerk, **{OPENED_FOR: first.pk, SEND_FOR: second.pk})
    clerk.refresh_from_db()
    assert clerk.name == "康桥工作人员"


@pytest.mark.parametrize("value", ["", "0", "x", "9" * 40, "-1", "²", "\x00"])
def test_a_post_that_is_not_ones_own_is_nobodys(
    two_posts: Any, clerk: User, other_clerk: User, value: str
) -> None:
    client, first, _second = two_posts
    for wrong in (value, str(other_clerk.posts.get().pk)):
        answer = rename(client, clerk, **{OPENED_FOR: wrong, SEND_FOR: wrong})
        assert answer.status_code in {400, 409}
        clerk.refresh_from_db()
        assert clerk.name == "康桥工作人员"
    assert client.get("/admin/").wsgi_request.user.acting_post == first


def test_a_form_of_a_post_that_ended_among_several_is_kept_too(
    two_posts: Any, clerk: User, city_admin: User, groups: Any
) -> None:
    client, first, second = two_posts
    office = Organisation.objects.create(kind="district", name="余杭区新就业群体服务中心", area_code="330110")
    Post.objects.create(user=first.user, organisation=office, group=first.group)
    hand_over(post=first, by=city_admin)
    answer = rename(client, clerk, **{OPENED_FOR: first.pk})
    assert answer.status_code == 409
    assert "岗位已结束" in answer.text
    assert "西湖区" in answer.text
    assert "余杭区" in answer.text
    assert 'value="改了名"' in answer.text
    assert str(second.pk) in answer.text


def test_a_form_with_a_file_says_what_to_do(two_posts: Any) -> None:
    client, first, second = two_posts
    client.post(reverse("account_post"), {"post": second.pk})
    data = {OPENED_FOR: first.pk, "file": SimpleUploadedFile("a.csv", b"x")}
    answer = client.post("/admin/accounts/post/add/", data)
    assert answer.status_code == 409
    assert "重新选择文件" in answer.text


def test_a_program_that_names_no_post_acts_for_the_chosen_one(two_posts: Any, clerk: User) -> None:
    client, _first, _second = two_posts
    assert rename(client, clerk).status_code == 302
    clerk.refresh_from_db()
    assert clerk.name == "改了名"


def test_the_public_page_names_the_post_and_leads_to_the_choice(two_posts: Any, clerk: User) -> None:
    client, first, _second = two_posts
    page = client.get("/me/").text
    assert str(first) in page
    assert "切换岗位" in page
    other = Client()
    other.force_login(first.user)
    assert "请选择所用岗位" in other.get("/me/").text
    alone = Client()
    alone.force_login(clerk)
    assert "切换岗位" not in alone.get("/me/").text
