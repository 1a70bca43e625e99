"""Which language a page speaks: that of the address, then of the cookie, then of the browser, then Chinese."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

from portal.listings.languages import language_of

#: Interfaces for other systems: both languages stand in each answer.
NEUTRAL = ("/api/", "/hsds/")


class LanguageOfAddress(LocaleMiddleware):
    """Django's middleware, which asks cookie and browser; `lang` in the address comes first and is remembered.

    `lang` is taken out of the query: no filter, pager or link back has to know of it, and none carries it on.
    The API refuses it as it refuses all unknown parameters: its answers hold both languages and vary by none, like
    any answer that says `is_language_neutral`.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Set the language of the request."""
        request.language_of_address = ""  # type: ignore[attr-defined]
        if not request.path_info.startswith(NEUTRAL):
            found, query = language_of(request.META.get("QUERY_STRING", ""))
            request.language_of_address = found  # type: ignore[attr-defined]
            request.META["QUERY_STRING"] = query
            request.__dict__.pop("GET", None)
            if found:
                translation.activate(found)
                request.LANGUAGE_CODE = translation.get_language() or found
                return
        super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Name the language and what it was chosen by; keep one that came with the address of a page."""
        if getattr(response, "is_language_neutral", request.path_info.startswith(NEUTRAL)):
            return response
        response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        chosen = getattr(request, "language_of_address", "")
        if not chosen:
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
        elif is_page:
            # A page also shows the place and the look that cookies keep.
            patch_vary_headers(response, ("Cookie",))
            if request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) != chosen:
                self.remember(request, response, chosen)
        return response

    def remember(self, request: HttpRequest, response: HttpResponseBase, language: str) -> None:
        """Keep a language for the pages that follow."""
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            samesite="Lax",
            httponly=True,
            secure=request.is_secure(),
        )
