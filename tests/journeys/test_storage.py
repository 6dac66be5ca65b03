"""The real server under many people, and what its disk holds afterwards. Both databases."""

from __future__ import annotations

import base64
import os
import subprocess
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.site import RunningSite
from tests.walker import AGREE, RESPONSE, TESTIMONY, Walker, walk

MARK = "KanarienvogelQz7"


def test_fifty_people_at_once_are_fifty_records(site: RunningSite) -> None:
    paths = site.paths()
    before = site.records()

    def one(number: int) -> list[str]:
        name, pages = (("call", TESTIMONY), ("survey", RESPONSE))[number % 2]
        return walk(Walker(site.address), paths[name], pages)

    with ThreadPoolExecutor(50) as crowd:
        receipts = list(crowd.map(one, range(50)))
    assert site.records() == before + 50
    assert len({tuple(words) for words in receipts}) == 50
    assert all(len(words) == 6 for words in receipts)


def test_the_last_button_pressed_twice_at_once_stores_one_record(site: RunningSite) -> None:
    path = site.paths()["call"]
    walker = Walker(site.address)
    walker.get(path)
    walker.post(path, ("go", "begin"))
    for answers in TESTIMONY:
        walker.post(path, *answers)
    before = site.records()

    def press(_time: int) -> str:
        twin = Walker(site.address)
        twin.cookies = dict(walker.cookies)
        twin.body = walker.body
        twin.post(path, ("go", "submit"), ("q-receipt", "yes"))
        return twin.text

    with ThreadPoolExecutor(6) as fingers:
        shown = list(fingers.map(press, range(6)))
    assert site.records() == before + 1
    assert len(set(shown)) >= 1
    assert all("Here are your six words" in page for page in shown)


def test_nothing_readable_is_left_on_the_disk(site: RunningSite) -> None:
    """Plant marks in every field; finish, fail, go back, abandon, leave, withdraw; then search."""
    paths = site.paths()
    long_mark = f"{MARK} " * 400
    # A finished journey, with an error page and a step back on the way.
    walker = Walker(site.address)
    path = paths["call"]
    walker.get(path)
    walker.post(path, ("go", "begin"))
    walker.post(path, *TESTIMONY[0])
    walker.post(path, *TESTIMONY[1])
    walker.post(path)
    walker.post(path, ("q-story", f"{MARK} " * 9000), ("q-helped", MARK))
    assert walker.status == 422
    assert MARK in walker.text
    walker.post(path, ("q-story", long_mark), ("q-helped", MARK))
    walker.post(path, *TESTIMONY[4])
    walker.post(path, ("go", "back"), ("q-hopes", MARK))
    walker.post(path, *TESTIMONY[4])
    walker.post(path, ("q-hopes", MARK))
    walker.post(path, ("go", "submit"), ("q-receipt", "yes"))
    assert "Here are your six words" in walker.text
    # One abandoned, one left, one tampered with, one that crashes into a missing step.
    for ending in ("abandon", "leave", "tamper", "stale"):
        other = Walker(site.address)
        other.get(path)
        other.post(path, ("go", "begin"))
        other.post(path, *TESTIMONY[0])
        other.post(path, *AGREE, ("q-describe", "nothing"))
        other.post(path)
        other.post(path, ("q-story", MARK))
        if ending == "leave":
            other.get("/leave")
        if ending == "tamper":
            other.post(path, ("step", MARK), ("q-story", MARK), (MARK, MARK))
        if ending == "stale":
            other.cookies.clear()
            other.post(path, ("q-story", MARK))
            assert MARK in other.text
    # The survey, and a withdrawal.
    other = Walker(site.address)
    words = walk(other, paths["survey"], (*RESPONSE[:-1], (("q-else", MARK),)))
    other.get("/receipt/en/")
    other.post("/receipt/en/", ("code", " ".join(words)), ("go", "withdraw"))
    assert "We hold nothing for these words" in other.text
    found = [str(file) for file in everything_kept(site) if holds(file, MARK)]
    assert found == []
    assert b"/t/" not in site.log()
    assert b"/s/" not in site.log()


def everything_kept(site: RunningSite) -> list[Path]:
    files = [
        file for file in site.state.rglob("*") if file.is_file() and "static" not in file.parts
    ]
    if "DATABASE_URL" in site.environment:
        cluster = subprocess.run(
            ["psql", "-Atc", "show data_directory"], capture_output=True, text=True, check=True
        ).stdout.strip()
        subprocess.run(["psql", "-qc", "checkpoint"], check=True)
        files += [file for file in Path(cluster).rglob("*") if file.is_file()]
        log = os.environ.get("PG_LOG")
        files += [Path(log)] if log else []
    assert any(file.suffix == ".sqlite3" for file in files) or "DATABASE_URL" in site.environment
    return files


def holds(file: Path, mark: str) -> bool:
    """Whether a file holds the mark in clear, base64 (any offset), UTF-16, or deflated."""
    raw = file.read_bytes()
    text = mark.encode()
    if text in raw or mark.encode("utf-16-le") in raw:
        return True
    if any(base64.b64encode(b"x" * pad + text)[4:-4] in raw for pad in range(3)):
        return True
    start = raw.find(b"\x78")
    while start != -1:
        if raw[start + 1 : start + 2] in (b"\x01", b"\x5e", b"\x9c", b"\xda"):
            try:
                if text in zlib.decompressobj().decompress(raw[start : start + 65536]):
                    return True
            except zlib.error:
                pass
        start = raw.find(b"\x78", start + 1)
    return False


def test_the_search_would_find_a_mark(tmp_path: Path) -> None:
    """The canary test can fail: each hiding place is found when something is hidden there."""
    text = MARK.encode()
    for number, hidden in enumerate(
        (text, base64.b64encode(b"xx" + text + b"y"), MARK.encode("utf-16-le"), zlib.compress(text))
    ):
        file = tmp_path / str(number)
        file.write_bytes(b"before" + hidden + b"after")
        assert holds(file, MARK)
