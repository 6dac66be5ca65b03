from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.testimony.vault.databases import OwnDatabase, migrated


@pytest.fixture(scope="session")
def migrated_database(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OwnDatabase]:
    """The migrated schema, to be copied. Made before any test's own transaction begins."""
    with django_db_blocker.unblock():
        made = migrated(tmp_path_factory.mktemp("databases"))
        yield made
        made.drop()


@pytest.fixture
def own(migrated_database: OwnDatabase, db: Any) -> Iterator[OwnDatabase]:
    """A database of this test's own, beside the suite's, which nothing rolls back."""
    made = migrated_database.copy()
    yield made
    made.drop()
