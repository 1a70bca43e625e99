"""The words for riding at certain hours; no row changes."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Only what the choice is called."""

    dependencies: ClassVar = [("codes", "0001_compounds_with_gates")]

    operations: ClassVar = [
        migrations.AlterField(
            model_name="gate",
            name="riding",
            field=models.CharField(
                choices=[
                    ("unknown", "riding: not known"),
                    ("always", "riding allowed"),
                    ("by_hour", "riding at set hours"),
                    ("never", "on foot only"),
                ],
                default="unknown",
                max_length=8,
                verbose_name="riding",
            ),
        ),
    ]
