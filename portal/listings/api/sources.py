"""`/api/v1/sources/`: partners write their places under numbers of their own."""

import re
from collections import Counter
from typing import Any, ClassVar

import orjson
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from portal.listings.api import parameters
from portal.listings.api import source_documents as shown
from portal.listings.api.answering import answer_once
from portal.listings.api.problems import SENTENCES, Problem, both
from portal.listings.api.schema import FORMS, IDEMPOTENCY_KEY, KEY_ONLY, parameter, problem_responses
from portal.listings.api.source_bodies import EXAMPLE, body_of
from portal.listings.api.views import ApiView
from portal.listings.api.writing import ShallowJson, check_length, rows_of
from portal.listings.kinds import kind_names
from portal.listings.models import Listing, SourceRecord
from portal.listings.sources import saying
from portal.listings.sources.bodies import Row, check_keys, read_body, read_row
from portal.listings.sources.results import CREATED, REFUSED, STATUSES, Result
from portal.listings.sources.rights import WRITE, Rights, ScopeMissing, SourceMissing, rights_of
from portal.listings.sources.upserting import MOST_ROWS, upsert
from portal.partners.models import ApiKey, Source
from portal.partners.permissions import HasScope

PAGE = 100
_TAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')
A_VERSION = _('`If-Match` takes one version as an answer gave it, such as "7".')


class SourceView(ApiView):
    """What the addresses of sources have in common: a key of the scope, the source first of all, then the body."""

    permission_classes: Any = [HasScope(WRITE)]
    parser_classes: Any = [ShallowJson]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Ask for a key, then whether it may write this source, before anything else is read."""
        super().initial(request, *args, **kwargs)
        if request.auth is None:
            raise exceptions.NotAuthenticated
        if "source" in kwargs:
            self.rights: Rights = _asked(lambda: rights_of(self.key, kwargs["source"]), kwargs["source"])
        check_length(request)

    @property
    def key(self) -> ApiKey:
        """Return the key."""
        key: Any = self.request.auth
        return key

    def write(self, source: str, rows: list[Row]) -> list[Result]:
        """Write what was read; the key's reach is asked again under the lock."""
        return _asked(lambda: upsert(key=self.key, source=source, rows=rows), source)


def _asked(work: Any, source: str) -> Any:
    """Do the work; say which source or scope is missing."""
    try:
        return work()
    except SourceMissing:
        told = format_lazy(_("The key may not write the source “{source}”."), source=source)
        raise Problem(403, "source_missing", [(source, "source_missing", told)]) from None
    except ScopeMissing as error:
        raise exceptions.PermissionDenied(error.scope, code="scope_missing") from None


class SourcesView(SourceView):
    """What the key may write."""

    @extend_schema(
        operation_id="sources_list",
        tags=["sources"],
        summary="可写入的数据来源 · Sources that the key may write",
        responses={
            200: OpenApiResponse(
                shown.SourceNames, "", examples=[OpenApiExample("sources", value=shown.NAMES)]
            ),
            **problem_responses(400, 401, 403, 406, 429),
        },
        auth=KEY_ONLY,
    )
    def get(self, request: Request) -> Response:
        """Return the sources, with how many places each has, and the reach of the key."""
        parameters.check_names(request, {"format"})
        sources = list(Source.objects.written_by(self.key))
        named = Listing.objects.filter(source__in=[one.name for one in sources]).order_by()
        counts = dict(named.values_list("source").annotate(Count("pk")))
        body = {
            "kinds": kind_names(),
            "area_code": self.key.area_code,
            "may_publish": self.key.has_scope("listings:publish"),
            "sources": [
                {
                    "name": one.name,
                    "label": one.label,
                    "label_en": one.label_en,
                    "rows": counts.get(one.name, 0),
                    "url": request.build_absolute_uri(reverse("api:source", args=[one.name])),
                }
                for one in sources
            ],
        }
        return _private(Response(body))


