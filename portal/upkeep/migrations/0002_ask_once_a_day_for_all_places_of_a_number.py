"""Let one link cover all places of a number. Links were never made before this, so none is lost by giving them a day."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('listings', '0007_find_what_was_just_confirmed'),
        ('upkeep', '0001_corrections_links_and_reminders'),
    ]

    operations = [
        migrations.CreateModel(
            name='OperatorAsk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fact_groups', models.JSONField(verbose_name='facts')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='when')),
                ('made_by_label', models.CharField(blank=True, max_length=80, verbose_name='who')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='answered')),
                ('answers', models.JSONField(default=dict)),
                ('link', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='asks', to='upkeep.operatorlink')),
                ('listing', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='operator_asks', to='listings.listing')),
            ],
            options={
                'verbose_name': 'question to an operator',
                'verbose_name_plural': 'questions to operators',
                'ordering': ['pk'],
                'default_permissions': (),
                'indexes': [models.Index(fields=['listing', '-made_at'], name='operator_ask_of_listing')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('link', None), _negated=True), fields=('link', 'listing'), name='operator_ask_once_a_link')],
            },
        ),
        migrations.RemoveIndex(model_name='operatorlink', name='operator_link_of_listing'),
        migrations.RemoveField(model_name='operatorlink', name='answers'),
        migrations.RemoveField(model_name='operatorlink', name='fact_groups'),
        migrations.RemoveField(model_name='operatorlink', name='listing'),
        migrations.RemoveField(model_name='operatorlink', name='used_at'),
        migrations.AddField(
            model_name='operatorlink',
            name='day',
            field=models.DateField(default=django.utils.timezone.localdate, verbose_name='day'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='operatorlink',
            name='number_key',
            field=models.CharField(default='', max_length=64),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name='operatorlink',
            constraint=models.UniqueConstraint(fields=('number_key', 'day'), name='operator_link_one_a_day'),
        ),
        migrations.AddField(
            model_name='operatorcontact',
            name='is_asked_weekly',
            field=models.BooleanField(default=True, verbose_name='ask once a week by text what is overdue'),
        ),
    ]
