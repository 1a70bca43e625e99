"""The content security policy, written out once: to build it anew costs a tenth of a short answer."""

from typing import Any

from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

#: What the library's decorators leave on an answer whose policy is its own.
_OWN = ("_csp_config", "_csp_update", "_csp_replace", "_csp_exempt", "_csp_exempt_ro")


class KeptPolicy(CSPMiddleware):
    """Set the portal's policy from memory; where an answer, a nonce or a setting asks for another, build it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: tuple[Any, str] = (None, "")

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the header unless the answer has one."""
        policy = settings.CONTENT_SECURITY_POLICY
        excluded = tuple(policy.get("EXCLUDE_URL_PREFIXES", ()))
        is_usual = (
            response.status_code < 400
            and not any(hasattr(response, name) for name in _OWN)
            and getattr(request, "_csp_nonce", None) is None
            and getattr(settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY", None) is None
            and not request.path_info.startswith(excluded)
        )
        kept_for, text = self._kept
        if is_usual and kept_for is policy:
            if HEADER not in response:
                response[HEADER] = text
            request.csp_nonce = self._late()  # type: ignore[attr-defined]
            return response
        has_own = HEADER in response
        answer = super().process_response(request, response)
        if is_usual and not has_own:
            self._kept = (policy, answer[HEADER])
        return answer

    def _late(self) -> Any:
        """Return what tells a program that it asks for the nonce after the header was written."""
        return CheckableLazyObject(self._csp_nonce_post_response)
