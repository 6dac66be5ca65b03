"""Open keys follow a keyholder from worker to worker, and from host to host on one database."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.site import ROOT, RunningSite, free_port, wait_for
from tests.walker import Walker

on_postgresql = pytest.mark.skipif(
    os.environ.get("TEST_DATABASE") != "postgresql", reason="SQLite is one host by design"
)


def logged_in(site: RunningSite, name: str) -> Walker:
    """A browser in which somebody gave password and code, by the site's own pages."""
    walker = Walker(site.address)
    walker.get("/admin/login/")
    password = site.logins[name]["password"]
    walker.post("/admin/login/", ("username", name), ("password", password))
    walker.post("/admin/login/code/", ("code", site.manage("demo_code", name).strip()))
    assert walker.status == 200
    assert "Sign out" in walker.text or "/admin/logout/" in walker.text
    return walker


def unlock(walker: Walker, site: RunningSite, name: str) -> None:
    walker.get("/admin/vault/unlock/")
    collection = site.shell(
        "import json; from testimony.vault.models import Collection as C;"
        "print(json.dumps(str(C.objects.get().pk)))"
    )
    walker.post(
        "/admin/vault/unlock/",
        ("collection", collection),
        ("passphrase", site.logins[name]["passphrase"]),
        ("reason", "To try it"),
    )
    assert "u" in walker.cookies, walker.text


def is_open(walker: Walker) -> bool:
    walker.get("/admin/vault/tallies/")
    assert walker.status == 200
    return "Your keys are open." in walker.text


def test_any_worker_serves_the_next_request(site: RunningSite) -> None:
    walker = logged_in(site, "keyholder")
    unlock(walker, site, "keyholder")
    before = site.workers()

    def look(_number: int) -> bool:
        other = Walker(site.address)
        other.cookies = dict(walker.cookies)
        return is_open(other)

    with ThreadPoolExecutor(8) as windows:  # at once, so that one worker can't take them all
        assert all(windows.map(look, range(64)))
    after = site.workers()
    assert len(after) == 2
    assert all(after[pid] > before[pid] for pid in after), "both workers served some of it"
    walker.post("/admin/vault/lock/")
    for _request in range(6):
        walker.connection.close()
        assert not is_open(walker)


@pytest.fixture
def other_host(site: RunningSite, tmp_path: Path) -> Iterator[RunningSite]:
    """A second server with folders of its own, the same database and the same secrets."""
    state = tmp_path / "host"
    state.mkdir(mode=0o700)
    for name in ("secret-key", "receipt-pepper", "logins.json"):
        shutil.copy(site.state / name, state / name)
    shutil.copytree(site.state / "static", state / "static")
    environment = {**site.environment, "AT_THE_TABLE_STATE": str(state), "TMPDIR": str(state)}
    port = free_port()
    with (state / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [
                sys.executable, "-m", "gunicorn", "cms.wsgi:application",
                f"--bind=127.0.0.1:{port}", "--workers=2", "--no-control-socket",
                "--log-level=warning",
            ],
            cwd=ROOT, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(address)
            yield RunningSite(address, state, environment, server.pid)
        finally:
            server.terminate()
            server.wait(30)


@on_postgresql
def test_keys_opened_on_one_host_are_open_on_the_other_and_locked_on_both(
    site: RunningSite, other_host: RunningSite
) -> None:
    here = logged_in(site, "peer")
    unlock(here, site, "peer")
    there = Walker(other_host.address)
    there.cookies = dict(here.cookies)
    assert is_open(here)
    assert is_open(there)
    there.post("/admin/vault/lock/")
    assert not is_open(here)
    assert not is_open(there)


@on_postgresql
def test_neither_host_keeps_anything_that_opens(site: RunningSite, other_host: RunningSite) -> None:
    here = logged_in(site, "peer")
    unlock(here, site, "peer")
    secret = here.cookies["u"].strip('"').encode()
    passphrase = site.logins["peer"]["passphrase"].encode()
    for host in (site, other_host):
        for file in host.state.rglob("*"):
            if file.is_file() and file.name != "logins.json" and "static" not in file.parts:
                held = file.read_bytes()
                assert secret not in held, file
                assert passphrase not in held, file
    here.post("/admin/vault/lock/")
