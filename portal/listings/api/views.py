"""The viewset of a kind, the root document and the answer to addresses that do not exist."""

from functools import cache, lru_cache
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from portal.listings import reading
from portal.listings.api import conditional, parameters, rows, streaming
from portal.listings.api.documents import ListingDocument
from portal.listings.api.problems import Problem, answer
from portal.listings.api.renderers import GeoJsonRenderer, JsonRenderer, Negotiation, StreamRenderer
from portal.listings.api.schema import ListingSchema
from portal.listings.coordinates import DATUMS, WGS84
from portal.listings.documents import SCHEMA_VERSION
from portal.listings.filters import ListingFilter
from portal.listings.hours import CITY_TIME
from portal.listings.kinds import kind_names
from portal.listings.models import Listing
from portal.listings.views import FoundCards
from portal.partners import counting
from portal.partners.authentication import ApiKeyAuthentication
from portal.partners.models import ApiKey
from portal.partners.permissions import HasScope
from portal.partners.throttling import AnonymousThrottle, KeyThrottle
from portal.regions.areas import area_name
from portal.running.databases import LOST

STREAMS = [
    StreamRenderer.of(name, kind.partition(";")[0]) for name, (_lines, kind) in streaming.FORMATS.items()
]


class ApiView(APIView):
    """What every address of the API has in common: keys only, no session, no language."""

    authentication_classes: Any = [ApiKeyAuthentication]
    permission_classes: Any = [HasScope("listings:read")]
    throttle_classes: Any = [KeyThrottle, AnonymousThrottle]
    renderer_classes: Any = [JsonRenderer]
    parser_classes: Any = []
    content_negotiation_class: Any = Negotiation
    http_method_names: Any = ["get", "head"]

    def get_exception_handler(self) -> Any:
        """Return the one handler."""
        return answer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse other methods, and broken text before anybody reads the query; then as usual."""
        if (request.method or "").lower() not in self.http_method_names:
            if {"get", "head"}.issuperset(self.http_method_names):
                raise exceptions.MethodNotAllowed(request.method or "")
            allowed = ", ".join(self.http_method_names).upper()
            raise Problem(405, "other_method", headers={"Allow": allowed})
        parameters.check_text(request)
        super().initial(request, *args, **kwargs)

    def check_permissions(self, request: Request) -> None:
        """Count the request first: who lacks a scope is limited like everybody."""
        super().check_throttles(request)
        super().check_permissions(request)

    def check_throttles(self, request: Request) -> None:
        """Do nothing: the request was counted with the permissions."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Tell a key how it stands, in every answer, and count its request."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        counting.tell(_key_of(request), request._request, answer)
        return answer


def _key_of(request: Request) -> ApiKey | None:
    """Return the key of a request, also where something was wrong before anybody asked who it is."""
    if not hasattr(request, "_user") and "HTTP_AUTHORIZATION" not in request.META:
        return None
    try:
        found = request.auth
    except (exceptions.AuthenticationFailed, *LOST):
        return None
    return found if isinstance(found, ApiKey) else None


