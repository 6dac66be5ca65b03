"""What imports can't show: relations point down, routes say who may pass, every field is known."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.views import LoginView
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver
from wagtail.models import ReferenceIndex, RevisionMixin
from wagtail.search.index import Indexed

from testimony.vault import withdrawal

ROOT = Path(__file__).resolve().parents[2]
OURS = ("vault", "intake", "curation", "survey", "report", "cms", "accounts")
HEIGHT = {"vault": 0, "intake": 1, "curation": 2, "survey": 3, "report": 4, "cms": 5}
INVENTORY = ROOT / "docs" / "data-inventory.md"
CLASSES = {"clear", "sealed", "keyring", "public", "editorial", "staff"}


def our_models() -> Iterator[type[models.Model]]:
    for label in OURS:
        yield from apps.get_app_config(label).get_models(include_auto_created=True)


def our_fields() -> Iterator[str]:
    for model in our_models():
        for field in model._meta.get_fields(include_hidden=True):
            if (isinstance(field, models.Field) and not field.remote_field) or (
                isinstance(field, models.ForeignKey | models.ManyToManyField)
            ):
                yield f"{model._meta.app_label}.{model.__name__}.{field.name}"


def routes(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for item in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(item, URLResolver):
            yield from routes(item.url_patterns, prefix + str(item.pattern))
        elif isinstance(item, URLPattern):
            yield prefix + str(item.pattern), item.callback


@pytest.mark.parametrize("model", list(our_models()), ids=lambda model: model._meta.label)
def test_relations_point_down_and_the_vault_points_at_nobody(model: type[models.Model]) -> None:
    label = model._meta.app_label
    if label == "accounts":
        return
    for field in model._meta.get_fields():
        target = getattr(field, "related_model", None)
        if not isinstance(field, models.ForeignKey | models.ManyToManyField) or target is None:
            continue
        other = target._meta.app_label
        if target._meta.label == settings.AUTH_USER_MODEL or other not in HEIGHT:
            assert label != "vault" or target._meta.label == settings.AUTH_USER_MODEL
            continue
        assert HEIGHT[other] <= HEIGHT[label], f"{model._meta.label}.{field.name} points up"


def test_every_journey_and_receipt_route_carries_the_privacy_policy() -> None:
    private = [
        (path, view)
        for path, view in routes()
        if getattr(view, "__module__", "").startswith(("testimony.", "consultation."))
        and not path.startswith("admin/")
    ]
    assert len(private) >= 4
    for path, view in private:
        assert getattr(view, "is_private", False), f"/{path} is not marked private"


def test_every_editorial_route_of_ours_names_its_permission() -> None:
    editorial = [
        (path, view)
        for path, view in routes()
        if path.startswith(("admin/vault/", "admin/consultation-reports/", "admin/intake/"))
    ]
    assert len(editorial) >= 5
    for path, view in editorial:
        assert getattr(view, "permission", ""), f"/{path} names no permission"


def test_there_is_one_door_for_logging_in() -> None:
    """No other route asks for a password: it would know no second factor and no throttle."""
    first: dict[str, Any] = {}
    for path, view in routes():
        first.setdefault(path, view)
    for path, view in first.items():
        made_of = getattr(view, "view_class", view)
        assert not (isinstance(made_of, type) and issubclass(made_of, LoginView)), f"/{path}"
    assert {path for path in first if "login" in path} == {
        "admin/login/",
        "admin/login/code/",
    }


def test_the_data_inventory_knows_every_field_and_no_other() -> None:
    listed = {}
    for line in INVENTORY.read_text(encoding="utf-8").splitlines():
        row = re.match(r"\| `(\S+)` \| (\w+) \| .+ \|$", line)
        if row:
            listed[row[1]] = row[2]
    fields = set(our_fields())
    missing = sorted(fields - set(listed))
    lines = "\n".join(f"| `{name}` | CLASS | why |" for name in missing)
    assert not missing, f"paste into docs/data-inventory.md, with a class of {CLASSES}:\n{lines}"
    assert sorted(set(listed) - fields) == []
    assert set(listed.values()) <= CLASSES


def test_every_reference_to_a_record_has_a_withdrawal_handler() -> None:
    outside = {
        f"{model._meta.app_label}.{model.__name__}.{field.name}"
        for model in our_models()
        if model._meta.app_label != "vault"
        for field in model._meta.get_fields()
        if field.name in {"record_id", "record"}
    }
    assert outside == set(withdrawal.handlers())


def test_nothing_a_worker_sends_is_stored_with_a_time() -> None:
    for name in ("PendingRecord", "Record", "DataKey", "ReceiptVerifier", "SealedDraft"):
        model = apps.get_model("vault", name)
        for field in model._meta.get_fields():
            assert not isinstance(field, models.DateTimeField | models.TimeField)
            assert not isinstance(field, models.AutoField)
            assert not isinstance(field, models.GenericIPAddressField)


def test_no_index_of_the_site_notes_a_sealed_row() -> None:
    watched = [*apps.get_app_config("vault").get_models(), apps.get_model("curation", "Excerpt")]
    for model in watched:
        assert not ReferenceIndex.model_is_indexable(model), model
        assert not issubclass(model, Indexed | RevisionMixin), model


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    drawers = {"utils.py", "helpers.py", "services.py", "core.py", "common.py", "misc.py"}
    for package in ("cms", "consultation", "testimony"):
        assert not [file for file in (ROOT / package).rglob("*.py") if file.name in drawers]


def test_the_top_level_holds_what_was_agreed() -> None:
    agreed = {
        "cms", "consultation", "testimony", "templates", "manage.py", "tests", "pyproject.toml",
        "README.md", "Makefile", "docs", "LICENSE", "SECURITY.md", "CONTRIBUTING.md",
        "CHANGELOG.md", "locale", "requirements", ".ci", ".git", ".gitignore",
        ".pre-commit-config.yaml", ".python-version",
    }  # fmt: skip
    ignored = set((ROOT / ".gitignore").read_text(encoding="utf-8").replace("/", "").split())
    found = {item.name for item in ROOT.iterdir()} - ignored
    assert found <= agreed, found - agreed


def test_no_template_has_anything_inline() -> None:
    for file in (ROOT / "templates").rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|<style", text), file


def test_a_public_process_has_no_admin_route() -> None:

    program = (
        "import django; django.setup()\n"
        "from django.urls import get_resolver\n"
        "print([str(p.pattern) for p in get_resolver().url_patterns])"
    )
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.architecture.public_settings",
        "PATH": "/usr/bin",
    }
    shown = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "admin" not in shown
