"""Who reaches what: every address of every model in the admin, the pages and the API, for every kind of person.

The rule is checked by one word: everything of 闸弄口街道 carries it in its name, and nothing that a clerk of 康桥街道
may open, send or download shows it.
"""

import datetime as dt
import io
import uuid
import zipfile
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.sites import all_sites
from django.db import models
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from canteens.models import Canteen
from portal.accounts.models import Organisation, Post, User
from portal.hsds.identifiers import row_id, service_id
from portal.listings import revising
from portal.listings.kinds import listing_models
from portal.listings.models import (
    CalendarYear,
    Confirmation,
    ImportBatch,
    Listing,
    Proposal,
    Revision,
    Stewardship,
)
from portal.partners.models import ApiKey, Source
from portal.regions.models import Community, District, Street
from portal.upkeep.models import Correction
from services.codes.models import (
    Amendment,
    Checkpoint,
    Compound,
    ConductCase,
    Device,
    GuardName,
    Holder,
    Incident,
    IncidentMessage,
    LookUp,
    Pass,
    Platform,
    Quarantined,
    Refusal,
    Shift,
)
from tests.admin_form import fields_of
from tests.code_care import amend, make_case, make_pass
from tests.code_gates import make_device, make_gate
from tests.code_holders import first, make_holder, make_platform
from tests.factories import make_apartment, make_canteen, make_compound, make_listing, make_station
from tests.importing import checked
from tests.personas import KANGQIAO, ZHALONGKOU, make_person, make_staff

pytestmark = pytest.mark.django_db

SECRET = "闸弄口"
MAKERS = {
    "canteen": make_canteen,
    "station": make_station,
    "apartment": make_apartment,
    "compound": make_compound,
}
UNPUBLISHED = ("draft", "in_review", "archived")


