"""The pair of pages that every kind has: list and detail; and what hangs on the detail."""

from io import BytesIO
from typing import Any

import orjson
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.paginator import Paginator
from django.db.models import Count, Window
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject, cached_property
from django.utils.translation import get_language

from portal.accounts.secured_admin import may_work_as_staff
from portal.listings import nearby, reading
from portal.listings.calendars import current_calendar
from portal.listings.documents import canonical, document
from portal.listings.filters import ListingFilter
from portal.listings.hours import status_at
from portal.listings.hours_words import hours_line
from portal.listings.models import Listing
from portal.listings.narrowed import narrowed
from portal.listings.publishing import last_number
from portal.listings.sharing import share_picture

PAGE_SIZE = 20
#: Folder of the private storage; what is in it can be drawn again.
POSTERS = "posters"


def template_names(model: type[Listing], page: str) -> list[str]:
    """Return the kind's own template and the default that it falls back to."""
    return [f"{model._meta.app_label}/{page}.html", f"listings/{page}.html"]


def partial_names(model: type[Listing], partial: str) -> list[str]:
    """Return the kind's own partial and the default that it falls back to."""
    return template_names(model, f"_{partial}")


class FoundCards:
    """A queryset and its order as a sequence of cards that a paginator can cut; near ones carry their distance.

    A part is found by keys alone and only its rows are read: sorting whole documents costs more than anything else.
    """

    def __init__(self, filterset: ListingFilter) -> None:
        self.moment = filterset.moment
        self.rows = filterset.qs
        self.distances: dict[int, int] | None = None
        ordering = filterset.form.cleaned_data.get("ordering")
        if filterset.near_point:
            found = nearby.around(self.rows, filterset.near_point)
            self.distances = {pk: round(metres) for metres, pk in found}
        self.by_distance = self.distances is not None and ordering in (None, "", "distance")
        if not self.by_distance:
            rows = self.rows if self.distances is None else self.rows.filter(pk__in=self.distances)
            self.in_order = filterset.ordered(rows)

    def count(self) -> int:
        """Return how many were found."""
        return len(self.distances) if self.distances is not None else self.rows.order_by().count()

    __len__ = count

    def keys(self, part: slice) -> list[int]:
        """Return the keys of a part in order."""
        if self.by_distance:
            return list(self.distances or {})[part]
        return list(self.in_order.values_list("pk", flat=True)[part])

    def counted_keys(self, part: slice) -> tuple[int, list[int]]:
        """Return how many were found and the keys of a part, in one query where there are any."""
        if self.distances is not None:
            return len(self.distances), self.keys(part)
        rows = self.in_order.annotate(found_count=Window(Count("*"))).values_list("pk", "found_count")
        found = list(rows[part])
        return (found[0][1] if found else self.count()), [pk for pk, _count in found]

    def __getitem__(self, part: slice) -> list[reading.Card]:
        return self.cards(self.keys(part))

    def cards(self, pks: list[int]) -> list[reading.Card]:
        """Return the cards of these keys in their order."""
        found = reading.cards(Listing.objects.filter(pk__in=pks).order_by(), self.moment, self.distances)
        by_pk = {card.pk: card for card in found}
        return [by_pk[pk] for pk in pks if pk in by_pk]


class Listed:
    """What a list page shows of one question; nothing is asked of the database before somebody looks."""

    def __init__(
        self, request: HttpRequest, model: type[Listing], filterset_class: type[ListingFilter]
    ) -> None:
        self.request, self.model, self.filterset_class = request, model, filterset_class

    @cached_property
    def checked(self) -> tuple[Any, dict[str, Any]]:
        """Return the filter set without the values that cannot be read, and what is wrong with those."""
        rows = self.model.objects.published()
        query = self.request.GET
        # What is neither shown nor asked for says nothing and would only be built.
        whole: Any = self.filterset_class
        names = whole.base_filters.keys() & {*whole.shown_on_pages, *query}
        kind: Any = narrowed(whole, frozenset(names))
        filterset = kind(query, queryset=rows)
        if filterset.is_valid():
            return filterset, {}
        good = query.copy()
        for name in filterset.form.errors:
            good.pop(name, None)
        left = kind(good, queryset=rows)
        left.is_valid()
        return left, filterset.form.errors

    @cached_property
    def page(self) -> Any:
        """Return the page of cards."""
        found: Any = FoundCards(self.checked[0])
        return Paginator(found, PAGE_SIZE).get_page(self.request.GET.get("page"))

    @cached_property
    def form_key(self) -> str:
        """Return what the filter form depends on, the reader's place and language aside."""
        return f"{last_number()}:{self.request.get_full_path()}"

    def key(self) -> str:
        """Return what the page's content depends on beside that: what is open, which holds for a minute."""
        return f"{self.form_key}:{int(timezone.now().timestamp() // 60)}"


