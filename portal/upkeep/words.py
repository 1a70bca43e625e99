"""The answers that are ready to send, in both languages: kept in Chinese, read in the reader's language."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from portal.upkeep.models import Correction

Kind, State = Correction.Kind, Correction.State
READY: dict[tuple[str, str], Any] = {
    (State.FIXED, Kind.CLOSED): _("Thank you. The page shows now that it is closed."),
    (State.FIXED, Kind.SOLD_OUT): _("Thank you. The page shows now that it is sold out."),
    (State.FIXED, Kind.WRONG_PRICE): _("Thank you. The price on the page is corrected."),
    (State.FIXED, Kind.NOT_HERE): _("Thank you. The page is corrected."),
    (State.FIXED, Kind.OTHER): _("Thank you. The page is corrected."),
}
NOT_SO = _("We asked there: it is right as the page says. Thank you for watching out.")
CANNOT_TELL = _("We could not find it out. Please call before you go; we will ask again.")


def ready(state: str, kind: str) -> Any:
    """Return the answer that is ready for an outcome, in the active language."""
    if state == State.FIXED:
        return READY[State.FIXED, kind]
    return NOT_SO if state == State.NOT_SO else CANNOT_TELL


def kept(sentence: Any) -> str:
    """Return a ready answer as it is kept."""
    with override("zh-hans"):
        return str(sentence)


def answer_of(correction: Correction) -> str:
    """Return a case's answer in the active language where it is one of the ready ones, else as it was written."""
    for sentence in (*READY.values(), NOT_SO, CANNOT_TELL):
        if kept(sentence) == correction.answer:
            return str(sentence)
    return correction.answer
