"""The price that a map row or a share text shows."""

from typing import Any

from django.utils.translation import gettext as _

from portal.pages.wording import label


def leading_price(doc: dict[str, Any]) -> str:
    """Return the lowest price of a document in words, of rents one on each basis; "" for kinds that cost nothing."""
    if doc.get("lowest_price"):
        return _("%(amount)s yuan") % {"amount": doc["lowest_price"]}
    rents = [
        _("%(amount)s yuan a month per %(basis)s") % {"amount": rent["amount"], "basis": label(rent["basis"])}
        for rent in doc.get("rents_from", [])
    ]
    return " · ".join(rents)