class World:
    """One of everything in each of two streets; `own` and `foreign` map a model to its row there."""

    def __init__(self, clerk: User, other_clerk: User, community_clerk: User, groups: Any) -> None:
        self.own: dict[type[models.Model], models.Model] = {}
        self.foreign: dict[type[models.Model], models.Model] = {}
        self.unpublished: list[Listing] = []
        for model in listing_models():
            make = MAKERS.get(model.kind_name, lambda model=model, **more: make_listing(model, **more))
            self.own[model] = make(name=f"康桥{model.kind_name}", community="330105010001")
            self.foreign[model] = make(
                name=f"{SECRET}{model.kind_name}", street=ZHALONGKOU, address=f"{SECRET}路1号", state="draft"
            )
            self.unpublished.append(self.foreign[model])
            for state in UNPUBLISHED[1:]:
                self.unpublished.append(
                    make(name=f"{SECRET}{state}{model.kind_name}", street=ZHALONGKOU, state=state)
                )
        self.own[Listing], self.foreign[Listing] = self.own[Canteen], self.foreign[Canteen]
        self._history(clerk, other_clerk, community_clerk)
        self._offices(clerk, other_clerk)
        self._codes()

    def _history(self, clerk: User, other_clerk: User, community_clerk: User) -> None:
        for side, author, word in ((self.own, clerk, "康桥"), (self.foreign, other_clerk, SECRET)):
            listing = side[Canteen]
            revising.edit(listing=listing, changes={"notice": f"{word}公告"}, actor=author, channel="office")
            side[Revision] = Revision.objects.filter(listing=listing).latest("number")
            author_of = community_clerk if side is self.own else author
            side[Proposal] = revising.propose(
                listing=listing, changes={"notice": f"{word}建议"}, actor=author_of, channel="office"
            )
            side[ImportBatch] = checked(
                Canteen, f"名称,街道\n{word}新,{word}街道\n".encode(), author, name=f"{word}.csv"
            )
            side[Stewardship] = Stewardship.objects.create(post=author.acting_post, listing=listing)
            case = side[Correction] = Correction.objects.create(
                listing=listing, kind="other", area_code=listing.area_code, due_at=timezone.now()
            )
            case.reports.create(
                note=f"{word}有误", client_id=uuid.uuid4(), token_digest=word, photo="none.webp"
            )

    def _offices(self, clerk: User, other_clerk: User) -> None:
        for side, person in ((self.own, clerk), (self.foreign, other_clerk)):
            side[User], side[Post] = person, person.acting_post
            side[Organisation] = person.acting_post.organisation
            key, _text = ApiKey.issue(
                organisation=person.acting_post.organisation,
                name=f"{person.name}的钥匙",
                scopes=["listings:read"],
            )
            side[ApiKey] = key
            word = "康桥" if side is self.own else SECRET
            side[Source] = Source.objects.create(
                name=f"of-{key.pk}", label=f"{word}名册", organisation=person.acting_post.organisation
            )
        self.own[District], self.foreign[District] = (
            District.objects.get(pk=code) for code in ("330105", "330102")
        )
        self.own[Street], self.foreign[Street] = (
            Street.objects.get(pk=code) for code in (KANGQIAO, ZHALONGKOU)
        )
        communities = ("330105010001", "330102013002")
        self.own[Community], self.foreign[Community] = (
            Community.objects.get(pk=code) for code in communities
        )
        CalendarYear.objects.get_or_create(year=2026)
        # Codes know no streets: whoever is not of the city reaches no holder and no platform at all.
        self.foreign[Platform] = make_platform(9)
        Platform.objects.update(short_name=SECRET)
        self.foreign[Holder] = make_holder(make_person("13900000088", f"{SECRET}小哥"), name=f"{SECRET}小哥")

    def _codes(self) -> None:
        now = timezone.now()
        holder = make_holder()
        credential = first(holder)
        for side, word in ((self.own, "康桥"), (self.foreign, SECRET)):
            listing = side[Compound]
            place = make_gate(listing, name=f"{word}门")
            kept = make_pass(place, credential, now, guard_label=f"{word}保安")
            device, _secret = make_device(place, now)
            Device.objects.filter(pk=device.pk).update(name=f"{word}手机")
            told = Incident.objects.create(
                listing_id=listing.pk, pass_id=kept.pk, pid=kept.pid, kind="other", note=f"{word}情况"
            )
            log = {"made_at": now, "retention_until": now + dt.timedelta(days=9)}
            here = {"listing_id": listing.pk}
            side.update(
                {
                    Checkpoint: place,
                    Pass: kept,
                    Device: device,
                    Incident: told,
                    GuardName: GuardName.objects.create(name=f"{word}一号", **here),
                    Shift: Shift.objects.create(
                        device=device,
                        checkpoint=place,
                        guard_label=f"{word}一号",
                        digest=f"{listing.pk:064d}",
                        started_at=now,
                        ends_at=now + dt.timedelta(hours=1),
                        **here,
                    ),
                    Amendment: amend(kept, "conflict", now, note=f"{word}冲突"),
                    Quarantined: Quarantined.objects.create(
                        device=device,
                        pass_id=f"{word}行",
                        row_digest="0" * 64,
                        row={"note": f"{word}行"},
                        reason="bad_id",
                        received_at=now,
                        retention_until=now + dt.timedelta(days=9),
                        **here,
                    ),
                    ConductCase: make_case(
                        holder,
                        told,
                        grade="reminder",
                        ends_at=now + dt.timedelta(days=30),
                        state="appealed",
                        reason=f"{word}处理",
                    ),
                    Refusal: Refusal.objects.create(
                        client_id=uuid.uuid4(),
                        holder=holder,
                        checkpoint_label=f"{word}门",
                        area_code=listing.area_code,
                        reason="other",
                        note=f"{word}拒入",
                        happened_at=now,
                        **here,
                    ),
                    LookUp: LookUp.objects.create(
                        pid=kept.pid,
                        purpose="audit",
                        note=f"{word}查询",
                        actor_id=1,
                        role_label="区级工作人员",
                        unit_label=word,
                        area_code=listing.area_code,
                        listing_label=listing.name,
                        shown_from=now,
                        **log,
                    ),
                }
            )


