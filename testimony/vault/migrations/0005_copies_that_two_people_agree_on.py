"""Requests for a copy to take out, and the right to ask for one or approve it."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vault", "0004_every_epoch_expires")]
    operations = [
        migrations.AlterModelOptions(
            name="collection",
            options={
                "permissions": [
                    (
                        "unlock_collection",
                        "Can try to unlock a collection with keys of their own",
                    ),
                    ("tally_collection", "Can start a tally and see protected tables"),
                    ("hold_keys", "Can become a keyholder"),
                    ("read_testimony", "Can open a transcript under open keys"),
                    ("manage_collection", "Can make collections and hold key ceremonies"),
                    ("read_audit", "Can read the audit log"),
                    ("manage_retention", "Can set a legal hold and destroy what has expired"),
                    ("export_collection", "Can ask for or approve an export"),
                ],
                "verbose_name": "collection",
                "verbose_name_plural": "collections",
            },
        ),
        migrations.CreateModel(
            name="ExportRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("recipient", models.CharField(max_length=62)),
                ("reason", models.CharField(max_length=150)),
                (
                    "approved_with",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="exports_approved",
                        to="vault.unlockedkeys",
                    ),
                ),
                (
                    "asked_with",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exports_asked",
                        to="vault.unlockedkeys",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("asked_with",), name="one_export_asked_at_a_time"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("approved_with", models.F("asked_with")), _negated=True),
                        name="export_approved_with_other_keys",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("recipient__regex", "^age1[02-9ac-hj-np-z]{58}$")),
                        name="export_recipient_is_an_age_key",
                    ),
                ]
            },
        ),
    ]