class ListingViewSet(ApiView, ViewSet):
    """The published listings of a kind: list and detail from stored documents."""

    model: ClassVar[type[Listing]] = Listing
    filterset_class: ClassVar[type[ListingFilter]] = ListingFilter
    document_class: ClassVar[type[ListingDocument]] = ListingDocument
    renderer_classes: Any = [JsonRenderer, GeoJsonRenderer]
    schema = ListingSchema()
    lookup_field = "public_id"
    lookup_value_regex = "[0-9A-HJKMNP-TV-Z]{10}"

    @classmethod
    def for_kind(
        cls,
        model: type[Listing],
        filterset_class: type[ListingFilter] = ListingFilter,
        document_class: type[ListingDocument] = ListingDocument,
    ) -> type["ListingViewSet"]:
        """Return the viewset of a kind; `document_class` only describes the kind's own keys in the schema."""
        names = {"model": model, "filterset_class": filterset_class, "document_class": document_class}
        return type(
            f"{model.__name__}ViewSet", (cls,), {**names, "__doc__": cls.__doc__, "schema": ListingSchema()}
        )

    def published(self, *, is_own: bool = True) -> QuerySet:
        """Return what this request may read: published listings, within the area of the key.

        Unless a filter asks for the kind's own columns (`is_own`) the common table answers alone, by its index.
        """
        published = self.own_rows() if is_own and self.model.kind_name else self.common_rows()
        return published.in_area(conditional.key_area(self.request))

    @classmethod
    @cache
    def own_rows(cls) -> Any:
        """Return the kind's published rows, with its own columns; made once, since every use copies it."""
        return cls.model.objects.published()

    @classmethod
    @cache
    def common_rows(cls) -> Any:
        """Return the kind's published rows in the common table alone."""
        kinds = [cls.model.kind_name] if cls.model.kind_name else kind_names()
        return Listing.objects.filter(kind__in=kinds).published()

    @classmethod
    @lru_cache(maxsize=256)
    def plain_sql(cls, area_code: str) -> Any:
        """Return the statements of a list without filters, in the area of a key."""
        return rows.plain_sql(cls.common_rows().in_area(area_code))

    def get_renderers(self) -> list[Any]:  # type: ignore[valid-type]
        """Return the formats; streams are for lists."""
        return [kind() for kind in (*self.renderer_classes, *(STREAMS if self.action == "list" else ()))]

    def list(self, request: Request) -> HttpResponseBase:
        """Return a page of rows, or 304 without touching them; or all of them as a stream."""
        is_stream = self.variant in streaming.FORMATS
        streaming.check(request, is_stream=is_stream)
        if is_stream:
            filterset = parameters.read_filters(
                request, self.filterset_class, self.published, also=("after",)
            )[0]
            return streaming.stream(request, filterset.qs, self.variant)
        moment = timezone.now()
        tag = conditional.tag_of(request, moment, self.variant)
        if conditional.matches(request, tag):
            return conditional.mark(HttpResponseNotModified(), request, tag, moment)
        filterset, page = parameters.read_filters(request, self.filterset_class, self.published)
        found = FoundCards(filterset)
        stored: list[rows.Stored] | None = None
        if filterset.base_filters:
            count, pks = found.counted_keys(page.part)
        else:
            count, stored = rows.plain_page(self.plain_sql(conditional.key_area(request)), page.part)
            pks = [pk for pk, _number, _text in stored]
        if page.number > 1 and page.part.start >= count:
            raise Problem(404, "page_past_end")
        datum = filterset.form.cleaned_data.get("crs") or WGS84
        body: dict[str, Any] = {
            "count": count,
            "next": self.page_link(page.number + 1) if page.part.stop < count else None,
            "previous": self.page_link(page.number - 1) if page.number > 1 else None,
        }
        if self.variant == "json" and datum == WGS84:
            stored = rows.stored_rows(pks) if stored is None else stored
            body["results"] = rows.lean_rows(stored, found.moment, found.distances)
        else:
            body["results"] = [rows.to_row(card, datum) for card in found.cards(pks)]
        if self.variant == "geojson":
            body = rows.to_collection(body, datum)
        return conditional.mark(Response(body), request, tag, moment)

    def retrieve(self, request: Request, public_id: str) -> HttpResponse:
        """Return one listing; 404 for anything that the public does not see."""
        moment = timezone.now()
        tag = conditional.tag_of(request, moment, self.variant)
        if conditional.matches(request, tag):
            return conditional.mark(HttpResponseNotModified(), request, tag, moment)
        parameters.check_names(request, {"format", "crs", "at"})
        filterset = parameters.read_filters(request, self.filterset_class, self.published)[0]
        cards = reading.cards(filterset.qs.filter(public_id=public_id), filterset.moment)
        if not cards:
            raise Http404
        datum = filterset.form.cleaned_data.get("crs") or WGS84
        row = rows.to_row(cards[0], datum)
        body = {**rows.to_feature(row), "datum": datum} if self.variant == "geojson" else row
        return conditional.mark(Response(body), request, tag, moment)

    @property
    def variant(self) -> str:
        """Return the format that was negotiated."""
        return self.request.accepted_renderer.format

    def page_link(self, number: int) -> str:
        """Return the address of another page of the same question."""
        query = [(name, value) for name, value in self.request.query_params.lists() if name != "page"]
        text = urlencode([*query, ("page", [str(number)])], doseq=True)
        return self.request.build_absolute_uri(f"{self.request.path}?{text}")


class RootView(ApiView):
    """What this is, where things are and what time it is."""

    resources: ClassVar[dict[str, str]] = {}
    schema = None

    def get(self, request: Request) -> Response:
        """Return version, licence, datum, server time, city and links."""
        parameters.check_names(request, {"format"})
        moment = timezone.now()
        links = {name: request.build_absolute_uri(reverse(target)) for name, target in self.resources.items()}
        body = {
            "name": "Nuanxin 暖新",
            "version": conditional.API_VERSION,
            "document_schema": SCHEMA_VERSION,
            "licence": {"name": settings.DATA_LICENCE, "url": settings.DATA_LICENCE_URL},
            "datum": WGS84,
            "datums": list(DATUMS),
            "time_zone": settings.TIME_ZONE,
            "server_time": moment.astimezone(CITY_TIME).isoformat(timespec="seconds"),
            "city": {
                "code": settings.CITY_CODE,
                "zh": area_name(settings.CITY_CODE, "zh"),
                "en": area_name(settings.CITY_CODE, "en"),
            },
            "page_size": {"usual": parameters.PAGE_SIZE, "most": parameters.MAX_PAGE_SIZE},
            "media": request.build_absolute_uri(settings.MEDIA_URL),
            "links": {**links, "pages": request.build_absolute_uri("/")},
        }
        response = Response(body)
        response["Cache-Control"] = "no-cache"
        return response


class NotFoundView(ApiView):
    """Any other address below the API."""

    schema = None
    permission_classes: Any = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Count the request and say that there is nothing."""
        APIView.initial(self, request, *args, **kwargs)
        raise Http404
