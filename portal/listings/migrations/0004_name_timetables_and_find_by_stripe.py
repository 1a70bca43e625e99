"""Places with the same hours share a timetable, and an index by stripe finds what is near.

The interval table is worked out from the hours. It is begun anew, either way: until the clock's next run every listing
counts as lagging behind, so that lists ask the one function instead of the table.
"""

import datetime as dt
from typing import Any

import portal.listings.stripes
from django.db import migrations, models
from django.utils import timezone

LONG_AGO = dt.date(2000, 1, 1)


def let_the_clock_rebuild(apps: Any, schema_editor: Any) -> None:
    """Mark every listing that has intervals as lagging, and due."""
    rows = apps.get_model("listings", "Listing").objects.filter(intervals_until__isnull=False)
    rows.update(intervals_until=LONG_AGO)
    rows.filter(state__in=["published", "paused"]).update(next_change_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("listings", "0003_english_beside_the_chinese")]

    operations = [
        # Last in either direction: PostgreSQL makes no index while rows of the transaction wait for their checks.
        migrations.RunPython(migrations.RunPython.noop, let_the_clock_rebuild),
        migrations.DeleteModel("OpenInterval"),
        migrations.CreateModel(
            name="OpenInterval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("timetable", models.CharField(max_length=30)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["starts_at", "ends_at", "timetable"], name="open_interval_by_time"),
                    models.Index(fields=["timetable"], name="open_interval_by_timetable"),
                ]
            },
        ),
        migrations.AddField(
            "listing",
            "timetable",
            models.CharField(db_default="", default="", editable=False, max_length=30),
        ),
        migrations.RemoveIndex("listing", "listing_kind_position"),
        migrations.RemoveIndex("listing", "listing_position"),
        migrations.AddIndex(
            "listing",
            models.Index(
                portal.listings.stripes.Stripe("lat"),
                *("lng", "lat", "kind", "state", "timetable", "paused_until", "shut_at", "shut_until", "id"),
                name="listing_position",
            ),
        ),
        migrations.RunPython(let_the_clock_rebuild, migrations.RunPython.noop),
    ]
