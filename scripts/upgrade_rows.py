"""Hand-made rows for the upgrade test: every table, every state, and texts that people really paste."""

import datetime as dt
from typing import Any

#: Rare characters, joined and coloured marks, both directions, quotes, backslashes, a line break.
ODD = "𠮷野家🍜é e\u0301 עברית «“'\"\\ %s {x} \u200b末\u3000端\n二行"
DIGEST = "5e" * 32


def add_rows(moment: dt.datetime) -> None:
    """Add rows to every table that the demo city leaves empty, and listings in every state."""
    from portal.accounts.models import User

    clerk = User.objects.get(phone="+8613800000002")
    _people(clerk, moment)
    _keys(moment)
    _listings(clerk, moment)
    _history(clerk, moment)
    _cards()
    _nicknames()


def _people(clerk: Any, moment: dt.datetime) -> None:
    from allauth.account.models import EmailAddress, EmailConfirmation
    from allauth.mfa.models import Authenticator
    from django.contrib.admin.models import LogEntry
    from django.contrib.contenttypes.models import ContentType

    from portal.accounts.models import Courier, LoginLink, Organisation, Post, User

    nobody = User.objects.create_user(None, name=f"无号{ODD[:6]}", email="nobody@portal.example")
    Courier.objects.create(user=nobody, work_type="ride_hailing")
    address = EmailAddress.objects.create(user=nobody, email=nobody.email, verified=False, primary=True)
    EmailConfirmation.objects.create(email_address=address, key="k" * 40, sent=moment)
    Authenticator.objects.create(user=clerk, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
    Authenticator.objects.create(user=clerk, type="recovery_codes", data={"seed": "0" * 40, "used_mask": 5})
    for number, used_at in enumerate((None, moment)):
        LoginLink.objects.create(
            user=clerk, digest=f"{number}" * 64, expires_at=moment + dt.timedelta(minutes=5), used_at=used_at
        )
    LogEntry.objects.create(
        user=clerk,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(nobody.pk),
        object_repr=ODD[:200],
        action_flag=2,
        change_message='[{"changed": {"fields": ["name"]}}]',
        action_time=moment,
    )
    office = Organisation.objects.get(kind="street", area_code=clerk.posts.get().organisation.area_code)
    ended = clerk.posts.get()
    community = Organisation.objects.create(
        kind="community", name=f"康桥社区居委会{ODD[:4]}", area_code="330105010001", parent=office
    )
    Post.objects.create(
        user=clerk,
        organisation=community,
        group=ended.group,
        area_code="330105010001",
        starts_on=dt.date(2025, 1, 1),
        ends_on=dt.date(2025, 12, 31),
    )


def _keys(moment: dt.datetime) -> None:
    from portal.accounts.models import Organisation
    from portal.partners.models import ApiKey

    platform = Organisation.objects.filter(kind="platform").order_by("pk")[0]
    for number, (name, area, ends) in enumerate(
        [("镜像", "", None), (ODD[:40], "330105", moment + dt.timedelta(days=90)), ("已停用", "", moment)]
    ):
        ApiKey.objects.create(
            organisation=platform,
            name=name,
            prefix=f"{number:012x}",
            digest=f"{number}a" * 32,
            scopes=["listings:read"],
            sources=["amap", "自有"],
            area_code=area,
            expires_at=ends,
            revoked_at=moment if name == "已停用" else None,
            last_used_at=moment,
        )


def _listings(clerk: Any, moment: dt.datetime) -> None:
    """Put one canteen into each state, one of them out of an import, and one shut for now."""
    from canteens.models import Canteen
    from portal.listings import confirming, revising, states

    paths: list[tuple[str, list[str]]] = [
        ("draft", []),
        ("in_review", ["in_review"]),
        ("published", ["published"]),
        ("paused", ["published", "paused"]),
        ("archived", ["published", "archived"]),
    ]
    for number, (state, steps) in enumerate(paths):
        changes = {
            "name": f"{state} {ODD[:30]}".replace("\n", " "),
            "district": "330105",
            "street": "330105010",
            "address": f"测试路{number}号'\\",
            "lat": 30.3461 + number / 1000,
            "lng": 120.1602,
            "notice": ODD[:60],
            "photos": {"photos": [_photo(number)]},
            "hours": {"weekly_hours": [_row(day) for day in ("mon", "workday")], "hours_exceptions": []},
            "meals": {"set_meals": [_meal()]},
        }
        listing = revising.create(
            model=Canteen,
            changes=changes,
            actor=clerk,
            channel="import",
            public_id=f"CARRY0000{number}",
            source="旧表",
            external_id=f"甲-{number}",
        )
        for step in steps:
            reason, until = ("装修 🔧", moment + dt.timedelta(days=30)) if step == "paused" else ("", None)
            states.move(listing=listing, to=step, actor=clerk, reason=reason, until=until)
        if state == "published":
            states.shut(listing=listing, reason="sold_out", until=moment + dt.timedelta(hours=3), actor=clerk)
            confirming.confirm(listing=listing, fact_groups=["hours", "contact"], actor=clerk, at=moment)


def _photo(number: int) -> dict[str, Any]:
    return {
        "role": "picture",
        "digest": DIGEST,
        "width": 1280,
        "height": 960,
        "alt": ODD[:40],
        "position": number,
    }


def _row(day: str) -> dict[str, Any]:
    return {
        "day": day,
        "rule": "open",
        "opens": "22:00",
        "closes": "02:00",
        "is_open_end": False,
        "label": "night",
    }


def _meal() -> dict[str, Any]:
    return {
        "name": "一荤两素",
        "dishes": ODD[:50],
        "meat_count": 1,
        "vegetable_count": 2,
        "courier_price_yuan": "9.90",
        "normal_price_yuan": "15.50",
        "portions": None,
        "label": "",
    }


def _history(clerk: Any, moment: dt.datetime) -> None:
    """Leave a proposal in each outcome."""
    from portal.listings.models import Listing, Proposal

    listing = Listing.objects.get(public_id="CARRY00002")
    for outcome in Proposal.Outcome.values:
        decided = {} if outcome == "waiting" else {"decided_at": moment, "decided_by_label": "城市管理员"}
        Proposal.objects.create(
            listing=listing,
            base_number=1,
            changes={"notice": ODD[:80], "photos": {"photos": [_photo(9)]}},
            made_at=moment,
            actor_id=clerk.pk,
            actor_label=str(clerk),
            channel="operator",
            outcome=outcome,
            reason="写得更清楚些 ✍" if outcome == "refused" else "",
            **decided,
        )


def _cards() -> None:
    from portal.pages.models import RightsCard

    RightsCard.objects.create(
        slug="odd-marks",
        title_zh=ODD[:20],
        title_en="Odd marks “'\"",
        body_zh=f"{ODD}\r\n\r\n第二段",
        body_en=ODD,
        phone="+86 0571-12345",
        link="https://portal.example/权益?a=1&b=%20",
        is_published=False,
    )


def _nicknames() -> None:
    from portal.regions.models import Nickname

    Nickname.objects.create(name="城北🏙", district_id="330105")
    Nickname.objects.create(name="康桥老街", district_id="330105", street_id="330105010", is_used=False)
