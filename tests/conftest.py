"""The network is blocked: only this machine may be spoken to, and only where a test means to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from pytest_django.plugin import blocking_manager_key
from pytest_socket import socket_allow_hosts

from tests import factories

# The same examples in every run, and no clock: a run must fail for what changed, not for its luck.
# With HYPOTHESIS_ROAM=1 other examples are drawn each time; do that now and then.
settings.register_profile("suite", deadline=None, derandomize=not os.environ.get("HYPOTHESIS_ROAM"))
settings.load_profile("suite")


def pytest_runtest_setup() -> None:
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """A test that commits is followed by an emptied database: lay the ground of pages again.

    Later files of the same process count on the root page that the migrations made.
    """
    yield
    if _commits(item):
        with item.config.stash[blocking_manager_key].unblock():
            _lay_ground()


def _commits(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    names = getattr(item, "fixturenames", ())
    return "transactional_db" in names or bool(marker and marker.kwargs.get("transaction"))


def _lay_ground() -> None:
    from wagtail.models import Collection, Locale, Page  # noqa: PLC0415

    locale, _made = Locale.objects.get_or_create(language_code="en")
    if not Page.objects.exists():
        Page.add_root(title="Root", slug="root", locale=locale)
    if not Collection.objects.exists():
        Collection.add_root(name="Root")


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
