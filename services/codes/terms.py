"""What a courier agrees to: the purposes, what is kept, and how long. The page that asks shows these very lines.

How long each thing is really kept stands in `retention`; a test holds the two together.
"""

from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

#: A new text gets a new version; what was agreed to is kept with the holder.
VERSION = "2026-11"


class Line(NamedTuple):
    """One thing that is kept: what, what for, until when."""

    what: Any
    purpose: Any
    until: Any


#: What the code itself takes.
CODE = (
    Line(
        _("Your name"),
        _("A guard sees part of it, such as 李*明."),
        _("until you delete your code"),
    ),
    Line(
        _("Work type and platform"),
        _("The guard sees for whom you deliver."),
        _("until you delete your code"),
    ),
    Line(
        _("Your proof of work, when you send one"),
        _("Staff of the city check it."),
        _("deleted as soon as it is checked, after 30 days at the latest"),
    ),
    Line(
        _("Your photo, if you want one"),
        _("A guard who is online may see it for 10 seconds. No machine compares it."),
        _("until you take it away or delete your code"),
    ),
)

#: Passes tell where somebody was, so they are asked about apart.
LOCATION = (
    Line(
        _("Each time your code is checked: place, gate, time"),
        _("To settle what happened at a gate, and to show you your own passes."),
        _("180 days"),
    ),
    Line(
        _("Which pass is yours"),
        _("Only staff with a stated reason may look it up, and you see who looked."),
        _("30 days, longer only while a case is open"),
    ),
    Line(
        _("What a gate or you yourself report, and the messages about it"),
        _("To settle it between you, the property and the street office."),
        _("180 days, a measure 180 days after its end"),
    ),
)
