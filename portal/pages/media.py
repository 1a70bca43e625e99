"""Public media, from a folder or a bucket; a city puts its web server or the bucket's own host in front."""

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import storages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from portal.running.databases import RETRY_SECONDS
from portal.storage import FOREVER, StoreLost

TYPES = {".webp": "image/webp", ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}


@require_safe
def public_media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve a file of the public storage, for ever the same; anything that is not a picture is not there."""
    storage = storages["public"]
    kind = TYPES.get("." + path.rpartition(".")[2].lower())
    try:
        if kind is None:
            raise Http404
        response = FileResponse(storage.open(path, "rb"), content_type=kind)
    except StoreLost:
        return HttpResponse(status=503, headers={"Retry-After": RETRY_SECONDS, "Cache-Control": "no-store"})
    except (SuspiciousFileOperation, OSError, ValueError) as error:
        raise Http404 from error
    response["Cache-Control"] = FOREVER
    response["X-Content-Type-Options"] = "nosniff"
    response.is_language_neutral = True  # type: ignore[attr-defined]
    if kind == "image/svg+xml":
        response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        response._csp_exempt = True  # type: ignore[attr-defined]
    return response
