"""My code, `/code/`: the page that shows it. What is on it comes from the phone and from `/code/state/`."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from portal.accounts.models import Courier
from services.codes import terms
from services.codes.models import Platform, Refusal
from services.codes.views.worker import FRAME_SHEETS, Shell

PAPER = "#faf5ec"


def fill() -> dict[str, Any]:
    """Return what the page knows of this city: platforms, kinds of work, what is agreed to, whose prints count."""
    return {
        "platforms": Platform.objects.all(),
        "work_types": Courier.WorkType.choices,
        "reasons": Refusal.Reason.choices,
        "terms": terms,
        "origins": " ".join(sorted({settings.PUBLIC_BASE_URL, settings.CODES_BASE_URL})),
    }


SHELL = Shell(
    "code",
    "codes/code/page.html",
    sheets=(*FRAME_SHEETS, "css/code.css"),
    modules=("js/code/main.js",),
    later=("zxing-wasm/zxing_reader.wasm",),
    fill=fill,
)


@require_safe
@cache_control(max_age=3600)
def manifest(request: HttpRequest, language: str) -> HttpResponse:
    """Return the manifest that puts the code itself on the home screen; the language is in the address."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with override(language):
        body = {
            "id": reverse("code"),
            "name": _("My code · Nuanxin"),
            "short_name": _("My code"),
            "lang": language,
            "start_url": reverse("code"),
            "scope": "/",
            "display": "standalone",
            "orientation": "portrait",
            "theme_color": PAPER,
            "background_color": PAPER,
            "icons": [
                {
                    "src": static(f"img/{name}-{size}.png"),
                    "sizes": f"{size}x{size}",
                    "type": "image/png",
                    "purpose": purpose,
                }
                for name, purpose in (("icon", "any"), ("icon-maskable", "maskable"))
                for size in (192, 512)
            ],
        }
    return JsonResponse(
        body, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False}
    )
