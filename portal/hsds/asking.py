"""The parameters of HSDS's own description, read strictly: what is unknown or cannot be read is a 400 that names it."""

import uuid
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from portal.hsds.identifiers import read as read_uuid
from portal.listings.api.problems import Problem, unknown_parameters
from portal.listings.api.schema import parameter
from portal.listings.api.streaming import SAID
from portal.listings.filters import MOST_LETTERS, InstantField

PER_PAGE, MOST_PER_PAGE = 50, 200


def whole(most: int | None) -> Callable[[str], int]:
    """Return a reader of whole numbers from 1 on."""

    def read_whole(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= (most or 10**9)):
            told: Any = _("Give a whole number from 1 on.")
            raise ValidationError(
                format_lazy(_("Give a whole number from 1 to {most}."), most=most) if most else told,
                code="invalid",
            )
        return int(text)

    return read_whole


def words(text: str) -> str:
    """Read words to search for."""
    if len(text) > MOST_LETTERS:
        told = format_lazy(_("Search for at most {number} characters."), number=MOST_LETTERS)
        raise ValidationError(told, code="max_length")
    return text


def instant(text: str) -> Any:
    """Read an instant."""
    found = InstantField(required=True).to_python(text)
    if found is None:
        raise ValidationError(_("Write the moment like 2026-11-23T12:30:00+08:00."), code="invalid")
    return found


def flag(text: str) -> bool:
    """Read true or false."""
    if text.lower() not in ("true", "false"):
        raise ValidationError(_("Say true or false."), code="invalid")
    return text.lower() == "true"


def identifier(text: str) -> uuid.UUID:
    """Read a UUID."""
    found = read_uuid(text)
    if found is None:
        raise ValidationError(_("This is not a UUID as this interface gives them."), code="invalid")
    return found


_WHOLE = {"type": "integer", "minimum": 1, "maximum": 999_999_999}
_UUID = {"type": "string", "format": "uuid"}
_FLAG = {"type": "boolean", "default": False}
#: Name → reader, JSON schema, and what it is for.
PARAMETERS: dict[str, tuple[Callable[[str], Any], dict[str, Any], str]] = {
    "page": (whole(None), {**_WHOLE, "default": 1}, "页码 · Page"),
    "per_page": (
        whole(MOST_PER_PAGE),
        {**_WHOLE, "maximum": MOST_PER_PAGE, "default": PER_PAGE},
        "每页条数 · Items a page",
    ),
    "search": (
        words,
        {"type": "string", "maxLength": MOST_LETTERS},
        "搜索词 · Words, as everywhere in the portal",
    ),
    "full": (flag, _FLAG, "完整内容 · With everything that belongs to each item"),
    "full_service": (flag, _FLAG, "完整服务 · With whole services"),
    "minimal": (flag, _FLAG, "仅编号与修改时间 · Only `id` and `last_modified`, all on one page"),
    "modified_after": (
        instant,
        {"type": "string", "format": "date-time"},
        "此时或之后修改 · Changed at that moment or later",
    ),
    "taxonomy_id": (identifier, _UUID, "分类体系 · With any term of this taxonomy"),
    "taxonomy_term_id": (identifier, _UUID, "类型 · With this term"),
    "organization_id": (identifier, _UUID, "机构 · Kept by this organization"),
    "parent_id": (identifier, _UUID, "上级 · Below this term"),
    "top_only": (flag, _FLAG, "仅顶级 · Only terms that stand below no other"),
}
PAGING = ("page", "per_page")
FORMAT = parameter(
    "format",
    {"type": "string", "enum": ["json", "ndjson"], "default": "json"},
    "格式 · `ndjson` streams everything, one item a line, without pages",
)


def described(*names: str) -> list[OpenApiParameter]:
    """Return the parameters as the schema shows them."""
    return [parameter(name, *PARAMETERS[name][1:]) for name in names]


def read(request: Request, names: tuple[str, ...], without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the values of what is asked by these names. Raise Problem naming everything that is wrong.

    `without` names what has no meaning in a stream.
    """
    query = request.query_params
    known = {*names, "format"}
    errors = unknown_parameters([name for name in query if name not in {*known, *without}], known)
    errors += [(name, "not_streamed", SAID) for name in without if name in query]
    found: dict[str, Any] = {}
    for name in names:
        if (text := query.get(name)) is None:
            continue
        try:
            found[name] = PARAMETERS[name][0](text)
        except ValidationError as error:
            errors.append((name, str(error.code or "invalid"), error.message))
    if errors:
        raise Problem(400, "invalid_query", errors)
    return found
