"""Say on a listing's page what is wrong with it."""

from typing import Any

from django import template

from portal.listings.reading import Card
from portal.upkeep import saying

register = template.Library()


@register.simple_tag
def asked_about(card: Card) -> saying.Asked:
    """Return what a reader can say about the listing of a card: `{% asked_about card as asked %}`."""
    area = card.doc.get("community") or card.doc.get("street") or {}
    return saying.asked_about(card.pk, card.doc["id"], card.doc["kind"], area.get("code", ""))


@register.filter
def chosen(kind: Any) -> str:
    """Return the words in which somebody said what is wrong."""
    return str(saying.CHOICES[kind])
