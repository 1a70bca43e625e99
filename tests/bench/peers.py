"""What anybody would write first: a ModelViewSet with nested serializers, a ListView-like page, a hello.

Each shows the same facts of the same rows as the portal's own answer.
"""

import json
from typing import Any

import django_filters
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import pagination, serializers, viewsets
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from canteens.filters import CanteenFilter
from canteens.models import Canteen, Discount, SetMeal
from portal.listings.api.views import ApiView
from portal.listings.models import Confirmation, HoursException, Listing, Photo, WeeklyHours
from portal.partners.throttling import AnonymousThrottle, KeyThrottle
from portal.regions.models import Community, District, Street


class HelloView(ApiView):
    """A hello behind the same key check and the same throttle."""

    def get(self, request: Any) -> Response:
        return Response({"hello": "world"})


def nested(of: type, names: tuple[str, ...]) -> type[serializers.ModelSerializer]:
    meta = type("Meta", (), {"model": of, "fields": names})
    return type(f"{of.__name__}Serializer", (serializers.ModelSerializer,), {"Meta": meta})


REGION = ("code", "name", "name_en")


class CanteenSerializer(serializers.ModelSerializer):
    district = nested(District, REGION)()
    street = nested(Street, REGION)()
    community = nested(Community, REGION)()
    weekly_hours = nested(WeeklyHours, ("day", "rule", "opens", "closes", "is_open_end", "label"))(many=True)
    hours_exceptions = nested(
        HoursException, ("starts_on", "ends_on", "rule", "opens", "closes", "is_open_end", "reason")
    )(many=True)
    photos = nested(Photo, ("role", "digest", "width", "height", "alt"))(many=True)
    confirmations = nested(Confirmation, ("fact_group", "confirmed_at", "channel"))(many=True)
    set_meals = nested(
        SetMeal,
        (
            "name",
            "dishes",
            "meat_count",
            "vegetable_count",
            "courier_price_yuan",
            "normal_price_yuan",
            "portions",
            "label",
        ),
    )(many=True)
    discounts = nested(Discount, ("percent_off", "starts", "ends", "note"))(many=True)

    class Meta:
        model = Canteen
        fields = (
            "public_id",
            "kind",
            "name",
            "name_en",
            "district",
            "street",
            "community",
            "address",
            "lat",
            "lng",
            "accuracy",
            "phone",
            "notice",
            "provenance",
            "state",
            "pause_reason",
            "paused_until",
            "shut_reason",
            "shut_at",
            "shut_until",
            "changed_at",
            "serves",
            "pickup",
            "seats",
            "weekly_hours",
            "hours_exceptions",
            "photos",
            "confirmations",
            "set_meals",
            "discounts",
        )


class Pages(pagination.PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"


class CanteenViewSet(viewsets.ModelViewSet):
    """The stock way to the same list: joined, prefetched, filtered, paginated."""

    queryset = (
        Canteen.objects.published()
        .defer("document", "search_text")
        .with_groups()
        .prefetch_related("confirmations")
        .order_by("name", "pk")
    )
    serializer_class = CanteenSerializer
    filterset_class = CanteenFilter
    filter_backends = (DjangoFilterBackend,)
    pagination_class = Pages
    renderer_classes = (JSONRenderer,)
    authentication_classes = ()
    throttle_classes = (KeyThrottle, AnonymousThrottle)


class ChangeSerializer(serializers.ModelSerializer):
    data = serializers.SerializerMethodField()

    class Meta:
        model = Listing
        fields = ("public_id", "kind", "state", "changed_at", "data")

    def get_data(self, listing: Listing) -> Any:
        return json.loads(listing.document)


class ChangeViewSet(viewsets.ReadOnlyModelViewSet):
    """What changed, by page number: the stored document, read and written once more."""

    queryset = Listing.objects.published().exclude(document="").order_by("changed_at", "pk")
    serializer_class = ChangeSerializer
    pagination_class = Pages
    renderer_classes = (JSONRenderer,)
    authentication_classes = ()
    throttle_classes = (KeyThrottle, AnonymousThrottle)


class StockFilter(django_filters.FilterSet):
    """The five filters of the page as django-filter makes them."""

    q = django_filters.CharFilter(method="search")
    district = django_filters.ModelChoiceFilter(queryset=District.objects.filter(is_current=True))
    street = django_filters.ModelChoiceFilter(queryset=Street.objects.filter(is_current=True))
    open_now = django_filters.BooleanFilter(method="open")
    price_max = django_filters.NumberFilter(field_name="set_meals__courier_price_yuan", lookup_expr="lte")

    def search(self, rows: Any, name: str, text: str) -> Any:
        return rows.search(text)

    def open(self, rows: Any, name: str, wanted: bool) -> Any:
        return rows.open_at(timezone.now()) if wanted else rows


def page(request: HttpRequest) -> HttpResponse:
    """A list page of twenty canteens from model instances, in the same frame."""
    found = StockFilter(request.GET, queryset=CanteenViewSet.queryset.all())
    shown = Paginator(found.qs, 20).get_page(request.GET.get("page"))
    context = {"page": shown, "filter": found, "meta": Canteen._meta, "now": timezone.now()}
    return render(request, "bench/page.html", context)
