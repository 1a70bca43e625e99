"""The language in an address: `?lang=zh` and `?lang=en`, so that a shared link opens as its sender saw it."""

from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation.trans_real import get_supported_language_variant

PARAMETER = "lang"
#: The portal's languages as addresses and documents write them.
SHORT = {code: code.partition("-")[0] for code, _name in settings.LANGUAGES}


def language_of(query: str) -> tuple[str, str]:
    """Return the language that a raw query string names, "" for none, and the query without it.

    The first known value counts; what no language of the portal is, is dropped like any unknown key.
    """
    kept, found = [], ""
    for piece in query.split("&"):
        name, _equals, value = piece.partition("=")
        if name != PARAMETER:
            kept.append(piece)
        elif not found:
            found = _known(value)
    return found, "&".join(kept)


def _known(value: str) -> str:
    try:
        return get_supported_language_variant(value)
    except (LookupError, ValueError):
        return ""


def in_language(address: str, language: str | None = None) -> str:
    """Return an address with the language in it, the active one unless another is named."""
    parts = urlsplit(address)
    code = SHORT.get(language or get_language() or "", SHORT[settings.LANGUAGE_CODE])
    query = "&".join(filter(None, [language_of(parts.query)[1], f"{PARAMETER}={code}"]))
    return urlunsplit(parts._replace(query=query))
