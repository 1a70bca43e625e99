"""`/availability/`: what is free right now, apart from the facts."""

import hashlib
from typing import Any, ClassVar
from urllib.parse import urlencode

import django_filters
import orjson
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from portal.listings.api import availability_documents as documents
from portal.listings.api import conditional
from portal.listings.api.answering import answer_once
from portal.listings.api.availability_answers import answer_of, answers, problem_of, row_of
from portal.listings.api.availability_rows import PUBLIC_ID, Unreadable, read_report
from portal.listings.api.changes import FACTS
from portal.listings.api.parameters import unknown_parameters
from portal.listings.api.problems import Problem, both, form_errors
from portal.listings.api.schema import (
    EXAMPLES,
    FORMS,
    IDEMPOTENCY_KEY,
    KEY_ONLY,
    KEY_OR_NOT,
    parameter,
    problem_responses,
    type_of,
)
from portal.listings.api.views import ApiView
from portal.listings.api.writing import ShallowJson, check_length, rows_of
from portal.listings.availability import facts_of, measured, measured_kinds, reports_of
from portal.listings.filters import ListingFilter
from portal.listings.kinds import listing_model
from portal.listings.models import Listing
from portal.listings.reporting import REFUSED, take
from portal.partners.permissions import HasScope

PAGE, MOST = 100, 500
MOST_IDS = 100


class AvailabilityFilter(ListingFilter):
    """The filters of what is free: facts of the place."""

    kind = django_filters.MultipleChoiceFilter(
        label=_("kind"),
        choices=lambda: [(kind, listing_model(kind)._meta.verbose_name_plural) for kind in measured_kinds()],
    )


AvailabilityFilter.base_filters = {
    name: found for name, found in AvailabilityFilter.base_filters.items() if name in ("kind", *FACTS)
}