@pytest.fixture
def world(clerk: User, other_clerk: User, community_clerk: User, groups: Any) -> World:
    return World(clerk, other_clerk, community_clerk, groups)


def signed_in(user: User | None) -> Client:
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user)
    return client


def patterns() -> list[tuple[type[models.Model], str, tuple[str, ...]]]:
    """Return (model, url name, what the address takes) of every address of every registered model."""
    found = []
    for model, model_admin in admin.site._registry.items():
        for pattern in model_admin.get_urls():
            if isinstance(pattern, URLPattern) and pattern.name:
                found.append((model, pattern.name, tuple(pattern.pattern.converters)))
    return list(dict.fromkeys(found))


def addresses(side: dict[type[models.Model], models.Model]) -> list[str]:
    """Return every address of every registered model, filled in with the rows of one side."""
    found = []
    for model, name, takes in patterns():
        if takes == ():
            found.append(reverse(f"admin:{name}"))
        elif takes == ("format_name",):
            found += [reverse(f"admin:{name}", args=[format_name]) for format_name in ("xlsx", "csv")]
        elif takes in {("object_id",), ("id",), ("pk",)}:
            if model in side:
                found.append(reverse(f"admin:{name}", args=[side[model].pk]))
        elif takes == ("object_id", "report"):
            case: Any = side[model]
            found.append(reverse(f"admin:{name}", args=[case.pk, case.reports.get().pk]))
        else:
            pytest.fail(f"No test fills in the address {name}, which takes {takes}.")
    return found


def site_addresses() -> list[str]:
    """Return the addresses of the site itself."""
    names = ("index", "jsi18n", "search", "autocomplete", "password_change")
    return [reverse(f"admin:{name}") for name in names] + [
        reverse("admin:app_list", args=[label])
        for label in {model._meta.app_label for model in admin.site._registry}
    ]


def text_of(response: Any) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if body.startswith(b"PK"):
        book = zipfile.ZipFile(io.BytesIO(body))
        body = b"".join(book.read(name) for name in book.namelist())
    return body.decode("utf-8", "replace") + str(response.headers)


def stored() -> dict[str, Any]:
    """Return what must not change: every listing's version and state, and how many rows hang on them."""
    return {
        "listings": list(
            Listing.objects.order_by("pk").values_list("pk", "name", "state", "revision_number", "shut_until")
        ),
        "counts": [
            model.objects.count()
            for model in (Revision, Proposal, Confirmation, Stewardship, Amendment, IncidentMessage, LookUp)
        ],
        "states": [
            list(model.objects.order_by("pk").values_list("pk", "state"))
            for model in (Quarantined, Incident, ConductCase, Refusal)
        ],
        "devices": list(Device.objects.order_by("pk").values_list("pk", "revoked_at", "invitation_digest")),
        "sources": list(Listing.objects.order_by("pk").values_list("source", "external_id")),
        "imports": list(ImportBatch.objects.order_by("pk").values_list("state", "user_id")),
        "outcomes": list(Proposal.objects.order_by("pk").values_list("outcome", flat=True)),
    }


def test_there_is_one_admin_site_and_every_kind_is_in_it() -> None:
    assert len(list(all_sites)) == 1
    assert set(listing_models()) <= set(admin.site._registry)
    assert len(patterns()) > 100


@pytest.mark.parametrize("who", ["anonymous", "courier"])
def test_who_is_not_staff_opens_no_address_of_the_admin(who: str, world: World, courier: User) -> None:
    client = signed_in(courier if who == "courier" else None)
    before = stored()
    for url in [*addresses(world.own), *addresses(world.foreign), *site_addresses()]:
        for method in (client.get, client.post):
            response = method(url, follow=False)
            assert response.status_code in {302, 403, 404}, (url, response.status_code)
            if response.status_code == 302:
                assert "/admin/login/" in response["Location"] or "/accounts/" in response["Location"], url
    assert stored() == before


