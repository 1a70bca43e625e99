"""What all generated places have in common: where they lie, in which state they are and who confirmed what."""

import datetime as dt
import random
from dataclasses import dataclass
from typing import Any

from portal.listings.bulk import NewListing
from portal.listings.models import Channel, FactGroup, Listing
from portal.listings.models.listing import CROCKFORD
from portal.listings.snapshots import Snapshot, to_json
from portal.pages.demo import names, positions
from portal.regions.models import Community, Street

SPREADS_M = {"330127": 1500.0, "330182": 1500.0, "330122": 1500.0, "330112": 1200.0, "330111": 1200.0}
OFTEN = (Channel.OFFICE, Channel.OFFICE, Channel.OPERATOR, Channel.COURIER, Channel.PARTNER)


@dataclass(slots=True)
class Maker:
    """What the makers of each kind draw from: randomness, names and the moment of loading."""

    rng: random.Random
    namer: names.Namer
    now: dt.datetime

    def public_id(self) -> str:
        """Return a number that the seed decides."""
        return "".join(self.rng.choices(CROCKFORD, k=10))

    def ago(self, least_hours: float, most_hours: float) -> dt.datetime:
        """Return a past moment to the minute."""
        moment = self.now - dt.timedelta(hours=self.rng.uniform(least_hours, most_hours))
        return moment.replace(second=0, microsecond=0)

    def base(self, kind: str, street: Street, community: Community | None, noun: str = "") -> Snapshot:
        """Return the fields that every kind has; `noun` decides what the name ends with."""
        name, name_en = self.namer.name(kind, community.name if community else street.name, noun)
        lat, lng = positions.place(self.rng, street.code, SPREADS_M.get(street.district_id, 700.0))
        return {
            "name": name,
            "name_en": name_en,
            "district": street.district_id,
            "street": street.code,
            "community": community.code if community else None,
            "address": names.address(self.rng, street.name, community.name if community else ""),
            "lat": lat,
            "lng": lng,
            "entered_datum": "wgs84",
            "accuracy": "approximate",
            "phone": names.phone(self.rng) if self.rng.random() < 0.8 else "",
            "provenance": names.PROVENANCE,
        }

    def confirmed(self, model: type[Listing], freshness: str) -> list[tuple[str, dt.datetime, str]]:
        """Return confirmations: "fresh" within every lifetime, "stale" beyond, "mixed", or "none"."""
        found = []
        for group in model.fact_groups:
            kind = self.rng.choice(("fresh", "fresh", "stale", "none")) if freshness == "mixed" else freshness
            short = group in (FactGroup.AVAILABILITY, FactGroup.AMENITIES)
            if kind == "fresh":
                found.append((str(group), self.ago(0.5, 20 if short else 150), str(self.rng.choice(OFTEN))))
            elif kind == "stale":
                found.append((str(group), self.ago(30 * 24, 90 * 24), str(self.rng.choice(OFTEN[:3]))))
        return found

    def finish(self, model: type[Listing], changes: Snapshot, role: str) -> NewListing:
        """Return the listing in a role: a state, or "fresh", "stale", "sold_out", "unplaced" (a draft)."""
        statuses: list[Snapshot] = []
        freshness = {"fresh": "fresh", "stale": "stale", "sold_out": "fresh"}.get(role, "mixed")
        if role == "unplaced":
            changes = {**changes, "lat": None, "lng": None}
        elif role == "in_review":
            statuses.append({"state": "in_review"})
        elif role != "draft":
            statuses.append({"state": "published"})
        if role == "paused":
            statuses.append(self._pause(model.kind_name))
        if role == "sold_out":
            statuses.append(self._shut(model.kind_name))
        if not statuses or role == "in_review":
            freshness = "none"
        return NewListing(
            model=model,
            changes=changes,
            extra={"public_id": self.public_id()},
            statuses=statuses,
            confirmations=self.confirmed(model, freshness),
        )

    def _pause(self, kind: str) -> Snapshot:
        reason = self.rng.choice(PAUSES[kind])
        ends = (self.now + dt.timedelta(days=self.rng.randrange(2, 20))).replace(
            minute=0, second=0, microsecond=0
        )
        until: Any = to_json(ends) if self.rng.random() < 0.7 else None
        return {"state": "paused", "pause_reason": reason, "paused_until": until}

    def _shut(self, kind: str) -> Snapshot:
        return {
            "shut_reason": "sold_out" if kind == "canteen" else "out_of_service",
            "shut_at": to_json(self.ago(0.2, 1.5)),
            "shut_until": to_json(
                (self.now + dt.timedelta(hours=self.rng.randrange(2, 6))).replace(
                    minute=0, second=0, microsecond=0
                )
            ),
        }


PAUSES = {
    "canteen": ("厨房检修", "经营者更换，暂停供应", "门店装修"),
    "station": ("设备检修", "场地装修", "线路改造，暂停开放"),
    "apartment": ("本期房源整修", "合同续签中"),
    "compound": ("东门改造，按物业现场指引通行", "道闸升级"),
}
