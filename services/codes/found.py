"""The words that compounds are found by."""

import datetime as dt

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.listings.meanings import Meaning, Saying, Sort, kind_saying


def _ridden(moment: dt.datetime) -> Q:
    from services.codes.models import Gate

    return Q(pk__in=Gate.objects.ridden().order_by().values("compound_id"))


def sayings() -> tuple[Saying, ...]:
    """Return the everyday words of compounds and of riding in."""
    words = ("小区", "大门", "门岗", "出入口", "进门", "门", "compound", "gate", "entrance")
    kind = kind_saying("compound", _("compounds"), *words)
    riding = Meaning(Sort.OFFER, _("riding allowed"), _ridden)
    return (kind, Saying(("骑行", "骑车", "可骑行", "能骑车", "骑进去", "riding", "ride in"), riding))
