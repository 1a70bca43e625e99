"""What every address of the profile has in common: tags, pages in HSDS's own frame, streams."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import orjson
from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from portal.hsds.asking import PAGING, PER_PAGE, read
from portal.listings.api import conditional
from portal.listings.api.problems import Problem
from portal.listings.api.renderers import JsonRenderer, StreamRenderer
from portal.listings.api.streaming import in_pieces
from portal.listings.api.views import ApiView

#: The form of these answers, for tags: a copy of an older form is not a copy of this one.
FORM = "hsds-1"
NDJSON = StreamRenderer.of("ndjson", "application/x-ndjson")


class HsdsView(ApiView):
    """One answer, or 304 where the reader has it already."""

    parameters: ClassVar[tuple[str, ...]] = ()

    def answer(self, request: Request, **sought: str) -> HttpResponseBase:
        """Return the answer to GET."""
        moment = timezone.now()
        tag = conditional.tag_of(request, moment, FORM)
        if conditional.matches(request, tag):
            return conditional.mark(HttpResponseNotModified(), request, tag, moment)
        body = self.body(request, read(request, self.parameters), **sought)
        return conditional.mark(Response(body), request, tag, moment)

    def body(self, request: Request, asked: dict[str, Any], **sought: str) -> Any:
        """Return what is answered."""
        raise NotImplementedError


class HsdsList(HsdsView):
    """A page of items in HSDS's own frame, or all of them as a stream."""

    renderer_classes: Any = [JsonRenderer, NDJSON]

    def answer(self, request: Request, **sought: str) -> HttpResponseBase:
        """Return a page, or the stream."""
        if request.accepted_renderer.format != NDJSON.format:
            return super().answer(request, **sought)
        asked = read(request, tuple(name for name in self.parameters if name not in PAGING), without=PAGING)
        lines = (f"{orjson.dumps(item).decode()}\n" for item in self.everything(request, asked))
        response: HttpResponse | StreamingHttpResponse = StreamingHttpResponse(
            in_pieces(lines), content_type=NDJSON.media_type
        )
        response["Cache-Control"] = "no-store"
        response["X-Accel-Buffering"] = "no"
        return response

    def everything(self, request: Request, asked: dict[str, Any]) -> Iterator[Any]:
        """Yield every item, in memory that does not grow with them."""
        raise NotImplementedError


def part_of(asked: dict[str, Any]) -> slice:
    """Return the page that is asked for."""
    number, size = asked.get("page", 1), asked.get("per_page", PER_PAGE)
    return slice((number - 1) * size, number * size)


def framed(contents: list[Any], total: int, asked: dict[str, Any]) -> dict[str, Any]:
    """Return a page in HSDS's frame. Raise Problem for one past the end."""
    number, size = asked.get("page", 1), asked.get("per_page", PER_PAGE)
    pages = -(-total // size)
    if number > max(pages, 1):
        told = format_lazy(_("The last page is {number}."), number=max(pages, 1))
        raise Problem(404, "page_past_end", [("page", "past_end", told)])
    return {
        "total_items": total,
        "total_pages": pages,
        "page_number": number,
        "size": len(contents),
        "first_page": number == 1,
        "last_page": number >= pages,
        "empty": not contents,
        "contents": contents,
    }


def page_of(items: Iterable[Any], asked: dict[str, Any]) -> dict[str, Any]:
    """Return a page of items that are few enough to be at hand."""
    listed = list(items)
    return framed(listed[part_of(asked)], len(listed), asked)
