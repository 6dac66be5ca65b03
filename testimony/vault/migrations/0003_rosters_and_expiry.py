"""Fill what the keyring knows already: who is on each roster, and when each epoch expires."""

from django.db import migrations

from testimony.vault import calendar


def forwards(apps, editor):
    Epoch = apps.get_model("vault", "Epoch")
    Custody = apps.get_model("vault", "Custody")
    EpochGrant = apps.get_model("vault", "EpochGrant")
    for epoch in Epoch.objects.select_related("collection"):
        epoch.expires = calendar.expiry_of(
            epoch.month,
            keep_months=epoch.collection.keep_months,
            at_latest=epoch.collection.destruction_date,
        )
        epoch.save(update_fields=["expires"])
        for name in ("Record", "PendingRecord"):
            apps.get_model("vault", name).objects.filter(
                collection_id=epoch.collection_id, month=epoch.month
            ).update(expires=epoch.expires)
    pairs = EpochGrant.objects.values_list(
        "epoch__collection_id", "keyholder_id", "recovery_key_id"
    ).distinct()
    for collection_id, keyholder_id, recovery_key_id in pairs:
        Custody.objects.get_or_create(
            collection_id=collection_id,
            keyholder_id=keyholder_id,
            recovery_key_id=recovery_key_id,
        )


class Migration(migrations.Migration):
    dependencies = [("vault", "0002_keys_that_people_hold")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
