"""What a row looks like, for the schema only: rows are read from stored documents, never serialized one by one."""

from typing import Any, ClassVar

from rest_framework import serializers


class Schema(serializers.Serializer):
    """A description; it never touches data."""


def text(help_text: str = "", **kwargs: Any) -> serializers.CharField:
    """Describe a text."""
    return serializers.CharField(help_text=help_text, **kwargs)


def instant(help_text: str = "") -> serializers.DateTimeField:
    """Describe an instant or null."""
    return serializers.DateTimeField(help_text=help_text, allow_null=True)


def clock(help_text: str = "") -> serializers.CharField:
    """Describe a time of day "HH:MM" or null."""
    return serializers.CharField(help_text=help_text or 'Time of day, "10:30".', allow_null=True)


def yuan(help_text: str = "") -> serializers.CharField:
    """Describe yuan with two decimals, or null."""
    return serializers.CharField(
        help_text=f'{help_text} Yuan with two decimals, "10.00".'.strip(), allow_null=True
    )


def whole(help_text: str = "", *, null: bool = True) -> serializers.IntegerField:
    """Describe a whole number."""
    return serializers.IntegerField(help_text=help_text, allow_null=null)


#: What is said of a text by its writer.
SAID_EN = "English as staff wrote it, or by rule; empty where neither is there."
#: What is said of a name.
NAME_EN = "English by rule where the words are known, else pinyin."


class Coded(Schema):
    """A coded value with its label in Chinese and English."""

    code = text()
    zh = text()
    en = text()


class Position(Schema):
    """A position in degrees in the datum that it names."""

    lat = serializers.FloatField()
    lng = serializers.FloatField()
    datum = serializers.ChoiceField(choices=["wgs84", "gcj02", "bd09"])


class ListingPosition(Position):
    """A position and how exact it is."""

    accuracy = serializers.ChoiceField(choices=["exact", "approximate"])


class Pause(Schema):
    """Why a listing is paused, and until when if that is known."""

    reason = text()
    reason_en = text(SAID_EN)
    until = instant()


class PlannedPause(Pause):
    """A pause ahead. It holds from `starts_at` on, also while `state` does not say so yet."""

    starts_at = serializers.DateTimeField()


class Shut(Schema):
    """Shut for now although the hours say open."""

    reason = serializers.ChoiceField(choices=["sold_out", "out_of_service"])
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()


RULES = ["open", "all_day", "closed", "unknown"]


class WeeklyRow(Schema):
    """One interval of a weekday or day type; several a day are usual."""

    day = serializers.ChoiceField(
        choices=["mon", "tue", "wed", "thu", "fri", "sat", "sun", "workday", "rest_day", "holiday"]
    )
    rule = serializers.ChoiceField(choices=RULES)
    opens = clock()
    closes = clock("Earlier than `opens` means after midnight.")
    open_end = serializers.BooleanField(help_text="Until sold out: there is no end to rely on.")
    label = serializers.ChoiceField(  # type: ignore[assignment]
        choices=["", "breakfast", "lunch", "dinner", "night"]
    )


class ExceptionRow(Schema):
    """Dated hours that replace the week's; the shortest range that holds a date wins."""

    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    rule = serializers.ChoiceField(choices=RULES)
    opens = clock()
    closes = clock()
    open_end = serializers.BooleanField()
    reason = text()
    reason_en = text(SAID_EN)


class Hours(Schema):
    """Opening hours. Exception wins over holiday, holiday over workday or rest day, these over weekdays."""

    known = serializers.BooleanField()
    weekly = WeeklyRow(many=True)
    exceptions = ExceptionRow(many=True)


class Photo(Schema):
    """Paths of three sizes below the root document's `media`."""

    small = text()
    medium = text()
    large = text()
    width = whole(null=False)
    height = whole(null=False)
    alt = text()
    role = serializers.ChoiceField(choices=["picture", "building_map"])


class Confirmed(Schema):
    """Who last said that a group of facts is true."""

    at = serializers.DateTimeField()
    by = serializers.ChoiceField(choices=["office", "operator", "courier", "partner", "import", "clock"])


