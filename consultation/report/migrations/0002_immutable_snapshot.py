"""A frozen snapshot can't be changed, even by hand: a trigger refuses every update."""

from django.db import migrations

_SQLITE = """
CREATE TRIGGER report_snapshot_is_immutable BEFORE UPDATE ON report_snapshot
BEGIN SELECT RAISE(ABORT, 'a snapshot is never edited'); END
"""
_POSTGRESQL = """
CREATE FUNCTION report_refuse_update() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE integrity_constraint_violation USING MESSAGE = 'a snapshot is never edited'; END $$;
CREATE TRIGGER report_snapshot_is_immutable BEFORE UPDATE ON report_snapshot
FOR EACH ROW EXECUTE FUNCTION report_refuse_update()
"""


def forwards(apps, editor):
    editor.execute(_POSTGRESQL if editor.connection.vendor == "postgresql" else _SQLITE)


def backwards(apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP TRIGGER report_snapshot_is_immutable ON report_snapshot")
        editor.execute("DROP FUNCTION report_refuse_update()")
    else:
        editor.execute("DROP TRIGGER report_snapshot_is_immutable")


class Migration(migrations.Migration):
    dependencies = [("report", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]
