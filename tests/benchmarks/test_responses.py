"""A full testimony and a full survey response against gunicorn with two workers.

Prints completed responses a second, CPU of the server for each (user and system, both workers),
and how long one step takes while twenty people are on their way. The load comes from the same two
cores.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.site import RunningSite, served
from tests.walker import RESPONSE, TESTIMONY, Walker, walk

EACH = int(os.environ.get("BENCH_RESPONSES", "150"))
CROWD = 4
PEOPLE = 20
TICK = os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def _cpu_seconds(site: RunningSite) -> float:
    total = 0
    for pid in [site.pid, *_children(site.pid)]:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def _many(address: str, path: str, name: str, count: int) -> tuple[int, int]:
    pages = {"testimony": TESTIMONY, "survey response": RESPONSE}[name]
    done = requests = 0
    walker = Walker(address)
    for _response in range(count):
        walker.cookies.clear()
        done += len(walk(walker, path, pages)) == 6
    requests += walker.requests
    return done, requests


@pytest.mark.parametrize(("name", "door"), [("testimony", "call"), ("survey response", "survey")])
def test_full_responses(name: str, door: str, tmp_path: Path) -> None:
    with served(tmp_path) as site:
        path = site.paths()[door]
        _many(site.address, path, name, 10)
        before, cpu, began = site.records(), _cpu_seconds(site), time.perf_counter()
        with ProcessPoolExecutor(CROWD) as crowd:
            each = [crowd.submit(_many, site.address, path, name, EACH) for _person in range(CROWD)]
            results = [one.result() for one in each]
        elapsed = time.perf_counter() - began
        spent = _cpu_seconds(site) - cpu
        done = sum(result[0] for result in results)
        requests = sum(result[1] for result in results)
        assert site.records() == before + done
    print(
        f"\n{name}: {done / elapsed:.1f} completed a second, "
        f"{1000 * spent / done:.1f} ms server CPU each, "
        f"{requests / done:.0f} requests each, {requests / elapsed:.0f} requests a second"
    )
    assert done == CROWD * EACH


def _steps(address: str, path: str, seconds: float) -> list[float]:
    """One person after another for a while: how long each press of a button took, page included."""
    taken: list[float] = []
    walker = Walker(address, works=False)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        walker.cookies.clear()
        walker.get(path)
        for answers in ((("go", "begin"),), *TESTIMONY, (("go", "submit"), ("q-receipt", "yes"))):
            began = time.perf_counter()
            walker.post(path, *answers)
            taken.append(time.perf_counter() - began)
            assert walker.status == 200, walker.status
    return taken


def test_a_step_while_twenty_people_are_on_their_way(tmp_path: Path) -> None:
    """Twenty at once without a pause between their steps: far more than twenty people who read."""
    with served(tmp_path) as site:
        path = site.paths()["call"]
        _many(site.address, path, "testimony", 5)
        with ThreadPoolExecutor(PEOPLE) as crowd:
            each = [crowd.submit(_steps, site.address, path, 10.0) for _person in range(PEOPLE)]
            taken = sorted(second for one in each for second in one.result())
    half, most = taken[len(taken) // 2], taken[int(len(taken) * 0.95)]
    print(
        f"\na step, {PEOPLE} people at once, no pauses: p50 {1000 * half:.0f} ms, "
        f"p95 {1000 * most:.0f} ms ({len(taken)} steps)"
    )
