"""What addresses have in common that take rows from a partner: a key, JSON, POST only, one answer for each row."""

from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, serializers
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from portal.listings.api.documents import Schema, text, whole
from portal.listings.api.problems import Problem
from portal.listings.api.views import ApiView

MOST_ROWS = 1000
#: Bytes; a batch of full rows is a tenth of it.
LARGEST_BODY = 1_000_000


class ShallowJson(JSONParser):
    """JSON; what is nested deeper than Python can follow cannot be read, and is no fault of ours."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        """Return what was sent. Raise ParseError."""
        try:
            return super().parse(*args, **kwargs)
        except RecursionError:
            raise exceptions.ParseError from None


class WriteView(ApiView):
    """An address that takes POST with a JSON body, from keys with a scope (`permission_classes`)."""

    parser_classes: Any = [ShallowJson]
    http_method_names: Any = ["post"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Say of other methods that this address takes POST, and ask for a key before anything is read."""
        if request.method != "POST":
            raise Problem(405, "post_only", headers={"Allow": "POST"})
        super().initial(request, *args, **kwargs)
        if request.auth is None:
            raise exceptions.NotAuthenticated


def check_length(request: Request) -> None:
    """Raise Problem for a body that says it is too long, before it is read."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if length.isdecimal() and int(length[:20]) > LARGEST_BODY:
        raise Problem(413, "body_too_large")


def rows_of(request: Request, *, most: int = MOST_ROWS) -> list[Any]:
    """Return the list `rows` of a posted object. Raise Problem for anything else, for none and for too many."""
    body = request.data
    rows = body.get("rows") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        told = _("Send an object with a list “rows”.")
        raise Problem(400, "invalid_body", [("rows", "required", told)])
    if not 0 < len(rows) <= most:
        told = format_lazy(_("Send 1 to {most} rows at a time."), most=most)
        raise Problem(400, "invalid_body", [("rows", "too_many" if rows else "empty", told)])
    return rows


def whole_number(value: Any) -> int | None:
    """Return a JSON integer, which may be written 3.0; None for anything else, true and false included."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if type(value) is int else None


class RowAnswer(Schema):
    """What became of one row."""

    row = whole("Its place in the request, from 0.", null=False)
    outcome = serializers.ChoiceField(choices=["accepted", "refused"])
    code = text("Only when refused: why, for programs.", required=False)
    zh = text(required=False)
    en = text(required=False)


class RowAnswers(Schema):
    """An answer for each row, in order."""

    accepted = whole(null=False)
    refused = whole(null=False)
    results = RowAnswer(many=True)
