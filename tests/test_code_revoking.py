"""Lost phones, suspensions, photos and proofs, erasure: what is taken back, and what is left."""

import datetime as dt
import uuid
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from portal.accounts.models import User
from services.codes import checking, photos, status_list
from services.codes.erasing import erase
from services.codes.faults import CodeRefused
from services.codes.keyring import KeyRing
from services.codes.models import Container, Credential, Holder, LookUp, StatusIndex, StatusListIssue
from services.codes.revoking import lift, lose, revoke_ownerless, suspend
from services.codes.standing import end_of_day
from tests.code_holders import first, make_holder, make_platform, post, renewed, sign_in
from tests.personas import make_staff

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def holder(courier: User) -> Holder:
    return make_holder(courier)


def newest_list() -> status_list.StatusList:
    token = StatusListIssue.objects.first().token
    return status_list.read_token(token, KeyRing.load().public_keys())


def picture(name: str = "photo") -> SimpleUploadedFile:
    target = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "李小明 13800000001"
    Image.new("RGB", (900, 700), (220, 20, 20)).save(target, "JPEG", exif=exif)
    return SimpleUploadedFile(f"{name}.jpg", target.getvalue(), content_type="image/jpeg")


def send(client: Client, what: str, file: Any = None, **more: Any) -> Any:
    body = {what: file, **more} if file else more
    return client.post(f"/code/{what}/", body, headers={"X-Nuanxin": "1"})


def test_after_five_renewals_one_loss_takes_back_every_live_credential(holder: Holder, courier: User) -> None:
    start = timezone.now()
    latest = first(holder, "0", now=start)
    for step in range(1, 6):
        latest = renewed(latest, str(step - 1), str(step), now=start + step * HOUR)
    other = first(holder, "other", now=start)
    with time_machine.travel(start + 6 * HOUR, tick=False):
        client = sign_in(courier)
        assert post(client, "/code/lost/").status_code == 200
        assert Credential.objects.live().count() == 0
        kept = newest_list()
        assert all(kept.is_revoked(credential.index) for credential in Credential.objects.all())
        assert StatusIndex.objects.filter(revoked_at=None).count() == 0
        with pytest.raises(CodeRefused) as refused:
            renewed(latest, "5", "6")
        assert refused.value.code == "revoked"
        with pytest.raises(CodeRefused):
            renewed(other, "other", "again")
        state = client.get("/code/state/").json()
        assert (state["containers"], state["notices"][0]["kind"]) == ([], "lost")
        assert first(holder, "new").pk, "somebody who found another phone begins anew"


def test_a_loss_asks_for_a_fresh_code(holder: Holder, courier: User) -> None:
    first(holder)
    for address in ("/code/lost/", "/code/erase/", f"/code/containers/{uuid.uuid4()}/end/"):
        answer = post(sign_in(courier, ago_s=3600), address)
        assert (answer.status_code, answer.json()["error"]) == (403, "sign_in_again")
    asked = {"Accept": "application/json"}
    assert sign_in(courier, ago_s=3600).get("/code/mine/", headers=asked).json()["error"] == "sign_in_again"
    assert Client().get("/code/mine/", headers=asked).json()["error"] == "sign_in"
    link = sign_in(courier, ago_s=3600).get("/code/mine/", headers={"Accept": "text/html"})
    assert link["Location"] == "/accounts/again/?next=/code/"
    assert Credential.objects.live().count() == 1


def test_nobody_ends_a_device_of_somebody_else(holder: Holder) -> None:
    given = first(holder)
    other = make_holder()
    answer = post(sign_in(other.courier.user), f"/code/containers/{given.container.number}/end/")
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_container")
    assert Credential.objects.live().count() == 1


