"""`/changes/`: the feed by which a partner's copy stays true."""

from typing import Any, ClassVar
from urllib.parse import urlencode

import django_filters
import orjson
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.listings.api import conditional, rows
from portal.listings.api.documents import EXAMPLE, ListingFacts, Schema, text, whole
from portal.listings.api.parameters import unknown_parameters
from portal.listings.api.problems import Problem, both, form_errors
from portal.listings.api.schema import EXAMPLES, KEY_OR_NOT, parameter, problem_responses, type_of
from portal.listings.api.views import ApiView
from portal.listings.changes import Change, Cursor, Gone, NotACursor, OtherFilters, changes, digest
from portal.listings.filters import ListingFilter
from portal.listings.kinds import kind_names, listing_models
from portal.listings.models import Listing

PAGE, MOST = 200, 1000
EXAMPLE_CURSOR = "4715-4711-0a1b2c3d-4e5f6071"
CURSOR = {"type": "string", "pattern": "^[0-9]{1,18}-[0-9]{1,18}-[0-9a-f]{8}-[0-9a-f]{8}$"}
#: What a copy may be narrowed by: facts of a listing, never the moment, which no change announces.
FACTS = ("district", "street", "community", "bbox", "state")


class ChangesFilter(ListingFilter):
    """The filters of a feed."""

    kind = django_filters.MultipleChoiceFilter(
        label=_("kind"),
        choices=lambda: [(model.kind_name, model._meta.verbose_name_plural) for model in listing_models()],
    )


ChangesFilter.base_filters = {
    name: found for name, found in ChangesFilter.base_filters.items() if name in ("kind", *FACTS)
}


class ChangeDocument(Schema):
    """One change: what a listing says now, or that it is gone."""

    seq = whole("Grows with every change; items come in this order.", null=False)
    kind = text()
    id = text()
    state = serializers.ChoiceField(choices=["updated", "deleted"])
    data = ListingFacts(  # type: ignore[assignment]
        required=False, help_text="The row without what depends on the moment; not there when deleted."
    )


class ChangesPage(Schema):
    """A part of the feed."""

    items = ChangeDocument(many=True)
    next = serializers.URLField(help_text="Always there; ask it again later when `items` is empty.")
    licence = serializers.URLField()