class SourceRowsView(SourceView):
    """A source's rows, and batches of them."""

    http_method_names: Any = ["get", "head", "post"]

    @extend_schema(
        operation_id="source_rows_list",
        tags=["sources"],
        summary="来源的全部条目 · The rows of a source",
        parameters=[
            shown.SOURCE,
            parameter("after", FORMS["after"], "断点 · The `id` of the last row that you have"),
            parameter("kind", {"type": "string", "enum": kind_names()}, "类型 · Only places of this kind"),
        ],
        responses={
            200: OpenApiResponse(
                shown.SourcePage,
                "",
                examples=[OpenApiExample("page", value={"next": None, "results": [shown.PLACE]})],
            ),
            **problem_responses(400, 401, Problem(403, "source_missing"), 404, 406, 429),
        },
        auth=KEY_ONLY,
    )
    def get(self, request: Request, source: str) -> Response:
        """Return rows in the order in which they came, drafts and withdrawn ones included; follow `next` until null."""
        parameters.check_names(request, {"format", "after", "kind"})
        rows = Listing.objects.filter(source=source).in_area(self.rights.area_code)
        if kind := request.query_params.get("kind"):
            if kind not in kind_names():
                raise _bad_query(
                    "kind", format_lazy(_("This is one of: {known}."), known=", ".join(kind_names()))
                )
            rows = rows.filter(kind=kind)
        if after := request.query_params.get("after"):
            last = Listing.objects.filter(source=source, public_id=after).first()
            if last is None:
                raise Problem(
                    400, "invalid_query", [("after", "unknown", _("This source has no row of this id."))]
                )
            rows = rows.filter(pk__gt=last.pk)
        found = list(rows.select_related("source_record").order_by("pk")[: PAGE + 1])
        page, has_more = found[:PAGE], len(found) > PAGE
        link = request.build_absolute_uri(_query(request, page[-1].public_id)) if has_more else None
        return _private(Response({"next": link, "results": [saying.place(row) for row in page]}))

    @extend_schema(
        operation_id="source_rows_write",
        tags=["sources"],
        summary="批量写入 · Write rows in a batch",
        parameters=[shown.SOURCE, IDEMPOTENCY_KEY],
        request=shown.SourceRows,
        examples=[OpenApiExample("rows", value=shown.BATCH, request_only=True)],
        responses={
            200: OpenApiResponse(
                shown.SourceAnswers, "", examples=[OpenApiExample("answers", value=shown.ANSWERS)]
            ),
            **problem_responses(
                Problem(400, "invalid_body"),
                401,
                Problem(403, "source_missing"),
                404,
                406,
                409,
                413,
                415,
                429,
            ),
        },
        auth=KEY_ONLY,
    )
    def post(self, request: Request, source: str) -> HttpResponse:
        """Write up to 100 rows in one transaction, with an answer for each; a row that is refused stops no other.

        A row says what the body of its kind says, with `kind` and `external_id`; `withdraw: true` takes it back.
        """
        parameters.check_names(request, {"format"})
        rows = [read_row(place, value) for place, value in enumerate(rows_of(request, most=MOST_ROWS))]
        check_keys(rows)
        return answer_once(
            request,
            address="sources",
            said=[source, request.data],
            work=lambda: _answers(rows, self.write(source, rows)),
        )


