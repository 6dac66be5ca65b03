"""A proof can be checked by anybody, by addition, and comes out the same to the byte."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from consultation.disclosure.audit import Unreadable, audit
from consultation.disclosure.audit.__main__ import main
from consultation.disclosure.audit.checking import objections, read_proof
from consultation.disclosure.audit.proof import proof_of, written
from consultation.disclosure.audit.reading import Document, read
from tests.consultation.disclosure.test_audit_reading import as_json, page

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "docs" / "audit-proof.schema.json").read_text(encoding="utf-8"))
SAFE = Document("report.html", page())
UNSAFE = Document("report.html", page(("18", "25", "43"), ("[c]", "14", "17")))


def proof(*documents: Document) -> bytes:
    return written(proof_of(audit(read(documents))))


def content(*documents: Document) -> dict[str, Any]:
    found = json.loads(proof(*documents))
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("documents", [(SAFE,), (UNSAFE,), (SAFE, as_json())])
def test_a_proof_follows_its_schema_and_is_the_same_every_time(
    documents: tuple[Document, ...],
) -> None:
    jsonschema.validate(content(*documents), SCHEMA)
    assert proof(*documents) == proof(*documents)
    assert objections(proof(*documents), read(documents)) == []


def test_the_schema_allows_nothing_it_does_not_name() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**content(SAFE), "secret": 3}, SCHEMA)


def test_a_proof_names_files_policy_and_versions() -> None:
    found = content(SAFE)
    assert found["verdict"] == "adequate"
    assert found["policy"]["k"] == 5
    assert [file["name"] for file in found["files"]] == ["report.html"]
    assert len(found["files"][0]["sha256"]) == 64
    assert {"highspy", "python", "auditor"} == set(found["versions"])


def test_every_witness_adds_up() -> None:
    found = content(SAFE)
    assert len(found["hidden"]) == 4
    for cell in found["hidden"]:
        for end, limit in (("least", "low"), ("greatest", "high")):
            known = dict(found["forced"])
            for block in found["blocks"]:
                known |= dict(zip(block["cells"], block["assignments"][0], strict=True))
            for chosen in cell[end]:
                block = found["blocks"][chosen["block"]]
                numbers = block["assignments"][chosen["assignment"]]
                known |= dict(zip(block["cells"], numbers, strict=True))
            assert sum(known[name] for name in cell["sum_of"]) == cell["range"][limit]
            inner = [
                known[f"hours#people=60 [fixed={row}, mode={column}]"]
                for row in ("yes", "no")
                for column in ("street", "online")
            ]
            assert inner[0] + inner[1] == 43
            assert inner[0] + inner[2] == 21
            assert min(inner) >= 0


def test_a_proof_of_a_breach_holds_too() -> None:
    found = content(UNSAFE)
    assert found["verdict"] == "breach"
    finding = next(item for item in found["findings"] if item["rule"] == "range")
    assert finding["range"] == {"low": 3, "high": 3}
    assert finding["cell"] == "fixed = No, mode = Street"


def change(found: dict[str, Any], what: str) -> None:
    if what == "range":
        found["hidden"][0]["range"]["high"] += 1
    elif what == "assignment":
        numbers = found["blocks"][0]["assignments"][0]
        numbers[0] += 1
    elif what == "in a circle":
        numbers = found["blocks"][0]["assignments"][0]
        assert len(numbers) == 4
        numbers[:] = [n + 100 * sign for n, sign in zip(numbers, (1, -1, -1, 1), strict=True)]
    elif what == "negative":
        numbers = found["blocks"][0]["assignments"][0]
        numbers[:] = [-number for number in numbers]
    elif what == "verdict":
        found["verdict"] = "adequate" if found["verdict"] == "breach" else "breach"
    elif what == "finding":
        found["findings"] = found["findings"][1:]
    elif what == "digest":
        found["files"][0]["sha256"] = "0" * 64
    elif what == "policy":
        found["policy"]["min_base"] = 11
    elif what == "hidden":
        found["hidden"] = found["hidden"][1:]
    elif what == "forced":
        found["forced"] = {**found["forced"], next(iter(found["forced"])): 99}
    elif what == "blocks":
        found["blocks"] = []
    elif what == "reading":
        found["reading"] = 1


@pytest.mark.parametrize(
    "what",
    [
        "range", "assignment", "in a circle", "negative", "verdict", "digest", "hidden", "forced",
        "blocks", "reading",
    ],
)  # fmt: skip
def test_a_proof_that_was_changed_is_found_out(what: str) -> None:
    found = content(SAFE)
    change(found, what)
    assert objections(written(found), read([SAFE]))


@pytest.mark.parametrize("what", ["verdict", "finding"])
def test_a_breach_can_not_be_written_away(what: str) -> None:
    found = content(UNSAFE)
    change(found, what)
    assert objections(written(found), read([UNSAFE]))


def test_a_proof_about_other_files_proves_nothing() -> None:
    assert objections(proof(SAFE), read([UNSAFE])) == ["The proof is about other files."]
    assert objections(proof(SAFE), read([SAFE, as_json()]))


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (b"{", "not JSON"),
        (b"[]", "format"),
        (b'{"format": "other"}', "format"),
        (b'{"format":"at-the-table/audit-proof/1"}', "bytes"),
        (written({"format": "at-the-table/audit-proof/1"}), "lacks"),
    ],
)
def test_what_is_no_proof_is_refused(broken: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        objections(broken, read([SAFE]))


def test_a_policy_below_the_floor_is_refused_in_a_proof() -> None:
    found = content(SAFE)
    found["policy"]["k"] = 2
    with pytest.raises(Unreadable, match="smaller than 5"):
        objections(written(found), read([SAFE]))


# The command line


def put(folder: Path, *documents: Document) -> list[str]:
    for document in documents:
        (folder / document.name).write_bytes(document.content)
    return [str(folder / document.name) for document in documents]


def test_an_outsider_audits_writes_a_proof_and_checks_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = put(tmp_path, SAFE, as_json())
    where = str(tmp_path / "proof.json")
    assert main([*files, "--proof", where]) == 0
    assert capfd.readouterr().out == "4 hidden numbers, 0 findings.\nAdequate.\n"
    assert main(["--verify", where, *files]) == 0
    assert capfd.readouterr().out == "The proof holds.\n"
    assert read_proof(Path(where).read_bytes())["verdict"] == "adequate"


def test_a_breach_is_told_and_ends_with_one(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = put(tmp_path, UNSAFE)
    assert main(files) == 1
    told = capfd.readouterr().out
    assert "[range] fixed = No, mode = Street" in told
    assert "exactly 3" in told
    assert told.endswith("Not adequate.\n")


def test_editions_can_be_named_on_the_command_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    other = Document("second.html", page(("18", "25", "43")))
    first, second = put(tmp_path, SAFE, other)
    assert main(["--edition", "1", first, "--edition", "2", second]) == 1
    assert "exactly 3" in capfd.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["nowhere.html"], ["--k", "2", "nowhere.html"], ["--verify", "no.json", "x"]]
)
def test_what_can_not_be_read_ends_with_two(
    arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert "Can't audit" in capfd.readouterr().err


def test_a_very_large_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("consultation.disclosure.audit.reading.LARGEST", 100)
    assert main(put(tmp_path, SAFE)) == 2
    assert "larger than 100 bytes" in capfd.readouterr().err


def test_a_stricter_policy_can_be_asked_for(tmp_path: Path) -> None:
    (file,) = put(tmp_path, SAFE)
    assert main([file]) == 0
    assert main([file, "--k", "18"]) == 1


def test_checking_a_proof_needs_no_solver(tmp_path: Path) -> None:
    files = put(tmp_path, SAFE)
    (tmp_path / "proof.json").write_bytes(proof(SAFE))
    blind = tmp_path / "blind"
    blind.mkdir()
    for name in ("highspy", "numpy"):
        (blind / f"{name}.py").write_text("raise ImportError", encoding="utf-8")
    command = [sys.executable, "-m", "consultation.disclosure.audit", "--verify"]
    done = subprocess.run(
        [*command, str(tmp_path / "proof.json"), *files],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(blind)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "The proof holds.\n"), done.stderr
