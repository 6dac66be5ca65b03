"""The real site, seeded and served by gunicorn with two workers, on either database."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class RunningSite:
    """A served site: its address, where it keeps things, and how to ask it for more."""

    address: str
    state: Path
    environment: dict[str, str]
    pid: int

    def manage(self, *arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def shell(self, code: str) -> Any:
        """Run Python in the site and return what it prints, read as JSON."""
        return json.loads(self.manage("shell", "-v", "0", "-c", code))

    def records(self) -> int:
        return int(
            self.shell(
                "from testimony.vault.models import PendingRecord, Record\n"
                "print(PendingRecord.objects.count() + Record.objects.count())"
            )
        )

    @property
    def logins(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = json.loads((self.state / "logins.json").read_text())
        return found

    def paths(self) -> dict[str, str]:
        """The journeys' addresses in English."""
        found: dict[str, str] = self.shell(
            "import json\n"
            "from consultation.survey.models import Survey\n"
            "from testimony.intake.models import Call\n"
            "print(json.dumps({'call': f'/t/{Call.objects.first().public_id}/en/',"
            " 'survey': f'/s/{Survey.objects.first().public_id}/en/'}))"
        )
        return found

    def workers(self) -> dict[int, int]:
        """Each worker process of the server, and the clock ticks it has used."""
        found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        ticks = {}
        for child in found:
            fields = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()
            ticks[int(child)] = int(fields[11]) + int(fields[12])
        return ticks

    def log(self) -> bytes:
        return (self.state / "server.log").read_bytes()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(state: Path) -> Iterator[RunningSite]:
    """Seed the example campaign into ``state`` and serve it until the end."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "cms.settings.development",
        "AT_THE_TABLE_STATE": str(state),
        "TMPDIR": str(state),
    }
    if os.environ.get("TEST_DATABASE") == "postgresql":
        name = f"site_{os.getpid()}_{int(time.time())}"
        subprocess.run(["createdb", name], check=True)
        user, password = os.environ["PGUSER"], os.environ["PGPASSWORD"]
        host, port = os.environ["PGHOST"], os.environ["PGPORT"]
        environment["DATABASE_URL"] = f"postgres://{user}:{password}@{host}:{port}/{name}"
    port = free_port()
    site = RunningSite(f"http://127.0.0.1:{port}", state, environment, 0)
    site.manage("migrate", "--verbosity", "0")
    site.manage("collectstatic", "--noinput", "--verbosity", "0")
    site.manage("seed_demo")
    with (state / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "cms.wsgi:application",
                f"--bind=127.0.0.1:{port}",
                "--workers=2",
                "--no-control-socket",
                "--log-level=warning",
            ],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(site.address)
            yield RunningSite(site.address, state, environment, server.pid)
        finally:
            server.terminate()
            server.wait(30)


def wait_for(address: str) -> None:
    """Wait until a server answers.

    Raises:
        TimeoutError: when it doesn't within half a minute.
    """
    for _attempt in range(150):
        try:
            urllib.request.urlopen(address + "/check/", timeout=2).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError("The site did not come up.")
