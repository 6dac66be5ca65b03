"""Serve the example site on this machine with gunicorn, on the first free port."""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

_TRIES = 50


class Command(BaseCommand):
    help = "Serve the site on 127.0.0.1. A port that is taken is named, and the next one tried."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        port = self._free_port(options["port"])
        self.stdout.write("")
        self.stdout.write(self.style.SUCCESS(f"The site:  http://127.0.0.1:{port}/"))
        self.stdout.write(self.style.SUCCESS(f"The admin: http://127.0.0.1:{port}/admin/"))
        self.stdout.write("Stop it with Ctrl-C.")
        self.stdout.flush()
        os.execv(
            sys.executable,
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
        )

    def _free_port(self, wanted: int) -> int:
        for port in range(wanted, wanted + _TRIES):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    self.stdout.write(f"Port {port} is taken; trying {port + 1}.")
                    continue
                return port
        raise CommandError(f"No free port between {wanted} and {wanted + _TRIES}.")
