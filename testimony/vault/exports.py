"""Copies taken out: all that people said in a collection, sealed to a key that is kept offline.

Two keyholders agree on each copy. One asks, under open keys; another person approves, under open
keys of their own; and a copy is written only while both are open. That is a rule for people, kept
by the program and the audit log. It is no cipher: the keys of either open every record, so it does
not bind a keyholder who can also change the program.

A copy is one age file of JSON lines, which the stock tool opens: ``age -d -i key file``. It is
written by a child process that is fed the keys by pipe and sends only what is sealed already, so
that no word is ever in clear on a disk. One that was cut off does not open to its end.

Nothing here can call a copy back. What people withdraw goes from the vault and stays in the file.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import resource
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from testimony.vault import agefile, audit, quotas, unlock
from testimony.vault.models import (
    Collection,
    DataKey,
    ExportRequest,
    FrozenDefinition,
    HeldWithdrawal,
    Keyholder,
    Lane,
    PendingRecord,
    Record,
)
from testimony.vault.unlock import Grant

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

FORMAT: Final = 1
ACTION: Final = "export made"
LONGEST_REASON: Final = 150

_PART_BYTES: Final = 2 * 1024 * 1024
"""About how many bytes of sealed records are opened and put in order at a time."""

_LOOKED_AT_FIRST: Final = 1024 * 1024
"""Bytes of a copy that are there before a person is sent any: a small one is whole by then."""

_PIECE: Final = 64 * 1024


class ExportRefused(Exception):
    """The step can't be taken. The sentence says why, to the person who tried."""


class ExportFailed(Exception):
    """The copy was not finished. What was written until then opens to no whole file."""

    def __str__(self) -> str:
        return _(
            "The copy was not finished, and what there is of it does not open. Please try again. "
            "If it happens twice, let whoever looks after the computer read the server's messages."
        )


# What there is, for the pages.


def fingerprint_of(recipient: str) -> str:
    """How the audit log names a recipient: the first half of the SHA-256 of its public key."""
    return hashlib.sha256(recipient.encode("ascii")).hexdigest()[:32]


def how_many(grant: Grant) -> int:
    """How many records a copy made now would hold."""
    opened = (
        DataKey.objects.filter(epoch__in=[key.epoch_id for key in grant.keys])
        .exclude(record_id__in=HeldWithdrawal.objects.values("record_id"))
        .values("record_id")
    )
    return sum(
        model.objects.filter(collection=grant.collection_id, id__in=opened)
        .exclude(lane=Lane.FLOOD)
        .count()
        for model in (Record, PendingRecord)
    )


def open_requests(collection: Collection) -> list[ExportRequest]:
    """What is asked for in a collection by people whose keys are open now."""
    found = ExportRequest.objects.select_related(
        "asked_with__keyholder__user", "approved_with__keyholder__user"
    ).filter(asked_with__collection=collection)
    return [request for request in found if unlock.is_open(request.asked_with)]


def open_request(request_id: uuid.UUID) -> ExportRequest:
    """One request, to be looked at.

    Raises:
        ExportRefused: when it is gone, or the keys it was asked with have closed.
    """
    found = (
        ExportRequest.objects.select_related(
            "asked_with__keyholder__user",
            "asked_with__collection",
            "approved_with__keyholder__user",
        )
        .filter(pk=request_id)
        .first()
    )
    if found is None or not unlock.is_open(found.asked_with):
        raise _gone()
    return found


def approver_of(request: ExportRequest) -> Keyholder | None:
    """Who approved a request with keys that are still open, and are of the same collection."""
    asked, row = request.asked_with, request.approved_with
    if row is None or not unlock.is_open(row):
        return None
    is_another = row.keyholder.user_id != asked.keyholder.user_id
    return row.keyholder if is_another and row.collection_id == asked.collection_id else None


# Actions.


