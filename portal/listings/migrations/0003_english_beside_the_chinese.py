"""English that staff may write beside a notice and beside the reason of a pause."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two columns, empty for every row that is there."""

    dependencies: ClassVar = [("listings", "0001_listings_hours_history_and_trust")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="listing",
            name="notice_en",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Left empty, English pages show the Chinese notice.",
                max_length=300,
                verbose_name="short notice in English",
            ),
        ),
        migrations.AddField(
            model_name="listing",
            name="pause_reason_en",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=300,
                verbose_name="why paused, in English",
            ),
        ),
    ]
