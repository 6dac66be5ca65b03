"""What the vault stores: collections, the keyring, sealed records, drafts, unlocking, audit.

Two halves that are backed up apart. The *keyring* (keyholders, epochs, grants, data keys,
receipt verifiers) opens nothing without a passphrase; the *content* (records) opens nothing
without the keyring. No foreign key joins a record to its data key, so that either half can be
restored, or destroyed, alone. Which table belongs to which half stands in ``KEYRING``; what is in
neither archive, because it is worth minutes, in ``FLEETING``.

Never stored here: an address, a user agent, a time finer than a week, an order of arrival.
"""

from __future__ import annotations

import uuid
from typing import Final

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
    keep_months = models.PositiveSmallIntegerField(
        _("months kept"),
        default=24,
        help_text=_(
            "Each month's answers are destroyed this many months later, "
            "and at the latest on the destruction date."
        ),
    )

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        permissions = [
            ("unlock_collection", "Can try to unlock a collection with keys of their own"),
            ("tally_collection", "Can start a tally and see protected tables"),
            ("hold_keys", "Can become a keyholder"),
            ("read_testimony", "Can open a transcript under open keys"),
            ("manage_collection", "Can make collections and hold key ceremonies"),
            ("read_audit", "Can read the audit log"),
            ("manage_retention", "Can set a legal hold and destroy what has expired"),
            ("export_collection", "Can ask for or approve an export"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(destruction_date__gte=models.F("withdrawal_deadline")),
                name="destruction_not_before_withdrawal_deadline",
            ),
            models.CheckConstraint(
                condition=models.Q(keep_months__gte=1, keep_months__lte=120),
                name="kept_between_a_month_and_ten_years",
            ),
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
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="keyholders"
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
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(state="active"),
                name="one_active_keyholder_a_person",
            ),
            models.CheckConstraint(
                condition=models.Q(state="active")
                | models.Q(sealed_private_key=b"", recovery_sealed_private_key=b""),
                name="a_removed_keyholder_keeps_no_key",
            ),
        ]

    def __str__(self) -> str:
        return f"keyholder {self.id}"


class RecoveryKey(VaultModel):
    """The public half of a key made offline and split among people. The other half is not here.

    It receives nothing until a keyholder with open keys has compared its fingerprint with the
    printed sheets and put it on a collection's roster.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    suite = models.PositiveSmallIntegerField()
    public_key = models.BinaryField()
    fingerprint = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name = _("recovery key")
        verbose_name_plural = _("recovery keys")

    def __str__(self) -> str:
        return f"recovery key {self.fingerprint[:12]}"


class Custody(VaultModel):
    """The roster: who a collection's next epochs are sealed to, a keyholder or a recovery key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="roster")
    keyholder = models.ForeignKey(
        Keyholder, on_delete=models.CASCADE, null=True, blank=True, related_name="custodies"
    )
    recovery_key = models.ForeignKey(
        RecoveryKey, on_delete=models.CASCADE, null=True, blank=True, related_name="custodies"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "keyholder"], name="on_the_roster_once_as_keyholder"
            ),
            models.UniqueConstraint(
                fields=["collection", "recovery_key"], name="on_the_roster_once_as_recovery"
            ),
            models.CheckConstraint(
                condition=models.Q(keyholder__isnull=False, recovery_key__isnull=True)
                | models.Q(keyholder__isnull=True, recovery_key__isnull=False),
                name="custody_of_exactly_one",
            ),
        ]

    def __str__(self) -> str:
        return f"custody {self.id}"


class Epoch(VaultModel):
    """One month's key pair of a collection. A removal starts another generation at once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="epochs")
    month = models.CharField(max_length=7)
    generation = models.PositiveSmallIntegerField(default=1)
    suite = models.PositiveSmallIntegerField()
    public_key = models.BinaryField()
    expires = models.DateField()
    destroyed_on = models.DateField(null=True, blank=True)

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


class QuotingStop(VaultModel):
    """A person took back the permission to quote them. The rest of their consent stands."""

    record_id = models.UUIDField(primary_key=True, editable=False)

    def __str__(self) -> str:
        return "quoting stopped"


class HeldWithdrawal(VaultModel):
    """A withdrawal that an order forbids for now. It is carried out on the day the order ends."""

    record_id = models.UUIDField(primary_key=True, editable=False)

    def __str__(self) -> str:
        return "withdrawal waiting"


class Tombstone(VaultModel):
    """A keyed mark of something withdrawn, so that an older backup does not bring it back.

    The token is a keyed digest of the record's id and of what was withdrawn: it can be compared
    with a record that came back, and tells nobody which records there were.
    """

    token = models.CharField(max_length=64, primary_key=True)
    forget_after = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(token__regex=r"^[0-9a-f]{64}$"), name="tombstone_is_hex"
            )
        ]

    def __str__(self) -> str:
        return "tombstone"


class Erasure(VaultModel):
    """Something outside the database that must go: tried at commit, and again by the daily job."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"{self.kind} to erase"


class LegalHold(VaultModel):
    """An order or a duty that pauses automatic destruction, and says so in public."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="holds")
    statement = models.CharField(
        _("what we tell the public"),
        max_length=400,
        help_text=_("Who ordered what, in plain words. Shown where people check us out."),
    )
    stops_withdrawals = models.BooleanField(
        _("it also forbids withdrawals"),
        default=False,
        help_text=_("Only if an order says so. Then the receipt page says so too."),
    )
    since = models.DateField()
    lifted_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["collection"],
                condition=models.Q(lifted_on__isnull=True),
                name="one_hold_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"legal hold since {self.since}"


class Destruction(VaultModel):
    """What was destroyed, when and by whose hand: the facts a certificate is printed from."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey(
        Collection, on_delete=models.PROTECT, related_name="destructions"
    )
    destroyed_on = models.DateField()
    facts = models.JSONField()

    class Meta:
        ordering = ["-destroyed_on"]

    def __str__(self) -> str:
        return f"destruction of {self.destroyed_on}"


