

import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('regions', '0001_administrative_levels'),
    ]

    operations = [
        migrations.CreateModel(
            name='Nickname',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=30, verbose_name='nickname')),
                ('area_code', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Coalesce('street', 'district'), output_field=models.CharField(max_length=12), verbose_name='area')),
                ('is_used', models.BooleanField(default=True, verbose_name='in use')),
                ('district', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='nicknames', to='regions.district', verbose_name='district')),
                ('street', models.ForeignKey(blank=True, help_text='Left empty, the name stands for the whole district.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='nicknames', to='regions.street', verbose_name='street')),
            ],
            options={
                'verbose_name': 'nickname of an area',
                'verbose_name_plural': 'nicknames of areas',
                'ordering': ('name', 'area_code'),
                'constraints': [models.UniqueConstraint(fields=('name', 'street'), name='nickname_once_a_street', violation_error_message='This area has that nickname already.'), models.UniqueConstraint(condition=models.Q(('street', None)), fields=('name', 'district'), name='nickname_once_a_district', violation_error_message='This area has that nickname already.'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='nickname_not_empty', violation_error_message='Write the nickname.')],
            },
        ),
    ]