def test_a_loss_without_a_key_for_lists_takes_back_all_the_same(
    holder: Holder, courier: User, settings: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    from services.codes import publishing_list
    from services.codes.keyfiles import KeyFault

    first(holder)

    def fail(**asked: Any) -> None:
        raise KeyFault("no key")

    monkeypatch.setattr(publishing_list, "publish", fail)
    assert lose(user=courier) == 1
    assert Credential.objects.live().count() == 0


def test_a_suspension_is_said_kindly_and_lifting_needs_no_text_message(
    holder: Holder, courier: User, city_admin: User
) -> None:
    given = first(holder)
    suspend(holder=holder, by=city_admin, reason="多次超速")
    assert newest_list().is_revoked(given.index)
    for deed in (lambda: renewed(given, "first", "next"), lambda: first(holder, "other")):
        with pytest.raises(CodeRefused) as refused:
            deed()
        assert (refused.value.code, refused.value.status) == ("suspended", 403)
    state = sign_in(courier).get("/code/state/").json()
    assert (state["refused_because"]["code"], state["holder"]["suspended_why"]) == ("suspended", "多次超速")
    lift(holder=holder, by=city_admin)
    again = renewed(given, "first", "next")
    assert not newest_list().is_revoked(again.index)


def test_a_suspension_ends_by_itself(holder: Holder, city_admin: User) -> None:
    given = first(holder)
    until = timezone.now() + HOUR
    suspend(holder=holder, by=city_admin, reason="一小时", until=until)
    renewed(given, "first", "next", now=until + dt.timedelta(seconds=1))
    holder.refresh_from_db()
    assert (holder.state, holder.suspended_until, holder.suspended_why) == ("active", None, "")


@pytest.mark.parametrize(
    ("asked", "code"),
    [({"reason": "  "}, "reason_missing"), ({"reason": "因", "until": timezone.now() - HOUR}, "until_past")],
)
def test_a_suspension_needs_a_reason_and_an_end_ahead(
    holder: Holder, city_admin: User, asked: Any, code: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        suspend(holder=holder, by=city_admin, **asked)
    assert refused.value.code == code


def test_only_city_staff_with_the_permission_decide(
    holder: Holder, request: pytest.FixtureRequest, groups: Any, regions: Any
) -> None:
    holder.proof_image = "x"
    holder.photo_state = "waiting"
    holder.save()
    deeds = [
        lambda by: suspend(holder=holder, by=by, reason="因"),
        lambda by: lift(holder=holder, by=by),
        lambda by: checking.accept_proof(holder=holder, by=by),
        lambda by: checking.refuse_proof(holder=holder, by=by, reason="因"),
        lambda by: checking.give_provisional(holder=holder, by=by, word_of="站长"),
        lambda by: photos.accept_photo(holder=holder, by=by),
        lambda by: photos.refuse_photo(holder=holder, by=by, reason="因"),
    ]
    district = make_staff(
        "13800000098", "区", group=groups["城市管理员"], kind="district", office="区", area_code="330105"
    )
    people = [district, *map(request.getfixturevalue, ("courier", "clerk", "district_admin", "guard"))]
    for person in people:
        for deed in deeds:
            with pytest.raises(PermissionDenied):
                deed(person)


def test_staff_look_at_a_proof_and_the_picture_goes(
    holder: Holder, courier: User, city_admin: User, django_capture_on_commit_callbacks: Any
) -> None:
    Holder.objects.update(basis="claim")
    client = sign_in(courier)
    with django_capture_on_commit_callbacks(execute=True):
        first_name = send(client, "proof", picture()).json()["holder"]["proof_state"]
        kept = Holder.objects.get().proof_image
        send(client, "proof", picture())
    assert first_name == "waiting"
    storage = storages["private"]
    assert not storage.exists(kept), "a later picture takes the place of an earlier one"
    held = Holder.objects.get()
    content = storage.open(held.proof_image).read()
    assert b"13800000001" not in content
    with django_capture_on_commit_callbacks(execute=True):
        checking.refuse_proof(holder=held, by=city_admin, reason="看不清工号。")
    state = client.get("/code/state/").json()
    assert state["refused_because"]["code"] == "proof_refused"
    assert "看不清工号" in state["refused_because"]["zh"]
    assert not storage.exists(held.proof_image)
    send(client, "proof", picture())
    checking.accept_proof(holder=held, by=city_admin)
    held.refresh_from_db()
    assert (held.basis, held.proof_image, held.proof_reason) == ("proof", "", "")
    assert "refused_because" not in client.get("/code/state/").json()
    with pytest.raises(ValidationError):
        checking.accept_proof(holder=held, by=city_admin)


def test_the_word_of_a_station_head_gives_the_day(holder: Holder, city_admin: User) -> None:
    with pytest.raises(ValidationError):
        checking.give_provisional(holder=holder, by=city_admin, word_of="站长")
    Holder.objects.update(basis="claim")
    with pytest.raises(ValidationError):
        checking.give_provisional(holder=holder, by=city_admin, word_of=" ")
    held = checking.give_provisional(holder=holder, by=city_admin, word_of="康桥驿站站长")
    assert (held.basis, held.provisional_until) == ("station", end_of_day(timezone.now()))
    assert held.basis_label.startswith("康桥驿站站长 · ")


def test_a_photo_is_seen_once_within_ten_seconds(
    holder: Holder, courier: User, city_admin: User, django_capture_on_commit_callbacks: Any
) -> None:
    client = sign_in(courier)
    assert send(client, "photo", picture()).json()["holder"]["photo_state"] == "waiting"
    held = Holder.objects.get()
    assert photos.token_for(held) == "", "nobody sees what was not checked"
    held = photos.accept_photo(holder=held, by=city_admin)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        token, other = photos.token_for(held), photos.token_for(held)
        seen = photos.open_once(token)
        assert Image.open(BytesIO(seen)).format == "WEBP"
        assert photos.open_once(token) is None
        clock.shift(11)
        assert photos.open_once(other) is None
    assert held.photo not in token
    assert photos.open_once("x") is None
    assert photos.open_once("é\0") is None
    token = photos.token_for(held)
    with django_capture_on_commit_callbacks(execute=True):
        assert send(client, "photo", take_away="1").json()["holder"]["photo_state"] == "none"
    assert photos.open_once(token) is None
    assert not storages["private"].exists(held.photo)


def test_a_refused_photo_is_told(holder: Holder, courier: User, city_admin: User) -> None:
    client = sign_in(courier)
    send(client, "photo", picture())
    photos.refuse_photo(holder=holder, by=city_admin, reason="请露出正脸。")
    notices = client.get("/code/state/").json()["notices"]
    assert [(notice["kind"], "请露出正脸" in notice["zh"]) for notice in notices] == [("photo_refused", True)]


@pytest.mark.parametrize("what", ["photo", "proof"])
def test_what_is_no_picture_is_refused_and_nothing_is_kept(holder: Holder, courier: User, what: str) -> None:
    client = sign_in(courier)
    for file in (None, SimpleUploadedFile("x.jpg", b"no picture")):
        answer = send(client, what, file)
        assert (answer.status_code, answer.json()["field"]) == (400, "picture")
    assert client.post(f"/code/{what}/", {what: picture()}).status_code == 403, "another site could send this"
    assert Client().post(f"/code/{what}/", {}, headers={"X-Nuanxin": "1"}).json()["error"] == "sign_in"
    held = Holder.objects.get()
    assert (held.photo, held.proof_image) == ("", "")


def rows_with(*words: str) -> list[str]:
    """Return every field of every row of every table that holds one of the words."""
    found = []
    for model in apps.get_models():
        for row in model._default_manager.all().values():
            for name, value in row.items():
                text = (
                    bytes(value).decode("utf-8", "ignore")
                    if isinstance(value, bytes | memoryview)
                    else str(value)
                )
                if any(word in text for word in words):
                    found.append(f"{model._meta.label}.{name}")
    return found


def test_erasure_leaves_no_name_and_no_link(
    courier: User, city_admin: User, django_capture_on_commit_callbacks: Any
) -> None:
    make_platform(3)
    holder = make_holder(courier, platform=3)
    client = sign_in(courier)
    send(client, "photo", picture())
    send(client, "proof", picture())
    given = first(holder, label="李小明的手机")
    second = renewed(given, "first", "next")
    files = Holder.objects.values_list("photo", "proof_image").get()
    assert rows_with("李小明", "李*明")
    with django_capture_on_commit_callbacks(execute=True):
        state = post(client, "/code/erase/").json()
    assert (state["enrolled"], state["holder"], state["containers"]) == (False, None, [])
    assert rows_with("李小明", "李*明") == []
    assert not any(storages["private"].exists(name) for name in files)
    kept = Holder.objects.get()
    assert (kept.state, kept.photo, kept.proof_image, kept.courier.platform) == ("erased", "", "", None)
    assert Container.objects.count() == 0
    for credential in Credential.objects.all():
        assert (credential.holder, credential.container, credential.data) == (None, None, None)
        assert newest_list().is_revoked(credential.index)
    with pytest.raises(CodeRefused) as refused:
        renewed(second, "next", "later")
    assert refused.value.code == "unknown_container"
    assert client.get("/code/mine/").json()["code"]["state"] == "erased"


def test_staff_who_also_deliver_keep_the_name_that_they_decide_under(city_admin: User) -> None:
    make_holder(city_admin, name="城市管理员")
    erase(user=city_admin)
    assert User.objects.get(pk=city_admin.pk).name == "城市管理员"


def test_what_a_case_holds_stays_until_it_is_closed(holder: Holder, courier: User) -> None:
    one, two = first(holder, "one"), first(holder, "two")
    Credential.objects.filter(pk=one.pk).update(held_by_case=True)
    erase(user=courier)
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.holder, two.holder) == (holder, None)
    assert one.revoked_at is not None
    assert [row.label for row in Container.objects.all()] == [""]


def test_erasing_does_not_shake_off_a_suspension(holder: Holder, courier: User, city_admin: User) -> None:
    until = timezone.now() + 5 * HOUR
    suspend(holder=holder, by=city_admin, reason="因", until=until)
    erase(user=courier)
    again = make_holder(courier)
    assert again.state == Holder.State.SUSPENDED
    with pytest.raises(CodeRefused):
        first(again)
    assert first(again, now=until + HOUR).pk


def test_who_erased_a_code_may_come_again(holder: Holder, courier: User) -> None:
    erase(user=courier)
    with pytest.raises(CodeRefused) as refused:
        make_holder(courier, agreed=False)
    assert refused.value.code == "not_agreed", "what was agreed to went with the code"
    assert make_holder(courier).state == Holder.State.ACTIVE


def test_access_gives_everything_and_who_looked(holder: Holder, courier: User) -> None:
    given = first(holder)
    now = timezone.now()
    looked = {"purpose": "incident", "actor_id": 1, "role_label": "区级工作人员", "unit_label": "拱墅区"}
    for shown_from in (now, now + HOUR):
        LookUp.objects.create(
            pid=given.pid,
            holder_id=holder.pk,
            made_at=now,
            shown_from=shown_from,
            retention_until=now + HOUR,
            **looked,
        )
    answer = sign_in(courier).get("/code/mine/")
    assert answer["Content-Disposition"].startswith("attachment")
    body = answer.json()
    assert (body["person"]["name"], body["person"]["phone"]) == ("李小明", "+8613800000001")
    assert [row["unit_label"] for row in body["looked"]] == ["拱墅区"], "one look is not told yet"
    assert [row["pid"] for row in body["credentials"]] == [given.pid]
    assert body["code"]["basis"] == "proof"
    assert len(body["devices"]) == 1
    assert sign_in(make_holder().courier.user).get("/code/mine/").json()["credentials"] == []


def test_a_switched_off_account_gets_no_code_and_the_clock_takes_back_what_is_live(holder: Holder) -> None:
    live = first(holder)
    User.objects.filter(pk=holder.courier.user_id).update(is_active=False)
    with pytest.raises(CodeRefused, match="停用"):
        renewed(live, "first", "second")
    assert revoke_ownerless(now=timezone.now()) == 1
    assert newest_list().is_revoked(live.index)
    assert revoke_ownerless(now=timezone.now()) == 0


def test_what_a_deleted_account_leaves_is_taken_back(holder: Holder) -> None:
    live = first(holder)
    holder.courier.user.delete()
    assert revoke_ownerless(now=timezone.now()) == 1
    assert newest_list().is_revoked(live.index)


def test_a_live_code_of_somebody_stays(holder: Holder) -> None:
    first(holder)
    assert revoke_ownerless(now=timezone.now()) == 0
