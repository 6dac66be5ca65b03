"""What the vault stores: collections, the keyring, sealed records, drafts, unlocking, audit.

Two halves that are backed up apart. The *keyring* (keyholders, epochs, grants, data keys,
receipt verifiers) opens nothing without a passphrase; the *content* (records) opens nothing
without the keyring. No foreign key joins a record to its data key, so that either half can be
restored, or destroyed, alone.

Never stored here: an address, a user agent, a time finer than a week, an order of arrival.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class VaultModel(models.Model):
    """Ground of every table here: no index of the site may note that a row came or went."""

    wagtail_reference_index_ignore = True

    class Meta:
        abstract = True


class Collection(VaultModel):
    """Everything one consultation gathers: its keys, its keyholders, its deadlines."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120, unique=True)
    run_by = models.CharField(
        _("run by"), max_length=120, help_text=_("The organisation, as workers know it.")
    )
    kept_where = models.CharField(
        _("kept where"),
        max_length=200,
        help_text=_("In plain words, such as: on a computer we rent in Canada."),
    )
    withdrawal_deadline = models.DateField(
        _("withdrawal deadline"),
        help_text=_("After this day, a paper already sent can't change."),
    )
    destruction_date = models.DateField(
        _("destruction date"),
        help_text=_("On this day, the keys and everything sealed to them are destroyed."),
    )

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        permissions = [
            ("unlock_collection", "Can try to unlock a collection"),
            ("tally_collection", "Can start a tally and see protected tables"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(destruction_date__gte=models.F("withdrawal_deadline")),
                name="destruction_not_before_withdrawal_deadline",
            )
        ]

    def __str__(self) -> str:
        return self.name


class FrozenDefinition(VaultModel):
    """The exact questions that records were answered under, by digest. Never changed."""

    digest = models.CharField(max_length=64, primary_key=True)
    canonical = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(digest__regex=r"^[0-9a-f]{64}$"), name="definition_digest_is_hex"
            )
        ]

    def __str__(self) -> str:
        return self.digest[:12]


class Keyholder(VaultModel):
    """A person who can unlock. Their private key is sealed under a passphrase kept nowhere."""

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        REMOVED = "removed", _("removed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="keyholder"
    )
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    suite = models.PositiveSmallIntegerField()
    public_key = models.BinaryField()
    salt = models.BinaryField()
    kdf_memory_kib = models.PositiveIntegerField()
    kdf_passes = models.PositiveSmallIntegerField()
    kdf_lanes = models.PositiveSmallIntegerField()
    sealed_private_key = models.BinaryField()
    recovery_salt = models.BinaryField(blank=True, default=b"")
    recovery_sealed_private_key = models.BinaryField(blank=True, default=b"")

    class Meta:
        verbose_name = _("keyholder")
        verbose_name_plural = _("keyholders")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["active", "removed"]), name="keyholder_state_known"
            )
        ]

    def __str__(self) -> str:
        return f"keyholder {self.id}"


class RecoveryKey(VaultModel):
    """The public half of a key made offline and split among people. The other half is not here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    suite = models.PositiveSmallIntegerField()
    public_key = models.BinaryField()
    fingerprint = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return f"recovery key {self.fingerprint[:12]}"


class Epoch(VaultModel):
    """One month's key pair of a collection. A removal starts another generation at once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="epochs")
    month = models.CharField(max_length=7)
    generation = models.PositiveSmallIntegerField(default=1)
    suite = models.PositiveSmallIntegerField()
    public_key = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "month", "generation"], name="one_epoch_a_generation"
            ),
            models.CheckConstraint(
                condition=models.Q(month__regex=r"^\d{4}-\d{2}$"), name="epoch_month_is_a_month"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month} ({self.generation})"


class EpochGrant(VaultModel):
    """An epoch's private key, sealed to one keyholder or to one recovery key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    epoch = models.ForeignKey(Epoch, on_delete=models.CASCADE, related_name="grants")
    keyholder = models.ForeignKey(
        Keyholder, on_delete=models.CASCADE, null=True, blank=True, related_name="grants"
    )
    recovery_key = models.ForeignKey(
        RecoveryKey, on_delete=models.CASCADE, null=True, blank=True, related_name="grants"
    )
    sealed_epoch_key = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["epoch", "keyholder"], name="one_grant_a_keyholder"),
            models.UniqueConstraint(fields=["epoch", "recovery_key"], name="one_grant_a_recovery"),
            models.CheckConstraint(
                condition=models.Q(keyholder__isnull=False, recovery_key__isnull=True)
                | models.Q(keyholder__isnull=True, recovery_key__isnull=False),
                name="granted_to_exactly_one",
            ),
        ]

    def __str__(self) -> str:
        return f"grant {self.id}"


class DataKey(VaultModel):
    """One record's key, sealed to its epoch. Deleting it destroys the record everywhere."""

    record_id = models.UUIDField(primary_key=True, editable=False)
    epoch = models.ForeignKey(Epoch, on_delete=models.CASCADE, related_name="data_keys")
    sealed_data_key = models.BinaryField()

    def __str__(self) -> str:
        return f"data key {self.record_id}"


class ReceiptVerifier(VaultModel):
    """A keyed digest of a receipt's words, and the record the words can withdraw."""

    verifier = models.CharField(max_length=64, primary_key=True)
    record_id = models.UUIDField(unique=True, editable=False)

    def __str__(self) -> str:
        return "receipt verifier"


class Lane(models.TextChoices):
    """How a record came in: the one thing about its arrival that is kept, besides the week."""

    VOUCHER = "voucher", _("by voucher")
    OPEN = "open", _("open")
    FLOOD = "flood", _("held apart")
    ASSISTED = "assisted", _("with a peer")


class RecordBase(VaultModel):
    """A sealed record. Everything a person said is inside ``sealed``; this is all that is clear."""

    id = models.UUIDField(primary_key=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="+")
    definition = models.ForeignKey(FrozenDefinition, on_delete=models.PROTECT, related_name="+")
    month = models.CharField(max_length=7)
    week = models.CharField(max_length=8)
    lane = models.CharField(max_length=10, choices=Lane)
    bucket = models.PositiveIntegerField()
    expires = models.DateField()
    sealed = models.BinaryField()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(week__regex=r"^\d{4}-W\d{2}$"), name="%(class)s_week_is_a_week"
            ),
            models.CheckConstraint(
                condition=models.Q(lane__in=Lane.values), name="%(class)s_lane_known"
            ),
        ]

    def __str__(self) -> str:
        return f"record {self.id}"


class PendingRecord(RecordBase):
    """A record of today, waiting to be moved among the others in random order."""

    class Meta(RecordBase.Meta):
        abstract = False


class Record(RecordBase):
    """A record at rest. The table's order says nothing about who came first."""

    class Meta(RecordBase.Meta):
        abstract = False


class SealedDraft(VaultModel):
    """An unfinished journey, sealed under a key that only the person's browser holds."""

    id = models.CharField(max_length=64, primary_key=True)
    expires_tick = models.BigIntegerField(db_index=True)
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return "draft"


class UnlockedKeys(VaultModel):
    """One keyholder's open epoch keys, encrypted under a secret that only their browser holds."""

    id = models.CharField(max_length=64, primary_key=True)
    keyholder = models.ForeignKey(Keyholder, on_delete=models.CASCADE, related_name="unlocked")
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="unlocked")
    reason = models.CharField(max_length=200)
    opened_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return "unlocked keys"


class AuditEntry(VaultModel):
    """One thing a member of the team did with the vault, chained to the one before it."""

    number = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.action}"