class ChangesView(ApiView):
    """Every public change after a cursor, the oldest first."""

    filterset_class: ClassVar[type[ListingFilter]] = ChangesFilter

    @extend_schema(
        operation_id="changes_list",
        tags=["changes"],
        summary="变更流 · Change feed",
        description=(
            "Begin without `cursor` and follow `next` for ever. `updated` replaces what you hold under this `id`, "
            "`deleted` takes it away, whether you held it or not. A page that is empty, with `next` as you asked it, "
            "means that your copy is current. A cursor may rest for 90 days; after that it is a 410 with `full_pass`."
        ),
        parameters=[
            parameter(
                "cursor", CURSOR, "游标 · Where you stand: part of `next`, never made up", EXAMPLE_CURSOR
            ),
            parameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": MOST, "default": PAGE},
                "每页条数 · Items a page",
            ),
            parameter(
                "kind",
                {"type": "array", "items": {"type": "string", "enum": kind_names()}},
                "类型，可重复 · Kinds, repeat it for several",
            ),
            *(
                parameter(
                    name,
                    type_of(ChangesFilter.base_filters[name], name),
                    " · ".join(both(ChangesFilter.base_filters[name].label).values()),
                    EXAMPLES.get(name),
                )
                for name in FACTS
            ),
        ],
        responses={
            200: OpenApiResponse(
                ChangesPage,
                "",
                examples=[
                    OpenApiExample(
                        "changes",
                        value={
                            "items": [
                                {
                                    "seq": 4711,
                                    "kind": "canteen",
                                    "id": EXAMPLE["id"],
                                    "state": "updated",
                                    "data": ListingFacts.example,
                                },
                                {
                                    "seq": 4715,
                                    "kind": "station",
                                    "id": "7QH2M8C0RD",
                                    "state": "deleted",
                                },
                            ],
                            "next": f"https://example.org/api/v1/changes/?cursor={EXAMPLE_CURSOR}",
                            "licence": "https://creativecommons.org/licenses/by/4.0/",
                        },
                    )
                ],
            ),
            304: OpenApiResponse(None, "What you have is current."),
            **problem_responses(400, 401, 403, 406, Problem(410, "cursor_gone"), 429),
        },
        auth=KEY_OR_NOT,
    )
    def get(self, request: Request) -> HttpResponse:
        """Return a part of the feed, or 304."""
        moment = timezone.now()
        tag = conditional.tag_of(request, moment, "json", is_of_the_minute=False)
        if conditional.matches(request, tag):
            return conditional.mark(HttpResponseNotModified(), request, tag, moment)
        limit, fitting = self.read(request)
        cursor = self.cursor(request)
        found, after = changes(cursor, fitting, limit)
        body = {
            "items": items(found),
            "next": self.link(request, str(after)),
            "licence": settings.DATA_LICENCE_URL,
        }
        return conditional.mark(Response(body), request, tag, moment)

    def read(self, request: Request) -> tuple[int, QuerySet]:
        """Return the page size and the listings that fit. Raises Problem naming everything that is wrong."""
        query = request.query_params
        known = {*self.filterset_class.base_filters, "cursor", "limit", "format"}
        errors = unknown_parameters([name for name in query if name not in known], known)
        size = query.get("limit", str(PAGE))
        if not (size.isascii() and size.isdigit() and len(size) <= 9 and 1 <= int(size) <= MOST):
            errors.append(
                ("limit", "invalid", format_lazy(_("Give a whole number from 1 to {most}."), most=MOST))
            )
        published = Listing.objects.filter(kind__in=kind_names()).published()
        filterset = self.filterset_class(query, queryset=published.in_area(conditional.key_area(request)))
        if not filterset.is_valid():
            errors += form_errors(filterset.form.errors)
        if errors:
            raise Problem(400, "invalid_query", errors)
        return int(size), filterset.qs

    def cursor(self, request: Request) -> Cursor:
        """Return where the reader stands. Raises Problem for a cursor that is none, or that leads nowhere any more."""
        asked = request.query_params
        question = digest(
            *((name, sorted(asked.getlist(name))) for name in ("kind", *FACTS) if name in asked)
        )
        reach = digest(conditional.key_area(request))
        sent = asked.get("cursor")
        if sent is None:
            return Cursor.begin(question, reach)
        try:
            return Cursor.read(sent, question, reach)
        except NotACursor:
            said = _("This is no cursor. Follow `next`, or leave it out for a full pass.")
            raise Problem(400, "invalid_query", [("cursor", "invalid", said)]) from None
        except OtherFilters:
            said = _("This cursor belongs to other filters. Leave it out for a full pass with these.")
            raise Problem(400, "invalid_query", [("cursor", "other_filters", said)]) from None
        except Gone:
            way_back = self.link(request, None)
            raise Problem(
                410,
                "cursor_gone",
                headers={"Link": f'<{way_back}>; rel="first"'},
                more={"full_pass": way_back},
            ) from None

    def link(self, request: Request, cursor: str | None) -> str:
        """Return the address of the same question from a cursor on, None for a full pass."""
        query = [(name, values) for name, values in request.query_params.lists() if name != "cursor"]
        if cursor is not None:
            query.append(("cursor", [cursor]))
        asked = f"?{urlencode(query, doseq=True)}" if query else ""
        return request.build_absolute_uri(f"{request.path}{asked}")


def items(found: list[Change]) -> list[Any]:
    """Return the changes as JSON; stored texts go out as they are."""
    base = settings.PUBLIC_BASE_URL
    listed: list[Any] = []
    for change in found:
        head = {"seq": change.seq, "kind": change.kind, "id": change.public_id}
        if not change.document:
            listed.append({**head, "state": "deleted"})
            continue
        opening = orjson.dumps({**head, "state": "updated"})[:-1].decode()
        data = rows.fact_row(change.document, change.seq, change.kind, change.public_id, base)
        listed.append(orjson.Fragment(f'{opening},"data":{data}}}'))
    return listed