class ListingFacts(Schema):
    """What is stored of a listing of any kind, without what depends on the moment; each kind adds keys of its own."""

    example: ClassVar[dict[str, Any]] = {}

    schema = whole("Version of this form.", null=False)
    id = text("Public id, 10 characters; never changes.")
    kind = text()
    name = text()
    name_en = text("English name; pinyin where none was given.")
    pinyin = text()
    district = Coded(allow_null=True)
    street = Coded(allow_null=True)
    community = Coded(allow_null=True)
    address = text()
    address_en = text("In Latin letters, from the door outwards; made from `address` by rule.")
    position = ListingPosition(allow_null=True)
    phone = text()
    notice = text()
    notice_en = text(SAID_EN)
    state = serializers.ChoiceField(choices=["published", "paused"])
    pause = Pause(allow_null=True)
    planned_pauses = PlannedPause(many=True)  # type: ignore[assignment]
    shut = Shut(allow_null=True)
    hours = Hours()
    photos = Photo(many=True)
    drawing = text("Path of a drawing that informs where there is no photo.")
    confirmations = serializers.DictField(
        child=Confirmed(allow_null=True), help_text="The latest confirmation of each group of facts, or null."
    )
    provenance = text("Where the facts come from.")
    source = Coded(  # type: ignore[assignment]
        required=False, help_text="The partner's register that keeps the place; absent where an office does."
    )
    change_number = whole("Grows with every public change of any listing.", null=False)
    url = serializers.URLField(help_text="The page for people.")


class ListingDocument(ListingFacts):
    """A listing of any kind; each kind adds keys of its own."""

    open_now = serializers.BooleanField(
        allow_null=True, help_text="Open at the moment asked about; null when nobody knows."
    )
    hours_known = serializers.BooleanField()
    closes_at = instant("Within the next seven days, else null.")
    open_end = serializers.BooleanField(help_text="`closes_at` is only assumed: open until sold out.")
    opens_next_at = instant("Within the next seven days, else null.")
    calendar_confirmed = serializers.BooleanField(
        help_text="False: the year's holidays and adjusted workdays are not announced yet."
    )
    held = serializers.ChoiceField(choices=["", "paused", "shut"], help_text="What keeps it closed for now.")
    distance_m = serializers.IntegerField(
        required=False, help_text="Only with `near`: metres as the crow flies."
    )


class FieldProblem(Schema):
    """What is wrong with one parameter."""

    field = text()
    code = text()
    zh = text()
    en = text()


class ProblemDocument(Schema):
    """An error after RFC 9457."""

    type = text()
    title = text()
    status = whole(null=False)
    code = text()
    detail = text()
    zh = text()
    en = text()
    errors = FieldProblem(many=True)  # type: ignore[assignment]


#: What every kind's example shares: a real place with made-up hours would mislead.
EXAMPLE: dict[str, Any] = {
    "schema": 2,
    "id": "8KZ4Q0M2TN",
    "name": "示例点位",
    "name_en": "Example place",
    "pinyin": "Shili Dianwei",
    "district": {"code": "330102", "zh": "上城区", "en": "Shangcheng District"},
    "street": {"code": "330102013", "zh": "闸弄口街道", "en": "Zhanongkou Subdistrict"},
    "community": None,
    "address": "示例路 1 号",
    "address_en": "1 Shili Road",
    "position": {"lat": 30.285012, "lng": 120.190021, "datum": "wgs84", "accuracy": "exact"},
    "phone": "0571-12345",
    "notice": "",
    "notice_en": "",
    "state": "published",
    "pause": None,
    "planned_pauses": [
        {
            "starts_at": "2027-02-05T00:00:00+08:00",
            "until": "2027-02-13T00:00:00+08:00",
            "reason": "春节",
            "reason_en": "Spring Festival",
        }
    ],
    "shut": None,
    "hours": {
        "known": True,
        "weekly": [
            {
                "day": "workday",
                "rule": "open",
                "opens": "10:30",
                "closes": "13:30",
                "open_end": False,
                "label": "lunch",
            }
        ],
        "exceptions": [
            {
                "starts_on": "2026-10-01",
                "ends_on": "2026-10-07",
                "rule": "closed",
                "opens": None,
                "closes": None,
                "open_end": False,
                "reason": "国庆",
                "reason_en": "National Day",
            }
        ],
    },
    "photos": [],
    "drawing": "drawings/0a1b2c3d.svg",
    "confirmations": {"hours": {"at": "2026-11-20T09:00:00+08:00", "by": "office"}, "contact": None},
    "provenance": "",
    "open_now": True,
    "hours_known": True,
    "closes_at": "2026-11-23T13:30:00+08:00",
    "open_end": False,
    "opens_next_at": "2026-11-24T10:30:00+08:00",
    "calendar_confirmed": True,
    "held": "",
    "change_number": 4711,
    "url": "http://localhost:8000/canteens/8KZ4Q0M2TN/",
}
ListingDocument.example = {**EXAMPLE, "kind": "canteen"}

#: What depends on the moment, and so is in no feed.
OF_THE_MOMENT = frozenset(ListingDocument._declared_fields) - frozenset(ListingFacts._declared_fields)
ListingFacts.example = {
    name: value for name, value in ListingDocument.example.items() if name not in OF_THE_MOMENT
}