def test_a_clerk_reaches_nothing_of_another_street(world: World, clerk: User) -> None:
    client = signed_in(clerk)
    before = stored()
    tomorrow = (timezone.localtime() + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    answers = {"reason": "sold_out", "until": tomorrow, "facts": ["price"], "status": "busy", "accept": "1"}
    for url in [*addresses(world.foreign), *site_addresses()]:
        for response in (client.get(url), client.post(url, answers)):
            assert response.status_code < 500, url
            assert SECRET not in text_of(response), url
    for model, row in world.foreign.items():
        meta = model._meta
        for page in ("change", "history", "delete"):
            url = reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=[row.pk])
            assert client.get(url).status_code != 200, url
    assert stored() == before


def test_a_clerk_sees_nothing_of_another_street_while_working_on_the_own(world: World, clerk: User) -> None:
    client = signed_in(clerk)
    for url in addresses(world.own):
        response = client.get(url)
        assert response.status_code < 500, url
        assert SECRET not in text_of(response), url
    for model in listing_models():
        meta = model._meta
        for name, args in (
            ("changelist", []),
            ("add", []),
            ("change", [world.own[model].pk]),
            ("history", [world.own[model].pk]),
        ):
            url = reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=args)
            assert client.get(url).status_code == 200, url


@pytest.mark.parametrize(
    "query",
    [
        "q={secret}",
        "q=znk",
        "area=330102",
        "area=330102013",
        "stale=any",
        "to_place=1",
        "street__exact=330102013",
        "street__name__contains={secret}",
        "name__startswith={secret}",
        "all=",
        "pk__gte=0",
        "o=1&p=0",
    ],
)
def test_no_search_and_no_filter_of_a_list_leaves_the_area(query: str, world: World, clerk: User) -> None:
    client = signed_in(clerk)
    for model in admin.site._registry:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        response = client.get(f"{url}?{query.format(secret=SECRET)}", follow=True)
        assert response.status_code in {200, 400, 403}, url
        context = response.context or {}
        for row in context["cl"].result_list if "cl" in context else []:
            assert SECRET not in str(row), url


def test_pickers_suggest_only_what_the_clerk_sees(world: World, clerk: User) -> None:
    client = signed_in(clerk)
    for model in admin.site._registry:
        for field in model._meta.get_fields():
            if not isinstance(field, models.ForeignKey):
                continue
            asked = {
                "app_label": model._meta.app_label,
                "model_name": model._meta.model_name,
                "field_name": field.name,
            }
            response = client.get(reverse("admin:autocomplete"), {**asked, "term": SECRET})
            assert SECRET not in response.content.decode(), asked
            assert SECRET not in client.get(reverse("admin:autocomplete"), asked).content.decode(), asked


def test_a_clerk_picks_no_region_listing_or_post_of_another_street_by_hand(world: World, clerk: User) -> None:
    client = signed_in(clerk)
    canteen = world.own[Canteen]
    url = reverse("admin:canteens_canteen_change", args=[canteen.pk])
    data = fields_of(client.get(url).content.decode())
    for changes in (
        {"street": ZHALONGKOU, "district": "330102", "community": ""},
        {"community": "330102013002"},
    ):
        response = client.post(url, {**data, **changes})
        assert response.status_code == 200
        assert SECRET not in text_of(response)
    canteen.refresh_from_db()
    assert canteen.street_id == KANGQIAO
    add = reverse("admin:listings_stewardship_add")
    posts = {"post": clerk.acting_post.pk, "listing": world.foreign[Canteen].pk}
    assert client.post(add, posts).status_code == 200
    foreign_post = {"post": world.foreign[Post].pk, "listing": canteen.pk}
    assert client.post(add, foreign_post).status_code == 200
    assert Stewardship.objects.count() == 2


def test_an_export_holds_what_the_clerk_keeps(world: World, clerk: User) -> None:
    client = signed_in(clerk)
    for model in listing_models():
        for format_name in ("xlsx", "csv"):
            url = reverse(
                f"admin:{model._meta.app_label}_{model._meta.model_name}_export", args=[format_name]
            )
            body = text_of(client.get(url))
            assert world.own[model].public_id in body, url
            assert SECRET not in body, url