def ask_export(*, by: AbstractUser, secret: str, recipient: str, reason: str) -> ExportRequest:
    """Ask for a copy of the collection whose keys are open behind ``secret``.

    It takes the place of one that the same person asked for earlier, and of its approval.

    Raises:
        Locked: when no keys are open.
        NotAKey: when ``recipient`` is no public age key.
    """
    agefile.check_recipient(recipient)
    with transaction.atomic():
        audit.wait_for_turn()
        row = unlock.row_of(secret, by=by)
        ExportRequest.objects.filter(
            asked_with__keyholder=row.keyholder, asked_with__collection=row.collection
        ).delete()
        request = ExportRequest.objects.create(asked_with=row, recipient=recipient, reason=reason)
        audit.append(
            by=by,
            action="export asked for",
            subject=str(row.collection_id),
            reason=f"to {fingerprint_of(recipient)}: {reason}",
        )
    return request


def approve_export(*, by: AbstractUser, secret: str, request: ExportRequest) -> ExportRequest:
    """Say yes to a copy, as another person, with the keys that are open behind ``secret``.

    Raises:
        Locked: when no keys are open.
        ExportRefused: to whoever asked for it, under keys of another collection, and when the
            request is gone.
    """
    with transaction.atomic():
        audit.wait_for_turn()
        row = unlock.row_of(secret, by=by)
        fresh = _held(request)
        if fresh.asked_with.keyholder.user_id == by.pk:
            raise ExportRefused(_("You asked for this copy. Somebody else must approve it."))
        if fresh.asked_with.collection_id != row.collection_id:
            raise ExportRefused(_("Your keys are open for another collection."))
        fresh.approved_with = row
        fresh.save(update_fields=["approved_with"])
        audit.append(
            by=by,
            action="export approved",
            subject=str(row.collection_id),
            reason=f"to {fingerprint_of(fresh.recipient)}",
        )
    return fresh


def write_export(
    *, by: AbstractUser, grant: Grant, request: ExportRequest, target: BinaryIO
) -> int:
    """Write an approved copy, sealed, to ``target``. Returns how many records were announced.

    The audit entry is there before the first byte is. Written from one transaction, a copy would
    keep people from sending for as long as it takes.

    Raises:
        Stale: when newer keys were made since the unlocking: what came in since would be missing.
        ExportRefused: without an approval by somebody whose keys are open now.
        QuotaSpent: after four copies in an hour.
    """
    count, recipient = _begin(by, grant, request)
    agefile.seal(_lines(grant), target, recipient=recipient)
    return count


def stream_export(*, by: AbstractUser, grant: Grant, request: ExportRequest) -> Copy:
    """The same, as pieces to be sent to a browser, from a child process. Close it in the end.

    Raises:
        Stale, ExportRefused, QuotaSpent: like ``write_export``.
        ExportFailed: when the child ended before there was anything to send.
    """
    _count, recipient = _begin(by, grant, request)
    return Copy(_start_child(grant, recipient))


def _begin(by: AbstractUser, grant: Grant, request: ExportRequest) -> tuple[int, str]:
    """Check that this copy may be written now, and note that it is: how many records, to whom."""
    grant.check_up_to_date()
    with transaction.atomic():
        audit.wait_for_turn()
        fresh = _held(request)
        asked = fresh.asked_with
        if (asked.keyholder.user_id, asked.keyholder_id, asked.collection_id) != (
            by.pk,
            grant.keyholder_id,
            grant.collection_id,
        ):
            raise ExportRefused(_("Somebody else asked for this copy. They take it out."))
        approver = approver_of(fresh)
        if approver is None:
            raise ExportRefused(
                _(
                    "Nobody whose keys are open now has approved this. "
                    "Another keyholder must unlock and approve it."
                )
            )
        count = how_many(grant)
        quotas.spend(
            by,
            ACTION,
            subject=str(grant.collection_id),
            reason=(
                f"{count} records to {fingerprint_of(fresh.recipient)}, "
                f"approved by keyholder {approver.pk}"
            ),
        )
    return count, fresh.recipient


def _held(request: ExportRequest) -> ExportRequest:
    """A request as it is now, held until the transaction ends.

    Raises:
        ExportRefused: when it is gone, or the keys it was asked with have closed.
    """
    fresh = (
        ExportRequest.objects.select_for_update(of=("self",), no_key=True)
        .select_related("asked_with__keyholder__user", "approved_with__keyholder__user")
        .filter(pk=request.pk)
        .first()
    )
    if fresh is None or not unlock.is_open(fresh.asked_with):
        raise _gone()
    return fresh


def _gone() -> ExportRefused:
    return ExportRefused(
        _("This request is gone. Whoever asked has locked, or asked anew. Ask again.")
    )