class Chore(VaultModel):
    """When a job that must run each day was last done, so that the team is told when it wasn't."""

    name = models.CharField(max_length=40, primary_key=True)
    done_on = models.DateField()

    def __str__(self) -> str:
        return f"{self.name}, {self.done_on}"


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


class DraftAttachment(VaultModel):
    """One picture of an unfinished journey, sealed under its draft's key. It goes with it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draft_id = models.CharField(max_length=64, db_index=True)
    bucket = models.PositiveIntegerField()
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return "picture of a draft"


class Attachment(VaultModel):
    """One picture of a record, sealed under a key derived from the record's data key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_id = models.UUIDField(db_index=True, editable=False)
    bucket = models.PositiveIntegerField()
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"picture {self.id}"


class Voucher(VaultModel):
    """A printed code that nobody used yet, as a keyed digest. Deleted on use, and tied to nothing.

    A card handed out gives a trusted lane; a code of the ``assisted`` kind says that a peer types
    in for somebody.
    """

    class Kind(models.TextChoices):
        CARD = "card", _("outreach card")
        ASSISTED = "assisted", _("typed in by a peer")

    digest = models.CharField(max_length=64, primary_key=True)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    door = models.CharField(max_length=10)
    kind = models.CharField(max_length=10, choices=Kind)
    expires = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["card", "assisted"]), name="voucher_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(digest__regex=r"^[0-9a-f]{64}$"), name="voucher_digest_is_hex"
            ),
        ]

    def __str__(self) -> str:
        return "voucher"


class PaperBatch(VaultModel):
    """Blank papers printed together under one number, and how many came back. Counts only.

    A number stands on all sheets of a batch alike. No record names its batch, not even inside its
    seal: whoever reads could then tell the papers of one evening from all others. So this row knows
    how many were typed in, and nothing knows which; a withdrawal changes no count.
    """

    class State(models.TextChoices):
        OUT = "out", _("out")
        COUNTED = "counted", _("counted")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    door = models.CharField(max_length=10)
    number = models.PositiveSmallIntegerField()
    definition = models.ForeignKey(FrozenDefinition, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=12)
    is_large = models.BooleanField()
    week = models.CharField(max_length=8)
    printed = models.PositiveSmallIntegerField()
    typed_in = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State, default=State.OUT)
    blank = models.PositiveSmallIntegerField(default=0)
    destroyed = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["door", "number"], name="one_batch_a_number"),
            models.CheckConstraint(
                condition=models.Q(week__regex=r"^\d{4}-W\d{2}$"), name="batch_week_is_a_week"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["out", "counted"]), name="batch_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(printed__gte=models.F("blank") + models.F("destroyed")),
                name="no_more_came_back_than_was_printed",
            ),
            models.CheckConstraint(
                condition=models.Q(state="counted") | models.Q(blank=0, destroyed=0),
                name="what_is_out_was_not_counted",
            ),
        ]

    def __str__(self) -> str:
        return f"batch {self.number}"

    @property
    def is_out(self) -> bool:
        """Whether sheets of it may still be typed in."""
        return self.state == self.State.OUT

    @property
    def missing(self) -> int:
        """How many sheets nobody has seen again."""
        return self.printed - self.blank - self.destroyed


class SpentToken(VaultModel):
    """A keyed digest of a first page's mark that was used to send, so that it counts only once."""

    digest = models.CharField(max_length=64, primary_key=True)
    expires = models.DateField()

    def __str__(self) -> str:
        return "spent mark"


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


class ExportRequest(VaultModel):
    """A copy of a collection that somebody asks to take out, and who approved it.

    It lives as long as the open keys it was asked with, and the approval as long as those of the
    person who gave it: locking takes either back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_with = models.ForeignKey(
        UnlockedKeys, on_delete=models.CASCADE, related_name="exports_asked"
    )
    approved_with = models.ForeignKey(
        UnlockedKeys,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="exports_approved",
    )
    recipient = models.CharField(max_length=62)
    reason = models.CharField(max_length=150)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asked_with"], name="one_export_asked_at_a_time"),
            models.CheckConstraint(
                condition=~models.Q(approved_with=models.F("asked_with")),
                name="export_approved_with_other_keys",
            ),
            models.CheckConstraint(
                condition=models.Q(recipient__regex=r"^age1[02-9ac-hj-np-z]{58}$"),
                name="export_recipient_is_an_age_key",
            ),
        ]

    def __str__(self) -> str:
        return "export asked for"


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


KEYRING: Final[tuple[type[models.Model], ...]] = (
    Collection,
    Keyholder,
    RecoveryKey,
    Custody,
    Epoch,
    EpochGrant,
    DataKey,
    ReceiptVerifier,
    QuotingStop,
    HeldWithdrawal,
    Tombstone,
    LegalHold,
    Destruction,
    Voucher,
    AuditEntry,
)
"""What goes into the keyring's archive: what must never be set back by an older content."""

FLEETING: Final[tuple[type[models.Model], ...]] = (
    SealedDraft,
    DraftAttachment,
    SpentToken,
    UnlockedKeys,
    ExportRequest,
    Chore,
    Erasure,
)
"""What goes into no archive."""