def test_bulk_actions_touch_nothing_outside_the_area(world: World, clerk: User) -> None:
    client = signed_in(clerk)
    before = stored()
    tomorrow = (timezone.localtime() + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    for model in (Listing, *listing_models()):
        model_admin = admin.site._registry[model]
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        foreign = [row.pk for row in world.unpublished]
        for action in ("delete_selected", *(f"do_{name}" for name in model_admin.deeds())):
            data = {"action": action, "_selected_action": foreign, "deed_answer": "1", "facts": ["price"]}
            response = client.post(
                url, {**data, "reason": "sold_out", "until": tomorrow, "status": "busy"}, follow=True
            )
            assert SECRET not in text_of(response), (url, action)
    assert stored() == before


def test_nobody_deletes_a_listing(world: World, city_admin: User) -> None:
    client = signed_in(city_admin)
    for model in listing_models():
        url = reverse(
            f"admin:{model._meta.app_label}_{model._meta.model_name}_delete", args=[world.own[model].pk]
        )
        assert client.post(url, {"post": "yes"}).status_code == 403
        assert model.objects.filter(pk=world.own[model].pk).exists()


def test_the_city_reaches_both_streets(world: World, city_admin: User) -> None:
    client = signed_in(city_admin)
    for side in (world.own, world.foreign):
        for model in listing_models():
            meta = model._meta
            for page in ("change", "history"):
                url = reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=[side[model].pk])
                assert client.get(url).status_code == 200, url


def test_an_operator_reaches_what_the_post_keeps_and_nothing_else(world: World, operator: User) -> None:
    kept = make_canteen(name="代管食堂", street=ZHALONGKOU)
    Stewardship.objects.create(post=operator.acting_post, listing=kept)
    client = signed_in(operator)
    url = reverse("admin:canteens_canteen_change", args=[kept.pk])
    response = client.get(url)
    assert response.status_code == 200
    data = {**fields_of(response.content.decode()), "set_meals-0-courier_price_yuan": "9"}
    assert client.post(url, data).status_code == 302
    proposal = Proposal.objects.latest("pk")
    assert (proposal.listing_id, list(proposal.changes)) == (kept.pk, ["meals"])
    for side in (world.own, world.foreign):
        for model in listing_models():
            meta = model._meta
            other = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[side[model].pk])
            assert client.get(other).status_code != 200, other
    listed = client.get(reverse("admin:listings_listing_changelist")).context["cl"].result_list
    assert [row.pk for row in listed] == [kept.pk]
    offered = [deed.name for deed in client.get(url).context["deeds"]]
    assert {"publish", "pause", "archive"}.isdisjoint(offered)
    assert {"confirm", "shut"} <= set(offered)


def test_who_changes_office_sees_the_other_office_and_no_more_the_first(
    world: World, clerk: User, groups: Any
) -> None:
    client = signed_in(clerk)
    post = clerk.acting_post
    post.ends_on = timezone.localdate() - dt.timedelta(days=1)
    post.save()
    url = reverse("admin:canteens_canteen_change", args=[world.own[Canteen].pk])
    assert client.get(url).status_code != 200
    assert Canteen.objects.editable_by(User.objects.get(pk=clerk.pk)).count() == 0


def public_addresses(listing: Listing) -> list[str]:
    """Return the public and API addresses at which a listing would stand if it were published."""
    plural = type(listing).plural
    pages = [
        reverse(f"{plural}:{name}", args=[listing.public_id])
        for name in ("detail", "print", "share", "preview")
    ]
    number, location = service_id(listing.public_id), row_id(listing.public_id, "location")
    return [
        *pages,
        f"/api/v1/{plural}/{listing.public_id}/",
        f"/api/v1/listings/{listing.public_id}/",
        f"/api/v1/availability/{listing.public_id}/",
        f"/hsds/services/{number}",
        f"/hsds/locations/{location}",
        f"/hsds/service_at_locations/{row_id(listing.public_id, 'service_at_location')}",
    ]


