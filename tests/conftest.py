"""The network is blocked: only this machine may be spoken to, and only where a test means to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_socket import socket_allow_hosts

from tests import factories


def pytest_runtest_setup() -> None:
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture
def consultation(db: Any) -> factories.Consultation:
    """A collection with two keyholders, an open call and an open survey."""
    return factories.consultation()


@pytest.fixture(scope="session")
def documents() -> dict[str, Any]:
    """The example campaign's two definitions."""
    folder = Path(__file__).resolve().parent.parent / "cms" / "demo"
    return {
        name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("call", "survey")
    }
