"""What the keyring here knows of the time since an archive of it was made.

Remembered before the archive's rows take the place of the rows here, and laid over them after. What
was ended meanwhile ends again, always. What was made meanwhile is brought along where the audit
log vouches for it. Only for ``restoring``, inside its transaction.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

from testimony.vault.models import (
    Custody,
    DataKey,
    Epoch,
    EpochGrant,
    Keyholder,
    RecoveryKey,
)

_WRAPS: Final = (
    "salt",
    "kdf_memory_kib",
    "kdf_passes",
    "kdf_lanes",
    "sealed_private_key",
    "recovery_salt",
    "recovery_sealed_private_key",
)
"""What the words and the code of a keyholder open: replaced whenever either is."""

_ENDED: Final = {
    "state": Keyholder.State.REMOVED,
    "sealed_private_key": b"",
    "recovery_salt": b"",
    "recovery_sealed_private_key": b"",
}


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """The keyring's small tables as they stood before a restore, and which answers opened."""

    keyholders: list[Keyholder]
    recovery_keys: list[RecoveryKey]
    roster: list[Custody]
    epochs: list[Epoch]
    grants: list[EpochGrant]
    answers: frozenset[uuid.UUID]
    openable: frozenset[uuid.UUID]

    @classmethod
    def remembered(cls) -> Meanwhile:
        """What stands here now."""
        return cls(
            keyholders=list(Keyholder.objects.all()),
            recovery_keys=list(RecoveryKey.objects.all()),
            roster=list(Custody.objects.all()),
            epochs=list(Epoch.objects.order_by("generation")),
            grants=list(EpochGrant.objects.all()),
            answers=_answers(),
            openable=_openable(),
        )

    # What was ended.

    def end_again(self) -> None:
        """End what was ended here: people's keys, recovery kits, words and codes, whole months."""
        self._remove_keyholders()
        self._retire_recovery_keys()
        self._keep_wraps()
        for epoch in self.epochs:
            if epoch.destroyed_on is not None:
                Epoch.objects.filter(pk=epoch.pk).update(destroyed_on=epoch.destroyed_on)
                EpochGrant.objects.filter(epoch=epoch.pk).delete()
                DataKey.objects.filter(epoch=epoch.pk).delete()

    def _remove_keyholders(self) -> None:
        removed = [one.pk for one in self.keyholders if one.state == Keyholder.State.REMOVED]
        Keyholder.objects.filter(pk__in=removed).update(**_ENDED)
        EpochGrant.objects.filter(keyholder__in=removed).delete()
        Custody.objects.filter(keyholder__in=removed).delete()

    def _retire_recovery_keys(self) -> None:
        """Take off each roster the kits that are known here and were not on it any more.

        The last way into a collection can't be taken off. So where nobody at all is on a roster
        here, nobody was retired: the table is what was spoilt, and the archive's stands.
        """
        by_key = {key.pk: key.fingerprint for key in self.recovery_keys}
        for collection_id in {row.collection_id for row in self.roster}:
            trusted = {
                by_key.get(row.recovery_key_id)
                for row in self.roster
                if row.collection_id == collection_id and row.recovery_key_id is not None
            }
            retired = set(by_key.values()) - trusted
            Custody.objects.filter(
                collection=collection_id, recovery_key__fingerprint__in=retired
            ).delete()
            EpochGrant.objects.filter(
                epoch__collection=collection_id, recovery_key__fingerprint__in=retired
            ).delete()

    def _keep_wraps(self) -> None:
        """Have words and codes that were replaced go on opening nothing.

        Every wrap has a salt of its own. Under the same salt the archive's is the same wrap, and
        mends one that was spoilt.
        """
        archived = Keyholder.objects.filter(state=Keyholder.State.ACTIVE).in_bulk()
        for here in self.keyholders:
            there = archived.get(here.pk)
            if there is not None and bytes(there.salt) != bytes(here.salt):
                wraps = {name: getattr(here, name) for name in _WRAPS}
                Keyholder.objects.filter(pk=here.pk).update(**wraps)

    # What was made.

    def bring_along(self) -> None:
        """Add what is here and the archive does not know: people, kits, epochs, and their grants.

        Where both have one of the same, the archive's stands. Called when the ended has ended.
        """
        self._add_recipients()
        here = {epoch.pk for epoch in Epoch.objects.all()}
        taken = set(Epoch.objects.values_list("collection_id", "month", "generation"))
        epochs = [epoch for epoch in self.epochs if epoch.pk not in here]
        for epoch in epochs:
            # The number orders a month's epochs and is bound into nothing that was sealed.
            while (epoch.collection_id, epoch.month, epoch.generation) in taken:
                epoch.generation += 1
            taken.add((epoch.collection_id, epoch.month, epoch.generation))
        Epoch.objects.bulk_create(epochs)
        self._add_custody_and_grants()

    def _add_recipients(self) -> None:
        known = set(Keyholder.objects.values_list("pk", flat=True))
        with_keys = set(
            Keyholder.objects.filter(state=Keyholder.State.ACTIVE).values_list("user_id", flat=True)
        )
        keyholders = [one for one in self.keyholders if one.pk not in known]
        for one in keyholders:
            if one.user_id in with_keys:
                # They were missing here and enrolled anew. A person has one living pair of keys.
                for name, value in _ENDED.items():
                    setattr(one, name, value)
        Keyholder.objects.bulk_create(keyholders)
        rows = RecoveryKey.objects.values_list("pk", "fingerprint")
        kits = {value for row in rows for value in row}
        RecoveryKey.objects.bulk_create(
            key for key in self.recovery_keys if key.pk not in kits and key.fingerprint not in kits
        )

    def _add_custody_and_grants(self) -> None:
        may_hold = set(
            Keyholder.objects.filter(state=Keyholder.State.ACTIVE).values_list("pk", flat=True)
        ) | set(RecoveryKey.objects.values_list("pk", flat=True))
        living = set(Epoch.objects.filter(destroyed_on__isnull=True).values_list("pk", flat=True))
        on_roster = {(row.collection_id, _holder(row)) for row in Custody.objects.all()}
        granted = {(row.epoch_id, _holder(row)) for row in EpochGrant.objects.all()}
        rows = set(Custody.objects.values_list("pk", flat=True))
        rows |= set(EpochGrant.objects.values_list("pk", flat=True))
        Custody.objects.bulk_create(
            row
            for row in self.roster
            if row.pk not in rows
            and (row.collection_id, _holder(row)) not in on_roster
            and _holder(row) in may_hold
        )
        EpochGrant.objects.bulk_create(
            row
            for row in self.grants
            if row.pk not in rows
            and (row.epoch_id, _holder(row)) not in granted
            and _holder(row) in may_hold
            and row.epoch_id in living
        )

    # What would be lost.

    def count_lost(self) -> int:
        """How many answers had their key here and would not be opened by anybody any more."""
        DataKey.objects.exclude(epoch__in=Epoch.objects.values("pk")).delete()
        gone, shut = self.answers - _answers(), self.openable - _openable()
        return len(gone | shut)


def _answers() -> frozenset[uuid.UUID]:
    return frozenset(DataKey.objects.values_list("pk", flat=True))


def _openable() -> frozenset[uuid.UUID]:
    """The records whose epoch was granted to somebody."""
    granted = DataKey.objects.filter(epoch__in=EpochGrant.objects.values("epoch"))
    return frozenset(granted.values_list("pk", flat=True))


def _holder(row: Custody | EpochGrant) -> uuid.UUID | None:
    return row.keyholder_id or row.recovery_key_id
