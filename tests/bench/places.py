"""A million bare places over the city, one in a hundred of them open, with positions by a fixed rule."""

import datetime as dt

from django.db import connection
from django.utils import timezone

KIND = "bench"
TIMETABLES = 500


def fill(made: int, wanted: int) -> None:
    """Insert places number `made` + 1 to `wanted`; published, each with one of 500 timetables, five of them open now."""
    now = timezone.now()
    with connection.cursor() as cursor:
        if not made:
            _timetables(now)
        cursor.execute(
            "WITH RECURSIVE number(n) AS (SELECT %s UNION ALL SELECT n + 1 FROM number WHERE n < %s) "
            "INSERT INTO listings_listing (public_id, kind, name, name_en, district_id, street_id, address, lat, lng, "
            "entered_datum, accuracy, phone, notice, provenance, state, pause_reason, shut_reason, source, external_id, "
            "revision_number, search_text, document, document_hash, timetable, created_at) "
            "SELECT 'B' || n, %s, 'place', '', '330102', '330102013', '', "
            "29.9 + (CAST(n AS bigint) * 7919 %% 1000003) / 1000003.0 * 0.8, "
            "119.7 + (CAST(n AS bigint) * 104729 %% 1000033) / 1000033.0 * 0.9, "
            "'wgs84', 'exact', '', '', '', 'published', '', '', '', '', 1, '', '', '', 'bench-' || (n %% %s), %s "
            "FROM number",
            [made + 1, wanted, KIND, TIMETABLES, now],
        )
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _timetables(now: dt.datetime) -> None:
    """Store two weeks of two stretches a day for each timetable; one in a hundred is open now."""
    from portal.listings.models import OpenInterval

    hour, day = dt.timedelta(hours=1), dt.timedelta(days=1)
    OpenInterval.objects.bulk_create(
        (
            OpenInterval(timetable=f"bench-{number}", starts_at=starts_at, ends_at=starts_at + 4 * hour)
            for number in range(TIMETABLES)
            for offset in range(-1, 14)
            for shift in ((-2, 8) if number % 100 == 0 else (4, 10))
            for starts_at in [now + offset * day + shift * hour]
        ),
        batch_size=2_000,
    )