def listing_list(
    request: HttpRequest, model: type[Listing], filterset_class: type[ListingFilter]
) -> HttpResponse:
    """Show a kind's published listings, filtered; a value that cannot be read is left out and explained.

    The template keeps its content by `list_key`; on a hit neither form nor rows are touched.
    """
    listed = Listed(request, model, filterset_class)
    context: dict[str, Any] = {
        "model": model,
        "kind": model.kind_name,
        "plural": model.plural,
        "meta": model._meta,
        "list_key": listed.key(),
        "form_key": listed.form_key,
        "filter": SimpleLazyObject(lambda: listed.checked[0]),
        "filter_errors": SimpleLazyObject(lambda: listed.checked[1]),
        "page": SimpleLazyObject(lambda: listed.page),
        "cards": SimpleLazyObject(lambda: listed.page.object_list),
        "moment": lambda: listed.checked[0].moment,
        "card_partials": partial_names(model, "card"),
    }
    return render(request, template_names(model, "list"), context)


def find_card(model: type[Listing], public_id: str) -> reading.Card:
    """Return the card of a published listing; 404 for anything that the public does not see."""
    found = reading.cards(model.objects.published().filter(public_id=public_id), timezone.now())
    if not found:
        raise Http404
    return found[0]


def listing_detail(
    request: HttpRequest, model: type[Listing], public_id: str, page: str = "detail"
) -> HttpResponse:
    """Show one published listing; `page` is detail or print."""
    context = {
        "model": model,
        "kind": model.kind_name,
        "plural": model.plural,
        "meta": model._meta,
        "card": find_card(model, public_id),
        "moment": timezone.now(),
        "fact_partials": partial_names(model, "facts"),
    }
    return render(request, template_names(model, page), context)


def share(request: HttpRequest, model: type[Listing], public_id: str) -> FileResponse:
    """Return the poster of a published listing; made once for each change and language, then kept."""
    card = find_card(model, public_id)
    language = get_language() or settings.LANGUAGE_CODE
    folder, name = f"{POSTERS}/{public_id}", f"{card.change_number}-{language}.png"
    # Not among the public media: a poster must not outlive its listing.
    storage = storages["private"]
    try:
        response = FileResponse(storage.open(f"{folder}/{name}"), content_type="image/png")
    except FileNotFoundError:
        picture = share_picture(card.doc, hours_line(card.doc["hours"]), language)
        storage.save(f"{folder}/{name}", ContentFile(picture))
        for kept in storage.listdir(folder)[1]:
            # Another node may read a database that is ahead: only what is older goes.
            if int(kept.partition("-")[0]) < card.change_number:
                storage.delete(f"{folder}/{kept}")
        response = FileResponse(BytesIO(picture), content_type="image/png")
    response["Cache-Control"] = "public, max-age=60"
    return response


def preview(request: HttpRequest, model: type[Listing], public_id: str) -> HttpResponse:
    """Show staff the page as it would be, published or not; only to whom /admin/ is open, within their scope."""
    if not may_work_as_staff(request.user):
        raise Http404
    rows = model.objects.with_groups().visible_to(request.user)
    listing = get_object_or_404(rows, public_id=public_id)
    doc = orjson.loads(canonical(document(listing)))
    moment = timezone.now()
    card = reading.Card(
        listing.pk, doc, status_at(doc, current_calendar(), moment), listing.change_number or 0
    )
    context = {
        "model": model,
        "kind": model.kind_name,
        "plural": model.plural,
        "meta": model._meta,
        "card": card,
        "moment": moment,
        "is_preview": True,
        "fact_partials": partial_names(model, "facts"),
    }
    return render(request, template_names(model, "detail"), context)
