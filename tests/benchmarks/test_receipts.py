"""What the receipt page costs, in CPU time: held, unknown, withdrawn and expired codes.

The three that hold nothing should differ by no more than the noise; they are asked in
random order, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import random
import re
import statistics
import time

from django.test import Client

from testimony.vault import actions, retention, wordlists
from testimony.vault.models import Epoch
from tests.factories import Consultation
from tests.testimony.vault.test_receipts import HERE, code_of, sent

ROUNDS = 300


def test_time_of_the_receipt_page(consultation: Consultation) -> None:
    expired = sent(consultation)
    Epoch.objects.filter(collection=consultation.collection, data_keys__isnull=False).update(
        expires="2020-01-31"
    )
    retention.destroy_expired(by=None)
    Epoch.objects.update(destroyed_on=None, expires=consultation.collection.destruction_date)
    withdrawn, held = sent(consultation), sent(consultation)
    actions.withdraw_record(code=code_of(withdrawn))
    codes = {
        "held": code_of(held),
        "unknown": " ".join(wordlists.draw("en")),
        "withdrawn": code_of(withdrawn),
        "expired": code_of(expired),
    }
    client = Client()
    page = client.get("/receipt/en/").content.decode()
    nonce = re.search(r'name="n" value="([^"]+)"', page)
    assert nonce
    for go, names in (
        ("look", list(codes)),
        ("withdraw", ["unknown", "withdrawn", "expired"]),
    ):
        took: dict[str, list[float]] = {name: [] for name in names}
        for _round in range(ROUNDS):
            for name in random.sample(names, len(names)):
                data = {"n": nonce[1], "code": codes[name], "go": go}
                began = time.process_time()
                client.post("/receipt/en/", data, **HERE)
                took[name].append(1000 * (time.process_time() - began))
        medians = {name: statistics.median(times) for name, times in took.items()}
        base = medians["unknown"]
        shown = ", ".join(
            f"{name} {medians[name]:.2f} ms ({medians[name] / base:.3f})" for name in names
        )
        print(f"\nreceipt page, {go}, median of {ROUNDS}, and against unknown: {shown}")
