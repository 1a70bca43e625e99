"""Answers in JSON with a tag: who has the same already gets a 304."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

from portal.listings.api.conditional import matches

TAG_LENGTH = 20


def tagged(
    request: HttpRequest, digest: str, make: Callable[[], bytes], *, cache_control: str
) -> HttpResponse:
    """Return the body that `make` makes, tagged by its digest; a 304, without making it, to who has it already."""
    tag = f'"{digest[:TAG_LENGTH]}"'
    answer: HttpResponse
    if matches(request, tag):
        answer = HttpResponseNotModified()
    else:
        answer = HttpResponse(make(), content_type="application/json")
    # Weak, since it stands for the body whichever way that is compressed.
    answer["ETag"] = f"W/{tag}"
    answer["Cache-Control"] = cache_control
    return answer