class AvailabilityBase(ApiView):
    """Reading needs no key; writing needs one with its scope, and JSON."""

    parser_classes: Any = [ShallowJson]
    writes: ClassVar[str] = ""

    def get_permissions(self) -> Any:
        """Return what a key needs for the method."""
        scope = "listings:read" if self.request.method in SAFE_METHODS else "availability:write"
        return [HasScope(scope)()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is too long before it is read."""
        super().initial(request, *args, **kwargs)
        check_length(request)

    def sent(self, request: Request, body: dict[str, Any]) -> HttpResponse:
        """Return a body that was read at this moment, or 304: no counter tells of what is written here."""
        moment = timezone.now()
        content = orjson.dumps(body)
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        if conditional.matches(request, tag):
            return conditional.mark(HttpResponseNotModified(), request, tag, moment)
        response = HttpResponse(content, content_type="application/json")
        return conditional.mark(response, request, tag, moment)


class AvailabilityView(AvailabilityBase):
    """All places of which something runs out or fills up."""

    http_method_names: Any = ["get", "head", "post"]

    @extend_schema(
        operation_id="availability_list",
        tags=["availability"],
        summary="余量与忙闲 · What is free",
        description=(
            "Beds, portions and how full stations are, apart from the facts: what operators' systems reported or staff "
            "said, whichever is newer. Past `valid_until` a value is null: nobody knows. Follow `next` to its end."
        ),
        parameters=[
            parameter(
                "id",
                {"type": "array", "items": FORMS["after"]},
                "点位编号，可重复 · Public ids, repeat it",
            ),
            parameter(
                "kind",
                {"type": "array", "items": {"type": "string", "enum": measured_kinds()}},
                "类型，可重复 · Kinds, repeat it for several",
            ),
            *(
                parameter(
                    name,
                    type_of(AvailabilityFilter.base_filters[name], name),
                    " · ".join(both(AvailabilityFilter.base_filters[name].label).values()),
                    EXAMPLES.get(name),
                )
                for name in FACTS
            ),
            parameter("after", FORMS["after"], "上一页最后一条的编号 · The last id of the page before"),
            parameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": MOST, "default": PAGE},
                "每页条数 · Rows a page",
            ),
        ],
        responses={
            200: OpenApiResponse(
                documents.AvailabilityPage, "", examples=[OpenApiExample("page", value=documents.PAGE)]
            ),
            304: OpenApiResponse(None, "What you have is current."),
            **problem_responses(400, 401, 403, 406, 429),
        },
        auth=KEY_OR_NOT,
    )
    def get(self, request: Request) -> HttpResponse:
        """Return a part of the list, or 304; five queries, however long it is."""
        rows, limit = self.read(request)
        moment = timezone.now()
        found = list(rows.values_list("pk", "public_id", "document")[: limit + 1])
        reports = reports_of(pk for pk, _id, _text in found[:limit])
        results = [row_of(facts_of(text), reports.get(pk, {}), moment) for pk, _id, text in found[:limit]]
        following = self.link(request, found[limit - 1][1]) if len(found) > limit else None
        return self.sent(request, {"results": results, "next": following})

    @extend_schema(
        operation_id="availability_report",
        tags=["availability"],
        summary="批量上报余量 · Report what is free at many places",
        description=(
            "1 to 500 rows, each of one place, named by its `id` or by `source` and `external_id`; an answer for each, "
            "in order. A key tells of the rows of its sources and of places that its organisation keeps; any other "
            "place is answered as one that does not exist."
        ),
        request={"application/json": documents.REPORTS},
        examples=[OpenApiExample("rows", value=documents.ROWS, request_only=True)],
        responses={
            200: OpenApiResponse(
                documents.ReportAnswers, "", examples=[OpenApiExample("answers", value=documents.ANSWERS)]
            ),
            **problem_responses(400, 401, 403, 406, 409, 413, 415, 429),
        },
        parameters=[IDEMPOTENCY_KEY],
        auth=KEY_ONLY,
    )
    def post(self, request: Request) -> HttpResponse:
        """Take rows and answer for each; the same request sent twice is one."""
        key: Any = request.auth
        rows = rows_of(request, most=documents.MOST_ROWS)
        return answer_once(request, address=request.path, said=request.data, work=lambda: answers(key, rows))

    def read(self, request: Request) -> tuple[Any, int]:
        """Return the listings that are asked for, and how many at a time. Raise Problem naming all that is wrong."""
        query = request.query_params
        known = {*AvailabilityFilter.base_filters, "id", "after", "limit", "format"}
        errors = unknown_parameters([name for name in query if name not in known], known)
        size = query.get("limit", str(PAGE))
        if not (size.isascii() and size.isdigit() and len(size) <= 9 and 1 <= int(size) <= MOST):
            errors.append(
                ("limit", "invalid", format_lazy(_("Give a whole number from 1 to {most}."), most=MOST))
            )
        rows = measured().in_area(conditional.key_area(request)).order_by("pk")
        filterset = AvailabilityFilter(query, queryset=rows)
        if not filterset.is_valid():
            errors += form_errors(filterset.form.errors)
        ids = query.getlist("id")
        if len(ids) > MOST_IDS or not all(PUBLIC_ID.fullmatch(one) for one in ids):
            said = format_lazy(_("Give up to {most} public ids of 10 characters."), most=MOST_IDS)
            errors.append(("id", "invalid", said))
        before = self.before(query.get("after"))
        if "after" in query and before is None:
            errors.append(("after", "unknown", _("Follow `next`; `after` is the id of the last row.")))
        if errors:
            raise Problem(400, "invalid_query", errors)
        found = filterset.qs.filter(public_id__in=ids) if ids else filterset.qs
        return (found.filter(pk__gt=before) if before else found), int(size)

    def before(self, public_id: str | None) -> int | None:
        """Return the key of the row after which to go on; it may have left the list meanwhile."""
        if public_id is None or not PUBLIC_ID.fullmatch(public_id):
            return None
        return Listing.objects.filter(public_id=public_id).values_list("pk", flat=True).first()

    def link(self, request: Request, public_id: str) -> str:
        """Return the address of the rows after one."""
        asked = [(name, values) for name, values in request.query_params.lists() if name != "after"]
        query = urlencode([*asked, ("after", [public_id])], doseq=True)
        return request.build_absolute_uri(f"{request.path}?{query}")


class AvailabilityOfOneView(AvailabilityBase):
    """What is free at one place."""

    http_method_names: Any = ["get", "head", "put"]

    @extend_schema(
        operation_id="availability_detail",
        tags=["availability"],
        summary="一处的余量与忙闲 · What is free at one place",
        responses={
            200: OpenApiResponse(
                documents.AvailabilityRow, "", examples=[OpenApiExample("row", value=documents.ROW)]
            ),
            304: OpenApiResponse(None, "What you have is current."),
            **problem_responses(400, 401, 403, 404, 406, 429),
        },
        parameters=[documents.PUBLIC_ID],
        auth=KEY_OR_NOT,
    )
    def get(self, request: Request, public_id: str) -> HttpResponse:
        """Return what is free at one place; 404 for what the public does not see and where nothing runs out."""
        known = {"format"}
        if errors := unknown_parameters([name for name in request.query_params if name not in known], known):
            raise Problem(400, "invalid_query", errors)
        rows = measured().in_area(conditional.key_area(request)).filter(public_id=public_id)
        found = rows.values_list("pk", "document").first()
        if found is None:
            raise Http404
        pk, text = found
        return self.sent(request, row_of(facts_of(text), reports_of([pk]).get(pk, {}), timezone.now()))

    @extend_schema(
        operation_id="availability_put",
        tags=["availability"],
        summary="上报一处的余量 · Report what is free at one place",
        description=(
            "Counts by the name of the room type or set meal, or a status of the whole place. Items that are not named "
            "stay as they are. What is older than what is known changes nothing and is answered `older`, so a report "
            "may be sent again, late or twice. A key tells of the rows of its sources and of places that its "
            "organisation keeps; any other place is a 404."
        ),
        request={"application/json": documents.REPORT},
        examples=[
            OpenApiExample("portions", value=documents.COUNTED, request_only=True),
            OpenApiExample("status", value=documents.FULL, request_only=True),
        ],
        responses={
            200: OpenApiResponse(
                documents.ReportAnswer, "", examples=[OpenApiExample("answer", value=documents.ANSWER)]
            ),
            **problem_responses(
                Problem(400, "invalid_body"), 401, 403, 404, 406, Problem(409, "taken_over"), 413, 415, 429
            ),
        },
        parameters=[documents.PUBLIC_ID],
        auth=KEY_ONLY,
    )
    def put(self, request: Request, public_id: str) -> HttpResponse:
        """Take what a system says of one place."""
        key: Any = request.auth
        try:
            report = read_report(request.data, public_id=public_id)
        except Unreadable as wrong:
            raise Problem(400, "invalid_body", wrong.faults) from None
        (outcome,) = take(key=key, reports=[report], now=timezone.now())
        if outcome.name == REFUSED:
            raise problem_of(outcome)
        response = HttpResponse(orjson.dumps(answer_of(outcome)), content_type="application/json")
        response["Cache-Control"] = "no-store"
        return response
