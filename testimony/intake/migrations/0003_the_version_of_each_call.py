"""Every call that was published before there was a list of versions gets its first line."""

import json

from django.db import migrations


def note_versions(apps, schema_editor):
    Call = apps.get_model("intake", "Call")
    CallVersion = apps.get_model("intake", "CallVersion")
    for call in Call.objects.select_related("definition"):
        number = str(json.loads(bytes(call.definition.canonical))["version"])
        major, _dot, minor = number.partition(".")
        CallVersion.objects.create(
            call=call, definition_id=call.definition_id, major=int(major), minor=int(minor or 0)
        )


class Migration(migrations.Migration):
    dependencies = [("intake", "0002_texts_and_versions_of_calls")]

    operations = [migrations.RunPython(note_versions, migrations.RunPython.noop)]
