"""Webhooks as those who keep them read them: where each stands, and what became of its messages."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation
from portal.partners.models import Nudge, NudgeTry, Webhook
from portal.partners.webhooks.keeping import MOST_WEBHOOKS
from portal.partners.webhooks.sending import FAILURES

#: So many messages a page shows, the newest first.
MOST_MESSAGES = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a webhook stands: a tone ("open", "soon", "stop", "quiet") and a word."""

    tone: str
    word: str


@dataclass(frozen=True, slots=True)
class ShownWebhook:
    """A webhook, where it stands, and when it was reached last."""

    webhook: Webhook
    standing: Standing
    reached_at: Any


@dataclass(frozen=True, slots=True)
class ShownTry:
    """One try, in words."""

    made_at: Any
    said: str
    milliseconds: int
    is_success: bool


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """One message with its tries, the newest first."""

    message: Nudge
    standing: Standing
    tries: list[ShownTry]


def with_standing(webhooks: QuerySet) -> QuerySet:
    """Return webhooks with what `standing_of` asks for."""
    changes = Nudge.objects.filter(webhook=OuterRef("pk"), kind=Nudge.Kind.CHANGES).order_by(
        "-made_at", "-pk"
    )
    reached = Nudge.objects.filter(webhook=OuterRef("pk"), state=Nudge.State.DELIVERED)
    return webhooks.annotate(
        last_state=Subquery(changes.values("state")[:1]),
        last_tries=Subquery(changes.values("try_count")[:1]),
        reached_at=Subquery(reached.order_by("-finished_at").values("finished_at")[:1]),
    )


def shown(webhooks: QuerySet) -> list[ShownWebhook]:
    """Return webhooks as lists and pages show them; one query."""
    rows: Any = with_standing(webhooks.select_related("organisation"))
    return [ShownWebhook(row, standing_of(row), row.reached_at) for row in rows]


def section(organisation: Organisation) -> dict[str, Any]:
    """Return what `partners/_webhooks.html` shows: the organisation's webhooks, and whether there may be another."""
    rows = shown(Webhook.objects.filter(organisation=organisation))
    return {"webhooks": rows, "may_add_webhook": len(rows) < MOST_WEBHOOKS}


def messages_of(webhook: Webhook) -> list[ShownMessage]:
    """Return a webhook's newest messages with their tries; two queries."""
    tries = Prefetch("tries", NudgeTry.objects.order_by("-made_at", "-pk"))
    rows = list(webhook.nudges.order_by("-made_at", "-pk").prefetch_related(tries)[:MOST_MESSAGES])
    for row in rows:
        row.webhook = webhook
    return [ShownMessage(row, standing_of_message(row), tries_of(row.tries.all())) for row in rows]


def tries_of(rows: Iterable[NudgeTry]) -> list[ShownTry]:
    """Return tries in words."""
    return [ShownTry(row.made_at, said(row), row.milliseconds, row.error == "") for row in rows]


def said(row: NudgeTry) -> str:
    """Return what came of a try: a status, a reason, or both."""
    why = str(FAILURES.get(row.error, row.error))
    if row.status is None:
        return why
    return f"HTTP {row.status} · {why}" if why else f"HTTP {row.status}"


def standing_of_message(row: Nudge) -> Standing:
    """Return where a message stands."""
    if row.state == Nudge.State.DELIVERED:
        return Standing("open", _("delivered"))
    if row.is_made_good:
        return Standing("quiet", _("given up, made good since"))
    if row.state == Nudge.State.DEAD:
        return Standing("stop", _("given up") if row.kind == Nudge.Kind.CHANGES else _("did not arrive"))
    return Standing("soon", _("is tried again")) if row.try_count else Standing("quiet", _("waits"))


def standing_of(row: Any) -> Standing:
    """Return where a webhook of `with_standing` stands."""
    if row.stopped_at is not None:
        return Standing("stop", _("stopped"))
    if row.last_state == Nudge.State.DEAD or (row.last_state == Nudge.State.WAITING and row.last_tries):
        return Standing("soon", _("not reached"))
    if row.reached_at is not None:
        return Standing("open", _("is reached"))
    return Standing("quiet", _("nothing sent yet"))
