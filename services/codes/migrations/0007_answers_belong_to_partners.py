from django.db import migrations


class Migration(migrations.Migration):
    """The table stays as it is: `partners.Answered` takes it over, and a node of the version before goes on using it."""

    dependencies = [("codes", "0006_what_care_needs")]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name="Answered")])
    ]
