"""A published version can't be changed, even by hand: a trigger refuses it.

Its questionnaire may be deleted, which empties the one column that may change.
"""

from django.db import migrations

_CHANGED = " OR ".join(
    f"OLD.{column} <> NEW.{column}" for column in ("key", "major", "minor", "definition_id")
)
_SQLITE = f"""
CREATE TRIGGER survey_version_is_immutable BEFORE UPDATE ON survey_questionnaireversion
WHEN {_CHANGED}
BEGIN SELECT RAISE(ABORT, 'a published version is never edited'); END
"""
_POSTGRESQL = f"""
CREATE FUNCTION survey_refuse_update() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE integrity_constraint_violation
USING MESSAGE = 'a published version is never edited'; END $$;
CREATE TRIGGER survey_version_is_immutable BEFORE UPDATE ON survey_questionnaireversion
FOR EACH ROW WHEN ({_CHANGED}) EXECUTE FUNCTION survey_refuse_update()
"""


def forwards(apps, editor):
    editor.execute(_POSTGRESQL if editor.connection.vendor == "postgresql" else _SQLITE)


def backwards(apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP TRIGGER survey_version_is_immutable ON survey_questionnaireversion")
        editor.execute("DROP FUNCTION survey_refuse_update()")
    else:
        editor.execute("DROP TRIGGER survey_version_is_immutable")


class Migration(migrations.Migration):
    dependencies = [("survey", "0006_conditions_picked_from_lists")]
    operations = [migrations.RunPython(forwards, backwards)]
