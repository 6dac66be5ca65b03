"""The public site, its settings, its words, and what its log may say."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client, RequestFactory

from cms.demo.responses import survey_responses
from cms.logging import WithoutRequest
from cms.policies import ContentPolicyMiddleware
from consultation.disclosure.questions import protect_questions
from consultation.disclosure.tables import Policy
from consultation.survey.tally import Tally
from testimony.wizard import definition as definitions
from testimony.wizard import privacy
from tests.factories import DEMO, document

ROOT = Path(__file__).resolve().parents[2]


def test_both_stylesheets_share_the_same_tokens() -> None:
    def tokens(name: str) -> str:
        css = (ROOT / "cms/static/cms" / name).read_text(encoding="utf-8")
        return css.split("@layer base")[0]

    assert tokens("site.css") == tokens("private.css")


def test_the_stylesheets_fetch_nothing() -> None:
    for file in (ROOT / "cms/static/cms").glob("*.css"):
        assert "url(" not in file.read_text(encoding="utf-8")
        assert "@import" not in file.read_text(encoding="utf-8")


def test_every_sentence_has_its_french(tmp_path: Path) -> None:
    catalogue = (ROOT / "locale/fr/LC_MESSAGES/django.po").read_text(encoding="utf-8")
    entries = catalogue.split("\n\n")[1:]
    assert len(entries) > 300
    for entry in entries:
        assert "fuzzy" not in entry
        assert not re.search(r'^msgstr(\[\d\])? ""(?!\n")', entry, re.MULTILINE), entry


def test_the_catalogue_holds_every_sentence_of_the_code() -> None:
    file = ROOT / "locale/fr/LC_MESSAGES/django.po"
    kept = file.read_bytes()
    try:
        call_command(
            "makemessages",
            locale=["fr"],
            no_obsolete=True,
            no_location=True,
            ignore_patterns=[".venv/*", "tests/*"],
            verbosity=0,
        )
        gathered = _sentences(file.read_text(encoding="utf-8"))
    finally:
        file.write_bytes(kept)
    assert gathered == _sentences(kept.decode()), "run make messages and translate what is new"


def _sentences(catalogue: str) -> set[str]:
    found = re.findall(r'^msgid ((?:"[^\n]*"\n)+)', catalogue, re.MULTILINE)
    return {"".join(re.findall(r'"(.*)"', lines)) for lines in found}


@pytest.mark.parametrize(
    "missing", ["SECRET_KEY", "VAULT_PEPPER", "DATABASE_URL", "ALLOWED_HOSTS", "SITE_ROLE"]
)
def test_production_says_which_variable_is_missing(missing: str) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "cms.settings.production",
        "SECRET_KEY": "x" * 60,
        "VAULT_PEPPER": "y" * 60,
        "DATABASE_URL": "sqlite:////tmp/none.sqlite3",
        "ALLOWED_HOSTS": "example.org",
        "SITE_ADDRESS": "https://example.org",
        "DATA_DIR": "/tmp/none",
        "SITE_ROLE": "all",
    }
    del environment[missing]
    stopped = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert stopped.returncode != 0
    assert f"Set {missing} in the environment" in stopped.stderr


def test_a_log_line_has_no_request_no_query_and_no_message_of_an_error() -> None:
    try:
        raise ValueError("her own words")
    except ValueError:
        record = logging.LogRecord(
            "django.request", logging.ERROR, __file__, 1, "Error at %s", ("/t/x/?q=secret",),
            sys.exc_info(),
        )  # fmt: skip
    record.__dict__["request"] = object()
    assert WithoutRequest().filter(record)
    line = logging.Formatter("%(message)s").format(record)
    assert "her own words" not in line
    assert "secret" not in line
    assert "ValueError at" in line
    assert "request" not in record.__dict__


@pytest.mark.parametrize(("status", "line"), [(422, None), (404, None), (503, None)])
def test_a_persons_slip_makes_no_line_and_a_server_error_names_no_page(
    status: int, line: str | None
) -> None:
    record = logging.LogRecord(
        "django.request", logging.WARNING, __file__, 1, "%s: %s", ("Sorry", "/t/abc/en/"), None
    )
    record.__dict__["status_code"] = status
    assert WithoutRequest().filter(record) is (line is not None)
    if line:
        assert line in record.getMessage()
        assert "/t/" not in record.getMessage()


def test_the_admins_policy_blesses_known_initialisers_only() -> None:
    page = (
        b'<script>initDateChooser("id_go_live_at", {"format": "Y-m-d"});</script>'
        b"<script>fetch('https://elsewhere.example')</script>"
        b'<script>initDateChooser("x"); steal()</script>'
    )
    middleware = ContentPolicyMiddleware(lambda _request: HttpResponse(page))
    response = middleware(RequestFactory().get("/admin/"))
    assert response.content.count(b"nonce=") == 1
    assert b"<script>fetch" in response.content
    assert b'<script>initDateChooser("x"); steal' in response.content
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "'nonce-" in policy


@pytest.mark.parametrize("name", ["call", "survey"])
def test_the_example_definitions_are_whole_in_both_languages(name: str) -> None:
    found = definitions.parse(document(name))
    assert found.languages == ("en", "fr")
    assert found.sections[0].is_age_check
    assert found.support


def test_the_example_testimonies_fit_their_call_and_quote_only_who_agreed() -> None:
    call = definitions.parse(document("call"))
    testimonies = document("testimonies")
    themes = {theme["key"] for theme in document("themes")}
    stories = [item["answers"].get("story") for item in testimonies]
    told = [story for story in stories if story]
    assert len(testimonies) >= 60
    assert len(set(told)) == len(told)
    for item in testimonies:
        assert set(item["answers"]) <= {question.key for question in call.questions()}
        if item["passage"]:
            assert item["passage"]["theme"] in themes
            assert item["passage"]["text"] in item["answers"]["story"]
            assert item["answers"]["words"] == "quote"
            assert item["answers"]["audience"] == "public"


def test_the_example_responses_are_always_the_same_and_mostly_safe_to_show() -> None:
    survey = definitions.parse(document("survey"))
    responses = survey_responses()
    assert responses == survey_responses()
    assert len(responses) >= 240
    tally = Tally(survey)
    for response in responses:
        answers = dict(response["answers"])
        tally.add(
            {
                "answers": answers,
                "consents": {"count": answers.pop("count")},
                "language": response["language"],
                "channel": "web",
            }
        )
    verdicts = [table.verdict for table in protect_questions(tally.tables(), policy=Policy())]
    assert verdicts.count("shown") >= 9


def test_no_example_figure_is_typed_into_the_reports_prose() -> None:
    report = document("report")
    for part in ("summary", "about", "method", "limits"):
        for paragraph in report[part]:
            assert not re.search(r"\d", paragraph)


def test_example_content_keeps_to_the_words_we_use() -> None:
    for file in DEMO.glob("*.json"):
        text = json.dumps(json.loads(file.read_text(encoding="utf-8")), ensure_ascii=False).lower()
        assert "prostitut" not in text


def test_a_missing_page_is_a_clear_page(client: Client, db: Any) -> None:
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert b"There is no such page" in response.content
    assert "script-src 'none'" in response["Content-Security-Policy"]


@pytest.mark.parametrize("language", ["en", "fr", "xx"])
@pytest.mark.parametrize("door", ["t", "s"])
def test_a_journey_that_is_not_there_keeps_the_privacy_of_those_that_are(
    client: Client, db: Any, door: str, language: str
) -> None:
    response = client.get(f"/{door}/abcdefghjk/{language}/")
    assert response.status_code == 404
    for name, value in privacy.HEADERS.items():
        assert response[name] == value
    page = response.content.decode()
    assert "cms/site.css" not in page
    assert "mark.svg" not in page
    assert f'lang="{"fr" if language == "fr" else "en"}"' in page
