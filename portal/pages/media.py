"""Public media on one box; a city puts its web server or a bucket in front."""

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import storages
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

#: Names carry the hash of the content, so that a copy never grows old.
FOREVER = "public, max-age=31536000, immutable"
TYPES = {".webp": "image/webp", ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}


@require_safe
def public_media(request: HttpRequest, path: str) -> FileResponse:
    """Serve a file of the public storage, for ever the same; anything that is not a picture is not there."""
    storage = storages["public"]
    kind = TYPES.get("." + path.rpartition(".")[2].lower())
    try:
        if kind is None or not storage.exists(path):
            raise Http404
        response = FileResponse(storage.open(path, "rb"), content_type=kind)
    except (SuspiciousFileOperation, OSError, ValueError) as error:
        raise Http404 from error
    response["Cache-Control"] = FOREVER
    response["X-Content-Type-Options"] = "nosniff"
    response.is_language_neutral = True  # type: ignore[attr-defined]
    if kind == "image/svg+xml":
        response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        response._csp_exempt = True  # type: ignore[attr-defined]
    return response
