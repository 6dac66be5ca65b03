"""Note the day of each tally, and empty all but the newest of a source. Emptied stays emptied."""

import datetime as dt

from django.db import migrations


def forwards(apps, editor):
    runs = apps.get_model("survey", "TallyRun").objects
    kept = set()
    for run in runs.order_by("-created_at", "-pk"):
        source = (run.collection_id, run.definition_id)
        if source in kept or run.state != "done":
            run.tables = {}
        elif run.tables:
            kept.add(source)
        run.created_on = run.created_at.date()
        run.save(update_fields=["tables", "created_on"])


def backwards(apps, editor):
    for run in apps.get_model("survey", "TallyRun").objects.all():
        run.created_at = dt.datetime.combine(run.created_on, dt.time.min, dt.timezone.utc)
        run.save(update_fields=["created_at"])


class Migration(migrations.Migration):
    dependencies = [("survey", "0002_the_day_of_a_tally")]
    operations = [migrations.RunPython(forwards, backwards)]