class SourceRowView(SourceView):
    """One row of a source."""

    model: ClassVar[type[Listing]] = Listing
    http_method_names: Any = ["get", "head", "put", "delete"]

    @classmethod
    def for_kind(cls, model: type[Listing]) -> type["SourceRowView"]:
        """Return the view of a kind's rows, described by the kind's own fields."""
        name, meta = model.kind_name, both(model._meta.verbose_name)
        usual = (401, Problem(403, "source_missing"), 404, 406, 429)
        given: dict[str, Any] = {"tags": ["sources"], "auth": KEY_ONLY}
        row = OpenApiResponse(
            shown.SourceRow, "", examples=[OpenApiExample("row", value=_of(name, shown.ROW))]
        )
        answers = [OpenApiExample("answer", value=_of(name, shown.ANSWER))]
        answer = OpenApiResponse(shown.SourceAnswer, "", examples=answers)

        @extend_schema(
            operation_id=f"source_{name}_read",
            summary=f"读取{meta['zh']} · Read a row: {meta['en']}",
            parameters=[shown.SOURCE, shown.NUMBER],
            responses={200: row, **problem_responses(400, *usual)},
            **given,
        )
        def get(self: Any, request: Request, source: str, external_id: str) -> Response:
            """Return the row as the source wrote it last and as it stands; the tag is the version."""
            return self.read(request, source, external_id)

        @extend_schema(
            operation_id=f"source_{name}_write",
            summary=f"写入{meta['zh']} · Write a row: {meta['en']}",
            parameters=[shown.SOURCE, shown.NUMBER, shown.IF_MATCH],
            request=body_of(model),
            examples=[OpenApiExample("body", value=EXAMPLE, request_only=True)],
            responses={
                200: answer,
                201: answer,
                **problem_responses(
                    Problem(400, "invalid_body"),
                    *usual,
                    Problem(409, "conflict"),
                    Problem(412, "version_moved"),
                    413,
                    415,
                ),
            },
            **given,
        )
        def put(self: Any, request: Request, source: str, external_id: str) -> HttpResponse:
            """Make or change a place. Sent twice it is the same; a field that is left out stays as it is."""
            return self.take(request, source, external_id)

        @extend_schema(
            operation_id=f"source_{name}_withdraw",
            summary=f"撤回{meta['zh']} · Withdraw a row: {meta['en']}",
            parameters=[shown.SOURCE, shown.NUMBER, shown.IF_MATCH],
            request=None,
            responses={
                200: answer,
                **problem_responses(400, *usual, Problem(409, "taken_over"), Problem(412, "version_moved")),
            },
            **given,
        )
        def delete(self: Any, request: Request, source: str, external_id: str) -> HttpResponse:
            """Say that the place is no more: it is archived. Sending the row again brings it back."""
            return self.take(request, source, external_id)

        names = {"model": model, "get": get, "put": put, "delete": delete, "__doc__": cls.__doc__}
        return type(f"Source{model.__name__}View", (cls,), names)

    def read(self, request: Request, source: str, external_id: str) -> Response:
        """Return a row, for one within the key's reach."""
        parameters.check_names(request, {"format"})
        rows = self.model.objects.filter(source=source, external_id=external_id)
        listing = rows.in_area(self.rights.area_code).with_groups().first()
        if listing is None:
            raise Http404
        record = SourceRecord.objects.filter(listing_id=listing.pk).first() or SourceRecord(listing=listing)
        return _tagged(Response(saying.whole(listing, record)), listing)

    def take(self, request: Request, source: str, external_id: str) -> HttpResponse:
        """Write or withdraw a row and answer for it."""
        parameters.check_names(request, {"format"})
        row = Row(0, self.model, external_id, version=_version(request))
        if request.method == "DELETE":
            row.is_withdrawn = True
        else:
            read_body(row, self.model, request.data)
            check_keys([row])
        result = self.write(source, [row])[0]
        if result.outcome == REFUSED:
            more = saying.refusal(result)
            raise Problem(STATUSES[result.code], result.code, result.faults, more=more)
        answer = Response(saying.answer(result), status=201 if result.outcome == CREATED else 200)
        return _tagged(answer, result.listing)


def _of(kind: str, example: dict[str, Any]) -> dict[str, Any]:
    return {**example, "kind": kind}


def _version(request: Request) -> int | None:
    """Return the version that `If-Match` names. Raise Problem for anything else in it."""
    text = request.headers.get("If-Match")
    if text is None:
        return None
    found = _TAG.fullmatch(text.strip())
    if found is None or not int(found[1]):
        raise Problem(400, "bad_request", [("If-Match", "invalid", A_VERSION)])
    return int(found[1])


def _answers(rows: list[Row], results: list[Result]) -> bytes:
    counts = Counter(result.outcome for result in results)
    answers = [_answer(row, result) for row, result in zip(rows, results, strict=True)]
    return orjson.dumps({"counts": counts, "results": answers})


def _answer(row: Row, result: Result) -> dict[str, Any]:
    if result.outcome != REFUSED:
        return {"row": row.place, **saying.answer(result)}
    named = {"kind": row.model.kind_name} if row.model else {}
    named |= {"external_id": row.external_id} if row.external_id else {}
    errors = [{"field": name, "code": code, **both(said)} for name, code, said in result.faults]
    return {
        "row": row.place,
        "outcome": REFUSED,
        **named,
        "code": result.code,
        **both(SENTENCES[result.code]),
        "errors": errors,
        **saying.refusal(result),
    }


def _bad_query(name: str, told: Any) -> Problem:
    return Problem(400, "invalid_query", [(name, "invalid", told)])


def _query(request: Request, after: str) -> str:
    query = request._request.GET.copy()
    query["after"] = after
    return f"{request.path}?{query.urlencode()}"


def _tagged(answer: Any, listing: Any) -> Any:
    answer["ETag"] = f'"{listing.revision_number}"'
    return _private(answer)


def _private(answer: Any) -> Any:
    answer["Cache-Control"] = "no-store"
    return answer
