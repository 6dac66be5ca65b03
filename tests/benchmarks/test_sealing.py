"""Sealing and opening records of four kilobytes on one core."""

from __future__ import annotations

import time
import uuid

from testimony.vault import keyring, sealing
from testimony.vault.keyring import OpenEpochKey
from testimony.vault.models import Epoch

COUNT = 3_000
PAYLOAD: dict[str, object] = {"answers": {"story": "x" * 3_500}, "consents": {}}


def test_seal_and_open() -> None:
    pair = sealing.generate_key_pair(2)
    epoch = Epoch(collection_id=uuid.uuid4(), suite=2, public_key=pair.public, month="2026-11")
    definition = "0" * 64
    began = time.process_time()
    sealed = [
        keyring.seal_record(PAYLOAD, record_id=uuid.uuid4(), epoch=epoch, definition=definition)
        for _number in range(COUNT)
    ]
    sealing_took = time.process_time() - began
    key = OpenEpochKey(epoch.id, pair.private)
    began = time.process_time()
    for envelope, data_key in sealed:
        keyring.open_record(
            envelope, data_key, key, collection_id=epoch.collection_id, definition=definition
        )
    opening_took = time.process_time() - began
    print(
        f"\nsealed {COUNT / sealing_took:,.0f} and opened {COUNT / opening_took:,.0f} "
        "records of 4 KiB a second on one core (suite 2)"
    )
