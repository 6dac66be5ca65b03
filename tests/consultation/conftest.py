"""Databases of a test's own, for what the suite's rolled-back transactions hide."""

from tests.testimony.vault.conftest import migrated_database, own

__all__ = ["migrated_database", "own"]