# What a copy holds.


def _lines(grant: Grant) -> Iterator[bytes]:
    """Every line of a copy: about it, each definition once, each record, and how many there were.

    Records come by definition and in the order of their random ids, those of today among the
    others: their order says nothing. A few megabytes of them are in memory at a time.
    """
    collection = Collection.objects.get(pk=grant.collection_id)
    yield _line(
        kind="copy",
        format=FORMAT,
        collection=collection.name,
        run_by=collection.run_by,
        delete_by=collection.destruction_date.isoformat(),
    )
    sizes = _sizes(collection)
    for frozen in FrozenDefinition.objects.filter(pk__in=sizes).order_by("digest"):
        yield _line(
            kind="definition",
            definition=frozen.digest,
            canonical=bytes(frozen.canonical).decode("utf-8"),
        )
    count = 0
    for definition, size in sorted(sizes.items()):
        parts = 1 + size // _PART_BYTES
        for part in range(parts):
            opened = list(grant.stream(definition, shard=(part, parts)))
            for one in sorted(opened, key=lambda record: record.record_id):
                count += 1
                yield _line(
                    kind="record",
                    record=str(one.record_id),
                    definition=one.definition,
                    quoting_stopped=not one.may_be_quoted,
                    payload=one.payload,
                )
    yield _line(kind="end", records=count)


def _sizes(collection: Collection) -> dict[str, int]:
    """How many bytes are sealed in a collection, by definition."""
    found: dict[str, int] = {}
    for model in (PendingRecord, Record):
        rows = (
            model.objects.filter(collection=collection)
            .exclude(lane=Lane.FLOOD)
            .values_list("definition_id")
            .annotate(Sum("bucket"))
        )
        for definition, size in rows:
            found[definition] = found.get(definition, 0) + size
    return found


def _line(**said: object) -> bytes:
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    # Half of a surrogate pair has no bytes in UTF-8. With the backslash it is JSON's own escape.
    return text.encode("utf-8", "backslashreplace") + b"\n"


# The child process.


class Copy:
    """A sealed file, a piece at a time, as a child process writes it. Nothing of it is in clear."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        """Wait for the first megabyte.

        Raises:
            ExportFailed: when the child ended, and not well, before it wrote as much.
        """
        self._child = child
        assert child.stdout is not None  # noqa: S101 - it is a pipe
        self._source = child.stdout
        try:
            self._first = self._source.read(_LOOKED_AT_FIRST)
            if len(self._first) < _LOOKED_AT_FIRST:
                self._check_end()
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece, self._first = self._first, b""
        piece = piece or self._source.read(_PIECE)
        if not piece:
            self._check_end()
            raise StopIteration
        return piece

    def _check_end(self) -> None:
        if self._child.wait() != 0:
            raise ExportFailed

    def close(self) -> None:
        """End the child, finished or not: whoever would read on is gone."""
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        self._source.close()


def _start_child(grant: Grant, recipient: str) -> subprocess.Popen[bytes]:
    """Start the child and hand it the keys by pipe; they never stand in a file or argument."""
    message = json.dumps({"recipient": recipient, "grant": grant.to_pipe().decode("ascii")})
    environment: dict[str, Any] = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": os.environ.get(
            "DJANGO_SETTINGS_MODULE", settings.SETTINGS_MODULE
        ),
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "django", "seal_export"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        cwd=settings.BASE_DIR,
    )
    assert child.stdin is not None  # noqa: S101 - it is a pipe
    try:
        with child.stdin as pipe:
            pipe.write(message.encode("ascii"))
    except OSError:
        pass  # The child ended before it read; whoever reads its output finds out.
    return child


def seal_from_pipe(raw: bytes, target: BinaryIO) -> None:
    """The child's whole life: read the keys, leave no memory image behind, seal a copy, end.

    Raises:
        ExportFailed: naming the error and nothing else: no message may hold a word of a record.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.freeze()
    try:
        found = json.loads(raw)
        grant = Grant.from_pipe(found["grant"].encode("ascii"))
        agefile.seal(_lines(grant), target, recipient=found["recipient"])
        target.flush()
    except Exception as error:
        raise ExportFailed(type(error).__name__) from None
