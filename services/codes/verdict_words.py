"""What people read of a verdict: one of three words, a sentence for the guard, one for the courier, one next step.

A suspended person's code reads as any revoked one: a guard never learns why.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from services.codes.xg1 import Verdict


class Word(models.TextChoices):
    """The word that stands large on a guard's screen."""

    GO = "go", _("Let in")
    WAIT = "wait", _("Please wait")
    NO = "no", _("Do not let in")


@dataclass(frozen=True, slots=True)
class Said:
    """What a verdict says: lazy messages, and whether showing the code again can help."""

    word: Word
    guard: Any
    courier: Any
    next: Any
    retry: bool


_SCAN_NEXT = _("Scan the next code.")
_SHOW_AGAIN = _("Ask for the code to be shown again, and scan once more.")
_MANUAL = _("If the code stays wrong, ask for the eight digits or decide yourself and say why.")
_OPEN_PAGE = _("Ask the courier to open “My code”; it says what to do.")
_SYNC = _("Connect this device to the network, wait for it to synchronise, and scan again.")

SAID: dict[Verdict, Said] = {
    Verdict.OK: Said(Word.GO, _("The code holds."), _("You may go in."), _SCAN_NEXT, retry=False),
    Verdict.OK_ALREADY_PASSED: Said(
        Word.WAIT,
        _("This code was let in a moment ago; nothing opens a second time."),
        _("You have just been let in; there is nothing more to do."),
        _SCAN_NEXT,
        retry=False,
    ),
    Verdict.OK_STALE_LIST: Said(
        Word.GO,
        _("The code holds, by a list that is no longer fresh."),
        _("You may go in."),
        _("Connect this device to the network when you can."),
        retry=False,
    ),
    Verdict.OK_UNSYNCED: Said(
        Word.GO,
        _("The code holds; whether it was taken back is not known here."),
        _("You may go in."),
        _("Connect this device to the network when you can."),
        retry=False,
    ),
    Verdict.STEP_EXPIRED: Said(
        Word.WAIT,
        _("This picture of the code is too old."),
        _("The code was too old when it was read. Show it live on the screen, not as a picture."),
        _SHOW_AGAIN,
        retry=True,
    ),
    Verdict.CLOCK_SKEW: Said(
        Word.WAIT,
        _("The courier's clock is ahead."),
        _("Your phone's clock is ahead. Let it set the time by itself, then show the code again."),
        _SHOW_AGAIN,
        retry=True,
    ),
    Verdict.CLOCK_UNTRUSTED: Said(
        Word.WAIT,
        _("This device's clock cannot be trusted."),
        _("The gate's clock is wrong. Please wait a moment."),
        _SYNC,
        retry=True,
    ),
    Verdict.CHALLENGE_REQUIRED: Said(
        Word.WAIT,
        _("Read out the digits on this screen."),
        _("Enter the digits that the gate shows, then show the code again."),
        _("Scan again once the courier has entered the digits."),
        retry=True,
    ),
    Verdict.CHALLENGE_MISMATCH: Said(
        Word.WAIT,
        _("The digits were not the right ones."),
        _("Those were not the gate's digits. Enter the new ones."),
        _("Read out the new digits and scan again."),
        retry=True,
    ),
    Verdict.WRONG_GATE: Said(
        Word.WAIT,
        _("This code was made for another gate."),
        _("This code is for another gate. Go back to “My code” and show it again."),
        _SHOW_AGAIN,
        retry=True,
    ),
    Verdict.REPLAYED: Said(
        Word.NO,
        _("This very code was used here already."),
        _("This code was used already. Wait for the next one, fifteen seconds at most."),
        _SHOW_AGAIN,
        retry=True,
    ),
    Verdict.CREDENTIAL_EXPIRED: Said(
        Word.NO,
        _("The code has run out."),
        _("Your code has run out. Connect to the network and open “My code”: it renews itself."),
        _OPEN_PAGE,
        retry=True,
    ),
    Verdict.REVOKED: Said(
        Word.NO,
        _("This code is not valid at the moment."),
        _("This code is not valid at the moment. Open “My code” to see why and what you can do."),
        _OPEN_PAGE,
        retry=False,
    ),
    Verdict.HOLDER_UNKNOWN: Said(
        Word.NO,
        _("This code is not known."),
        _("This code is not known. Open “My code” and get a new one."),
        _OPEN_PAGE,
        retry=False,
    ),
    Verdict.BAD_FORMAT: Said(
        Word.WAIT,
        _("This is not an identity code."),
        _("That was not an identity code. Open “My code”."),
        _("Ask for “My code”, and scan again."),
        retry=True,
    ),
    Verdict.UNSUPPORTED_VERSION: Said(
        Word.WAIT,
        _("This code is newer than this device's page."),
        _("The gate cannot read this new code yet. Ask for the eight digits."),
        _("Reload this page while online, and scan again."),
        retry=True,
    ),
    Verdict.UNKNOWN_ISSUER: Said(
        Word.WAIT,
        _("The key that signed this code is not known here yet."),
        _("The gate must synchronise first. Please wait a moment."),
        _SYNC,
        retry=True,
    ),
    Verdict.BAD_ISSUER_SIGNATURE: Said(
        Word.NO,
        _("This code was not issued by the portal."),
        _("This code was not issued by the portal. Open “My code”."),
        _MANUAL,
        retry=False,
    ),
    Verdict.BAD_DEVICE_SIGNATURE: Said(
        Word.NO,
        _("This code was not shown by the phone it belongs to."),
        _("This code does not belong to this phone. Open “My code” on your own phone."),
        _MANUAL,
        retry=False,
    ),
    Verdict.GATE_RULE: Said(
        Word.NO,
        _("Couriers do not enter at this gate."),
        _("Couriers do not enter at this gate. The compound's card says which one is yours."),
        _("Show the courier the way to the right gate."),
        retry=False,
    ),
    Verdict.GATE_CLOSED: Said(
        Word.NO,
        _("This gate is closed at this hour."),
        _("This gate is closed at this hour. The compound's card says which one is open."),
        _("Show the courier the way to a gate that is open."),
        retry=False,
    ),
    Verdict.DEVICE_UNREGISTERED: Said(
        Word.NO,
        _("This device is not registered here, or no longer."),
        _("This gate's device cannot check codes now. Ask the guard."),
        _("Ask the property for a new link for this device."),
        retry=False,
    ),
    Verdict.RATE_LIMITED: Said(
        Word.WAIT,
        _("There were too many wrong tries with this code."),
        _("There were too many wrong tries. Please wait a minute."),
        _("Wait a minute, then scan again."),
        retry=True,
    ),
    Verdict.MANUAL_OVERRIDE: Said(
        Word.GO,
        _("Let in by the guard's own decision."),
        _("The guard let you in."),
        _SCAN_NEXT,
        retry=False,
    ),
    Verdict.ANNULLED: Said(
        Word.NO,
        _("This pass was taken back."),
        _("This pass was taken back by the gate."),
        _SCAN_NEXT,
        retry=False,
    ),
    Verdict.CONFLICT: Said(
        Word.WAIT,
        _("The same code was used at another gate; somebody will look at it."),
        _("This code was used at two gates. Somebody will look at it; it does not count against you."),
        _SCAN_NEXT,
        retry=False,
    ),
}


@cache
def words() -> dict[str, dict[str, Any]]:
    """Return every verdict's words as pages are given them: {word, title, guard, courier, next} and `retry`.

    `word` is go, wait or no; the texts are {"zh", "en"}. The same for everybody: treat it as read-only.
    """
    return {
        verdict.value: {
            "word": said.word.value,
            "title": _both(said.word.label),
            "guard": _both(said.guard),
            "courier": _both(said.courier),
            "next": _both(said.next),
            "retry": said.retry,
        }
        for verdict, said in SAID.items()
    }


def _both(message: Any) -> dict[str, str]:
    texts = {}
    for key, language in (("zh", "zh-hans"), ("en", "en")):
        with override(language):
            texts[key] = str(message)
    return texts
