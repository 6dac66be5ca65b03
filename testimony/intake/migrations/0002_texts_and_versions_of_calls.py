"""The text of a call as it is written, and the versions that were frozen from it."""

import django.db.models.deletion
import functools
import testimony.intake.blocks
import testimony.intake.kinds
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('intake', '0001_initial'),
        ('vault', '0006_vouchers_and_pictures'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='call',
            options={'permissions': [('publish_call', 'Can publish the text of a call')], 'verbose_name': 'call', 'verbose_name_plural': 'calls'},
        ),
        migrations.CreateModel(
            name='CallText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='name for the team')),
                ('key', models.CharField(editable=False, max_length=40, unique=True)),
                ('languages', models.CharField(choices=[('en', 'English'), ('fr', 'French'), ('en,fr', 'English and French')], default='en,fr', max_length=5, verbose_name='languages')),
                ('title_en', models.CharField(blank=True, default=functools.partial(testimony.intake.kinds.words_at_first, *('title_en',), **{}), max_length=120, verbose_name='title in English')),
                ('title_fr', models.CharField(blank=True, default=functools.partial(testimony.intake.kinds.words_at_first, *('title_fr',), **{}), max_length=120, verbose_name='title in French')),
                ('introduction_en', models.TextField(blank=True, default=functools.partial(testimony.intake.kinds.words_at_first, *('introduction_en',), **{}), verbose_name='introduction in English')),
                ('introduction_fr', models.TextField(blank=True, default=functools.partial(testimony.intake.kinds.words_at_first, *('introduction_fr',), **{}), verbose_name='introduction in French')),
                ('duty_en', models.TextField(blank=True, default=functools.partial(testimony.intake.kinds.words_at_first, *('duty_en',), **{}), help_text='People read it before every page where they write in their own words.', verbose_name='duty to report, in English')),
                ('duty_fr', models.TextField(blank=True, default=functools.partial(testimony.intake.kinds.words_at_first, *('duty_fr',), **{}), help_text='People read it before every page where they write in their own words.', verbose_name='duty to report, in French')),
                ('steps', testimony.intake.blocks.WritingField([], blank=True, default=testimony.intake.blocks.complete_steps, verbose_name='steps')),
                ('support', testimony.intake.blocks.WritingField([], blank=True, default=testimony.intake.blocks.first_support, verbose_name='support')),
                ('next_steps', testimony.intake.blocks.WritingField([], blank=True, default=testimony.intake.blocks.first_next_steps, verbose_name='what happens next')),
                ('call', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='text', to='intake.call')),
            ],
            options={
                'verbose_name': 'text of a call',
                'verbose_name_plural': 'texts of calls',
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('languages__in', ['en', 'fr', 'en,fr'])), name='call_text_languages_known')],
            },
        ),
        migrations.CreateModel(
            name='CallVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('major', models.PositiveSmallIntegerField()),
                ('minor', models.PositiveSmallIntegerField()),
                ('state', models.CharField(choices=[('standing', 'published'), ('replaced', 'another text took its number')], default='standing', max_length=10)),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='intake.call')),
                ('definition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='vault.frozendefinition')),
            ],
            options={
                'ordering': ['-major', '-minor', '-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'standing')), fields=('call', 'major', 'minor'), name='one_standing_version_a_number'), models.CheckConstraint(condition=models.Q(('state__in', ['standing', 'replaced'])), name='call_version_state_known')],
            },
        ),
    ]
