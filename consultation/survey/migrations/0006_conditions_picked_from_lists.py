"""Conditions written as one key and one answer become a list of tests."""

import json

from django.db import migrations


def forwards(apps, editor):
    Questionnaire = apps.get_model("survey", "Questionnaire")
    table = editor.connection.ops.quote_name(Questionnaire._meta.db_table)
    with editor.connection.cursor() as cursor:
        cursor.execute(f"SELECT id, body FROM {table}")
        for pk, stored in cursor.fetchall():
            body = json.loads(stored) if isinstance(stored, str) else stored
            for section in body or []:
                for item in section["value"].get("questions") or []:
                    question = item["value"] if item.get("type") == "item" else item
                    _take_over(question)
            cursor.execute(f"UPDATE {table} SET body = %s WHERE id = %s", [json.dumps(body), pk])


def _take_over(question):
    key = question.pop("asked_when", "") or ""
    answer = question.pop("asked_when_answer", "") or ""
    question.setdefault("prefer_not", False)
    if key:
        test = {"question": key, "test": "any", "answers": answer, "number": None}
        question["when"] = {"match": "all", "tests": [test], "rule": ""}


class Migration(migrations.Migration):
    dependencies = [("survey", "0005_drafts_of_questionnaires")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
