"""Ten thousand hostile posts at the real server, and honest people among them. Both databases."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.site import served
from tests.walker import HIDDEN, TESTIMONY, WORDS, Walker, walk

POSTS = int(os.environ.get("FLOOD_POSTS", "10000"))
BULLIES = 4
HONEST = 12
CARDS = 3


def _garbage(walker: Walker, path: str) -> int:
    """Posts that no page of ours ever made."""
    walker.request("POST", path, [("step", "age"), ("q-age", "adult"), ("n", "x" * 200)])
    return 1


def _drafts(walker: Walker, path: str, page: bytes) -> int:
    """The same first page answered again and again: one draft each time."""
    walker.cookies.clear()
    walker.body = page
    walker.request("POST", path, [*_hidden(page), ("q-age", "adult")])
    return 1


def _trapped(walker: Walker, path: str) -> int:
    """A machine that fills in everything, to the end, in no time."""
    walker.cookies.clear()
    walker.get(path)
    walker.post(path, ("go", "begin"))
    walker.post(path, ("q-age", "adult"), ("homepage", "http://spam.example"))
    for answers in TESTIMONY[1:]:
        walker.post(path, *answers)
    walker.post(path, ("go", "submit"), ("q-receipt", "no"))
    assert walker.status == 200, walker.status
    return len(TESTIMONY) + 2


def _hidden(page: bytes) -> list[tuple[str, str]]:
    return [(name.decode(), value.decode()) for name, value in HIDDEN.findall(page)]


def _bully(address: str, path: str, posts: int) -> dict[str, int]:
    """One machine's share: mostly rubbish, many drafts, some whole journeys."""
    walker = Walker(address, works=False)
    walker.get(path)
    page = walker.post(path, ("go", "begin"))
    sent = journeys = turn = 0
    while sent < posts:
        turn += 1
        if turn % 80 == 0:
            sent += _trapped(walker, path)
            journeys += 1
        elif turn % 4 == 0:
            sent += _drafts(walker, path, page)
        else:
            sent += _garbage(walker, path)
    return {"sent": sent, "journeys": journeys}


def _honest(address: str, path: str, number: int) -> dict[str, Any]:
    time.sleep(number * 0.4)
    began = time.perf_counter()
    words = walk(Walker(address), path, TESTIMONY)
    return {"words": words, "seconds": time.perf_counter() - began}


def _with_a_card(address: str, path: str, code: str) -> list[str]:
    walker = Walker(address, works=False)
    walker.get(f"/v/{code}/")
    walker.post(path, ("go", "begin"))
    return walk_on(walker, path)


def walk_on(walker: Walker, path: str) -> list[str]:
    """The rest of a journey whose first question is on the screen."""
    for answers in TESTIMONY:
        walker.post(path, *answers)
        assert walker.status == 200, (walker.status, walker.text)
    walker.post(path, ("go", "submit"), ("q-receipt", "yes"))
    return WORDS.findall(walker.text)


LANES = """
import json
from collections import Counter
from testimony.vault.models import PendingRecord, Record
rows = [*PendingRecord.objects.values_list("lane", flat=True),
        *Record.objects.values_list("lane", flat=True)]
print(json.dumps(Counter(rows)))
"""

CODES = """
import datetime as dt, json
from cms.accounts.models import User
from testimony.intake.models import Call
from testimony.vault.models import Voucher
from testimony.vault.vouchers import make_vouchers
call = Call.objects.get()
print(json.dumps(make_vouchers(
    by=User.objects.get(username="keyholder"), collection=call.collection, door=call.public_id,
    kind=Voucher.Kind.CARD, count={count}, expires=call.closes_on)))
"""


def test_an_honest_person_is_never_refused_under_ten_thousand_hostile_posts(
    tmp_path: Path,
) -> None:
    with served(tmp_path) as site:
        path = site.paths()["call"]
        codes = site.shell(CODES.format(count=CARDS))
        before = site.shell(LANES)
        began = time.perf_counter()
        with ProcessPoolExecutor(BULLIES) as mob, ThreadPoolExecutor(HONEST + CARDS) as crowd:
            hostile = [
                mob.submit(_bully, site.address, path, POSTS // BULLIES) for _one in range(BULLIES)
            ]
            honest = [crowd.submit(_honest, site.address, path, n) for n in range(HONEST)]
            carded = [crowd.submit(_with_a_card, site.address, path, code) for code in codes]
            stories = [one.result() for one in honest]
            trusted = [one.result() for one in carded]
            done = [one.result() for one in hostile]
        after = site.shell(LANES)
        sent, journeys = (sum(one[key] for one in done) for key in ("sent", "journeys"))
        slowest = max(story["seconds"] for story in stories)
        print(
            f"\n{sent} hostile posts in {time.perf_counter() - began:.0f} s; "
            f"slowest honest journey {slowest:.1f} s; lanes: {json.dumps(after)}"
        )
        assert sent >= POSTS
        assert all(len(story["words"]) == 6 for story in stories)
        assert all(len(words) == 6 for words in trusted)
        assert after["open"] - before["open"] == HONEST
        assert after["voucher"] - before.get("voucher", 0) == CARDS
        assert after["flood"] - before.get("flood", 0) == journeys
        assert walk(Walker(site.address), path, TESTIMONY), "It still takes answers afterwards."