@pytest.mark.parametrize("who", ["anonymous", "courier", "clerk", "operator"])
def test_nothing_unpublished_of_another_street_is_on_the_pages_or_in_the_api(
    who: str, world: World, request: pytest.FixtureRequest
) -> None:
    client = signed_in(None if who == "anonymous" else request.getfixturevalue(who))
    for listing in world.unpublished:
        for url in public_addresses(listing):
            response = client.get(url)
            assert response.status_code in {302, 403, 404}, (url, response.status_code)
            assert SECRET not in text_of(response)
    lists = ["/", "/map/points.json", f"/search/?q={SECRET}", "/api/v1/availability/?limit=500"]
    lists += [f"/hsds/{name}?full=true" for name in ("services", "service_at_locations", "organizations")]
    lists += [f"/hsds/{name}" for name in ("locations", "schedules")]
    for model in listing_models():
        lists += [
            reverse(f"{model.plural}:list"),
            f"/api/v1/{model.plural}/",
            f"/api/v1/{model.plural}.geojson",
        ]
    hidden = [number for row in world.unpublished for number in (row.public_id, service_id(row.public_id))]
    for url in lists:
        body = text_of(client.get(url))
        assert not [public_id for public_id in hidden if public_id in body], url
        assert f"{SECRET}canteen" not in body, url


def test_staff_preview_what_is_theirs_only(world: World, clerk: User, other_clerk: User) -> None:
    draft = world.foreign[Canteen]
    url = reverse("canteens:preview", args=[draft.public_id])
    assert signed_in(other_clerk).get(url).status_code == 200
    assert signed_in(clerk).get(url).status_code == 404


def test_what_is_offered_to_press_is_allowed_and_the_rest_is_refused(
    world: World, community_clerk: User
) -> None:
    client = signed_in(community_clerk)
    canteen = world.own[Canteen]
    base = reverse("admin:canteens_canteen_change", args=[canteen.pk])
    offered = {deed.name for deed in client.get(base).context["deeds"]}
    assert offered == {"confirm", "shut"}
    for name in admin.site._registry[Canteen].deeds():
        url = reverse(f"admin:canteens_canteen_{name}", args=[canteen.pk])
        response = client.post(url, {"reason": "x", "until": ""})
        if name in {"publish", "pause", "resume", "archive", "restore"}:
            assert response.status_code == 403, name
    actions = (
        client.get(reverse("admin:canteens_canteen_changelist"))
        .context["action_form"]
        .fields["action"]
        .choices
    )
    assert not {"do_publish", "do_pause", "do_archive", "delete_selected"} & {
        name for name, _label in actions
    }


def test_the_sidebar_names_only_what_opens(
    world: World, clerk: User, operator: User, city_admin: User
) -> None:
    for person in (clerk, operator, city_admin):
        client = signed_in(person)
        for group in client.get(reverse("admin:index")).context["sidebar_navigation"]:
            for item in group["items"]:
                assert client.get(item["link"]).status_code == 200, (str(person), item["link"])


def test_staff_without_a_post_reach_nothing(world: World, groups: Any) -> None:
    person = make_staff(
        "13800000099", "没有岗位", group=groups["街道工作人员"], kind="operator", office="空", area_code=""
    )
    client = signed_in(person)
    for model in listing_models():
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert list(client.get(url).context["cl"].result_list) == []


@pytest.mark.parametrize("who", ["anonymous", "courier", "clerk", "operator", "city_admin"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/v1/sources/"),
        ("get", "/api/v1/sources/kitchen/"),
        ("post", "/api/v1/sources/kitchen/"),
        ("get", "/api/v1/sources/kitchen/canteen/A-1/"),
        ("put", "/api/v1/sources/kitchen/canteen/A-1/"),
        ("delete", "/api/v1/sources/kitchen/canteen/A-1/"),
    ],
)
def test_nobody_writes_or_reads_rows_of_a_source_by_a_session(
    who: str, method: str, path: str, request: pytest.FixtureRequest
) -> None:
    client = signed_in(None if who == "anonymous" else request.getfixturevalue(who))
    assert getattr(client, method)(path, {}, content_type="application/json").status_code == 401
