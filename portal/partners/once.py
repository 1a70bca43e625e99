"""Showing a secret once, on the page that follows the one that made it; until then a session keeps it sealed."""

from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from portal.notices.sealing import Unreadable, seal, unseal

NAME = "partners_unshown"


@sensitive_variables("text")
def keep_for_next_page(request: HttpRequest, about: str, text: str) -> None:
    """Keep a secret for the page about `about`; one that was never shown before it is lost."""
    request.session[NAME] = seal({"about": about, "text": text})


@sensitive_variables("carried")
def take_once(request: HttpRequest, about: str) -> str:
    """Return the secret that waits for the page about `about`, and forget it; "" when none does.

    Only a GET takes it: whoever asks for the head alone shows nothing.
    """
    sealed = request.session.get(NAME, "") if request.method == "GET" else ""
    try:
        carried = unseal(sealed) if sealed else {}
    except Unreadable:
        carried = {}
    if carried.get("about") != about:
        return ""
    del request.session[NAME]
    return carried["text"]
