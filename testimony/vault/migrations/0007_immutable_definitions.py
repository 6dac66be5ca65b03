"""A frozen definition can't be changed, even by hand: a trigger refuses every update."""

from django.db import migrations

_SQLITE = """
CREATE TRIGGER vault_definition_is_immutable BEFORE UPDATE ON vault_frozendefinition
BEGIN SELECT RAISE(ABORT, 'a frozen definition is never edited'); END
"""
_POSTGRESQL = """
CREATE FUNCTION vault_refuse_update() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE integrity_constraint_violation
USING MESSAGE = 'a frozen definition is never edited'; END $$;
CREATE TRIGGER vault_definition_is_immutable BEFORE UPDATE ON vault_frozendefinition
FOR EACH ROW EXECUTE FUNCTION vault_refuse_update()
"""


def forwards(apps, editor):
    editor.execute(_POSTGRESQL if editor.connection.vendor == "postgresql" else _SQLITE)


def backwards(apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP TRIGGER vault_definition_is_immutable ON vault_frozendefinition")
        editor.execute("DROP FUNCTION vault_refuse_update()")
    else:
        editor.execute("DROP TRIGGER vault_definition_is_immutable")


class Migration(migrations.Migration):
    dependencies = [("vault", "0006_vouchers_and_pictures")]
    operations = [migrations.RunPython(forwards, backwards)]
