"""Compressing answers: pages and the API, not files, which are pictures."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class TextCompression(GZipMiddleware):
    """Django's compression, whose random padding answers BREACH; tags become weak, and weak ones are compared alike."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress an answer unless it is streamed from a file."""
        return response if response.streaming else super().process_response(request, response)
