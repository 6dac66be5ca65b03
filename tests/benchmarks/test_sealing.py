"""What the vault costs: sealing and opening on one core, a count of 100,000, one unlocking.

Figures are printed, not judged; only a wrong count fails.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import time
import uuid
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from cms.demo.responses import survey_responses
from cms.settings import base
from consultation.survey.counting import count
from consultation.survey.models import TallyRun
from testimony.vault import keyring, sealing
from testimony.vault.keyring import OpenEpochKey
from testimony.vault.models import DataKey, Epoch, FrozenDefinition, Lane, Record
from testimony.vault.sealing import KdfParameters
from testimony.vault.unlock import Grant
from tests import factories
from tests.site import ROOT

COUNT = 3_000
MANY = int(os.environ.get("BENCH_RECORDS", "100000"))
BATCH = 2_000
PAYLOAD: dict[str, object] = {"answers": {"story": "x" * 3_500}, "consents": {}}


@pytest.mark.parametrize("suite", sealing.SUITES)
def test_seal_and_open(suite: int) -> None:
    pair = sealing.generate_key_pair(suite)
    epoch = Epoch(collection_id=uuid.uuid4(), suite=suite, public_key=pair.public, month="2026-11")
    definition = "0" * 64
    began = time.process_time()
    sealed = [
        keyring.seal_record(PAYLOAD, record_id=uuid.uuid4(), epoch=epoch, definition=definition)
        for _number in range(COUNT)
    ]
    sealing_took = time.process_time() - began
    key = OpenEpochKey(epoch.id, pair.private)
    began = time.process_time()
    opener = sealing.Opener(pair.private, suite)
    for envelope, data_key in sealed:
        keyring.open_record(
            envelope,
            data_key,
            key,
            collection_id=epoch.collection_id,
            definition=definition,
            opener=opener,
        )
    opening_took = time.process_time() - began
    print(
        f"\nsealed {COUNT / sealing_took:,.0f} and opened {COUNT / opening_took:,.0f} "
        f"records of 4 KiB a second on one core (suite {suite})"
    )


def test_one_unlocking() -> None:
    costs = KdfParameters(**base.VAULT_KDF)
    took = []
    for number in range(3):
        began = time.perf_counter()
        sealing.key_from_passphrase("six words of some length", bytes([number]) * 16, costs)
        took.append(time.perf_counter() - began)
    print(
        f"\none derivation at {costs.memory_kib // 1024} MiB, {costs.passes} passes, "
        f"{costs.lanes} lane: {statistics.median(took):.2f} s (meant to be 0.5 to 1.5 s)"
    )


def test_counting_many(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "cms.settings.development",
        "AT_THE_TABLE_STATE": str(tmp_path),
    }

    def manage(*arguments: str, given: bytes = b"") -> bytes:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment,
            input=given,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout

    def shell(name: str, given: bytes = b"") -> bytes:
        return manage(
            "shell", "-v", "0", "-c", f"from tests.benchmarks import test_sealing as b; b.{name}()",
            given=given,
        )  # fmt: skip

    manage("migrate", "--verbosity", "0")
    found = json.loads(shell("count_them", given=shell("fill")))
    print(
        f"\ncounted {MANY:,} sealed responses in {found['wall']:.1f} s on two cores: "
        f"{found['cpu']:.1f} s CPU, memory from {found['before'] / 1024:.0f} "
        f"to at most {found['peak'] / 1024:.0f} MiB, second process {found['other'] / 1024:.0f} MiB"
    )
    assert found["answered"] == MANY


def fill() -> None:
    """Seal many example responses into the database, in two processes, and print the grant."""
    made = factories.consultation()
    digest = made.survey.version.definition_id
    row = {"definition_id": digest, "week": "2026-W48", "lane": Lane.OPEN, "bucket": 4096}
    epoch = Epoch.objects.filter(collection=made.collection).order_by("month")[0]
    row |= {"month": epoch.month, "expires": made.collection.destruction_date}
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as sealers:
        for batch in sealers.map(_sealed, [(epoch, digest)] * (MANY // BATCH)):
            Record.objects.bulk_create(
                Record(id=key.record_id, collection=made.collection, sealed=sealed, **row)
                for sealed, key in batch
            )
            DataKey.objects.bulk_create(key for _sealed, key in batch)
    sys.stdout.buffer.write(made.grant().to_pipe())


def _sealed(task: tuple[Epoch, str]) -> list[tuple[bytes, DataKey]]:
    epoch, digest = task
    said = survey_responses(250)
    payloads = [
        {
            "answers": one["answers"],
            "consents": {"count": "yes"},
            "language": one["language"],
            "channel": "web",
        }
        for one in said
    ]
    return [
        keyring.seal_record(
            payloads[number % len(payloads)],
            record_id=uuid.uuid4(),
            epoch=epoch,
            definition=digest,
        )
        for number in range(BATCH)
    ]


def count_them() -> None:
    """Count what ``fill`` sealed, as the child process of a tally does, and print the costs."""
    grant = Grant.from_pipe(sys.stdin.buffer.read())
    digest = Record.objects.values_list("definition_id", flat=True)[0]
    assert FrozenDefinition.objects.filter(pk=digest).exists()
    run = TallyRun.objects.create(collection_id=grant.collection_id, definition_id=digest)
    gc.freeze()
    before, began = _used(), time.perf_counter()
    done = count(run.pk, grant)
    wall, after = time.perf_counter() - began, _used()
    print(
        json.dumps(
            {
                "wall": wall,
                "cpu": after["cpu"] - before["cpu"],
                "before": before["peak"],
                "peak": after["peak"],
                "other": after["other"],
                "answered": done.tables["participants"],
            }
        )
    )


def _used() -> dict[str, Any]:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    mine = resource.getrusage(resource.RUSAGE_SELF)
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "cpu": mine.ru_utime + mine.ru_stime + others.ru_utime + others.ru_stime,
        "peak": int(status.split("VmHWM:")[1].split()[0]),
        "other": others.ru_maxrss,
    }
