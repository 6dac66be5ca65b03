"""Beside each translation, a digest of the words that it says. Older ones have none."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('survey', '0008_editor_layout'),
    ]

    operations = [
        migrations.AddField(
            model_name='questionnaire',
            name='translated_from',
            field=models.JSONField(blank=True, default=dict, editable=False, help_text='For each translated sentence, a digest of the words that it says.', verbose_name='what was translated'),
        ),
    ]
