"""The organisation's recovery key: made offline, trusted, used by two people with two sheets."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from testimony.vault import custody, recovery, sealing, shares, unlock
from testimony.vault.custody import CeremonyRefused
from testimony.vault.envelope import Kind
from testimony.vault.models import (
    AuditEntry,
    Custody,
    Epoch,
    EpochGrant,
    Keyholder,
    RecoveryKey,
)
from testimony.vault.recovery import NotARecoveryFile
from tests.factories import Consultation, user
from tests.testimony.vault.test_custody import grant_of, opened, seal

ROOT = Path(__file__).resolve().parents[3]


def offline(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command as on a machine without a database, a network, or any setting of ours."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


def words_on(sheet: Path) -> str:
    """The words of a printed sheet, read off the paper."""
    text = subprocess.run(
        ["pdftotext", "-layout", str(sheet), "-"], capture_output=True, text=True, check=True
    ).stdout
    numbered = re.findall(r"\b(\d{1,2})\s+([a-z]{4,8})\b", text)
    found = {int(number): word for number, word in numbered if int(number) <= 33}
    assert sorted(found) == list(range(1, 34))
    return " ".join(found[number] for number in range(1, 34))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recovery kit, made by the real command in a process of its own."""
    made = tmp_path_factory.mktemp("kit") / "sheets"
    done = offline("recovery_kit", "make", "--organisation", "The organisation", "--out", str(made))
    assert done.returncode == 0, done.stderr
    return made


def trusted(consultation: Consultation, folder: Path) -> RecoveryKey:
    half = recovery.read_public_half((folder / "public-half.txt").read_text())
    key = custody.register_recovery_key(
        by=consultation.keyholder, suite=half.suite, public=half.public
    )
    custody.trust_recovery_key(by=consultation.keyholder, grant=consultation.grant(), key=key)
    return key


def test_the_kit_is_three_sheets_and_a_public_half_for_their_owner_alone(folder: Path) -> None:
    assert sorted(file.name for file in folder.iterdir()) == [
        "public-half.txt",
        "sheet-1-of-3.pdf",
        "sheet-2-of-3.pdf",
        "sheet-3-of-3.pdf",
    ]
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_any_two_sheets_read_off_the_paper_show_the_fingerprint_of_their_kit(folder: Path) -> None:
    sheets = [words_on(folder / f"sheet-{number}-of-3.pdf") for number in (1, 2, 3)]
    half = recovery.read_public_half((folder / "public-half.txt").read_text())
    for one, other in ((0, 1), (0, 2), (1, 2)):
        checked = offline("recovery_kit", "check", typed=f"{sheets[one]}\n{sheets[other]}\n")
        assert recovery.in_groups(half.fingerprint) in checked.stdout, checked.stderr
    failed = offline("recovery_kit", "check", typed=f"{sheets[0]}\n{sheets[0]}\n")
    assert failed.returncode != 0
    assert "Traceback" not in failed.stderr


def test_a_kit_is_never_written_over_another(folder: Path) -> None:
    again = offline("recovery_kit", "make", "--organisation", "X", "--out", str(folder))
    assert again.returncode != 0
    assert "is there already" in again.stderr


def test_the_command_needs_no_database(tmp_path: Path) -> None:
    shown = offline("recovery_kit", "check", typed="\n")
    assert "33" in shown.stdout + shown.stderr
    assert "Traceback" not in shown.stderr
    assert not (ROOT / "db.sqlite3").exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-5],
        lambda text: text.replace("attrk1", ""),
        lambda text: text[:40] + ("A" if text[40] != "A" else "B") + text[41:],
        lambda _text: "",
        lambda _text: "attrk1",
        lambda _text: "attrk1é%%%",
    ],
)
def test_a_public_half_that_is_not_whole_is_refused(folder: Path, spoil: object) -> None:
    text = (folder / "public-half.txt").read_text().strip()
    with pytest.raises(NotARecoveryFile, match="whole public half"):
        recovery.read_public_half(spoil(text))  # type: ignore[operator]
    wrapped = "\n".join(text[start : start + 60] for start in range(0, len(text), 60))
    assert recovery.read_public_half(wrapped).as_text() == text


def test_registering_a_key_gives_it_nothing_until_a_keyholder_trusts_it(
    consultation: Consultation, folder: Path
) -> None:
    half = recovery.read_public_half((folder / "public-half.txt").read_text())
    key = custody.register_recovery_key(
        by=consultation.keyholder, suite=half.suite, public=half.public
    )
    Epoch.objects.order_by("-month")[0].delete()
    custody.renew_epochs(by=None, collection=consultation.collection)
    assert not EpochGrant.objects.filter(recovery_key=key).exists()
    custody.trust_recovery_key(by=consultation.keyholder, grant=consultation.grant(), key=key)
    assert EpochGrant.objects.filter(recovery_key=key).count() == 4


def test_two_sheets_let_a_new_keyholder_in_when_everybody_lost_their_words(
    consultation: Consultation, folder: Path, tmp_path: Path
) -> None:
    seal(consultation)
    trusted(consultation, folder)
    # The only keyholder lost words and code; with a kit on the roster starting over is allowed.
    fresh = custody.start_over(by=consultation.keyholder)
    assert not EpochGrant.objects.filter(keyholder=fresh.keyholder).exists()
    key = RecoveryKey.objects.get()
    bundle = tmp_path / "bundle.json"
    bundle.write_text(
        recovery.write_bundle(
            by=None, collection=consultation.collection, key=key, keyholder=fresh.keyholder
        )
    )
    answer = tmp_path / "answer.json"
    sheets = [words_on(folder / f"sheet-{number}-of-3.pdf") for number in (3, 1)]
    done = offline(
        "recovery_kit", "open", str(bundle), "--out", str(answer),
        typed="yes\n" + "\n".join(sheets) + "\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    _collection, _keyholder, count = recovery.take_in(
        by=consultation.keyholder, text=answer.read_text()
    )
    assert count == 8
    consultation.passphrase = fresh.passphrase
    assert opened(consultation, consultation.grant()) == 1


def test_without_the_yes_to_the_fingerprint_nothing_is_opened(
    consultation: Consultation, folder: Path, tmp_path: Path
) -> None:
    key = trusted(consultation, folder)
    bundle = tmp_path / "bundle.json"
    bundle.write_text(
        recovery.write_bundle(
            by=None, collection=consultation.collection, key=key, keyholder=Keyholder.objects.get()
        )
    )
    refused = offline(
        "recovery_kit", "open", str(bundle), "--out", str(tmp_path / "a"), typed="no\n"
    )
    assert refused.returncode != 0
    assert not (tmp_path / "a").exists()


def _answer(consultation: Consultation, seed: bytes) -> str:
    key = RecoveryKey.objects.get()
    bundle = recovery.write_bundle(
        by=None, collection=consultation.collection, key=key, keyholder=Keyholder.objects.get()
    )
    return recovery.answer_bundle(bundle, seed)


def test_an_answer_made_without_the_sheets_puts_nobody_on_the_roster(
    consultation: Consultation, folder: Path
) -> None:
    """An administrator alone can't let a key of their own in by writing an answer by hand."""
    trusted(consultation, folder)
    intruder = custody.enrol_keyholder(by=None, user=user("intruder"))
    bundle = json.loads(
        recovery.write_bundle(
            by=None,
            collection=consultation.collection,
            key=RecoveryKey.objects.get(),
            keyholder=intruder.keyholder,
        )
    )
    forged = {
        "format": recovery.FORMAT,
        "token": bundle["token"],
        "epochs": {
            item["id"]: {"grant": item["sealed"], "answer": "AAAA"} for item in bundle["epochs"]
        },
    }
    for text in (
        json.dumps(forged),
        json.dumps({**forged, "epochs": {}}),
        json.dumps({**forged, "epochs": []}),
        json.dumps({**forged, "epochs": {"x": {}}}),
        json.dumps({**forged, "token": "x:y:z"}),
        json.dumps({"format": recovery.FORMAT}),
        "[]",
        "not json",
    ):
        with pytest.raises(NotARecoveryFile):
            recovery.take_in(by=consultation.keyholder, text=text)
    assert not Custody.objects.filter(keyholder=intruder.keyholder).exists()


def test_a_bundle_of_another_kit_or_a_changed_one_is_refused(
    consultation: Consultation, folder: Path
) -> None:
    trusted(consultation, folder)
    sheets = [words_on(folder / f"sheet-{number}-of-3.pdf") for number in (1, 2)]
    seed = shares.combine(sheets)
    with pytest.raises(NotARecoveryFile, match="another recovery kit"):
        _answer(consultation, b"x" * 32)
    text = recovery.write_bundle(
        by=None,
        collection=consultation.collection,
        key=RecoveryKey.objects.get(),
        keyholder=Keyholder.objects.get(),
    )
    bundle = json.loads(text)
    bundle["epochs"][0]["sealed"] = bundle["epochs"][1]["sealed"]
    with pytest.raises(NotARecoveryFile, match="damaged"):
        recovery.answer_bundle(json.dumps(bundle), seed)
    bundle = json.loads(text)
    bundle["keyholder"]["id"] = "0" * 32
    with pytest.raises(NotARecoveryFile, match="damaged"):
        recovery.answer_bundle(json.dumps(bundle), seed)


def test_an_answer_that_comes_after_its_kit_was_retired_is_refused(
    consultation: Consultation, folder: Path
) -> None:
    key = trusted(consultation, folder)
    seed = shares.combine([words_on(folder / f"sheet-{number}-of-3.pdf") for number in (1, 2)])
    answer = _answer(consultation, seed)
    custody.retire_recovery_key(
        by=consultation.keyholder, collection=consultation.collection, key=key
    )
    with pytest.raises(CeremonyRefused, match="retired meanwhile"):
        recovery.take_in(by=consultation.keyholder, text=answer)


def test_a_retired_kit_opens_nothing_that_comes_later(
    consultation: Consultation, folder: Path
) -> None:
    key = trusted(consultation, folder)
    custody.retire_recovery_key(
        by=consultation.keyholder, collection=consultation.collection, key=key
    )
    assert not EpochGrant.objects.filter(recovery_key=key).exists()
    assert Epoch.objects.filter(generation=2).count() == 4
    with pytest.raises(NotARecoveryFile, match="Nothing in this collection"):
        recovery.write_bundle(
            by=None, collection=consultation.collection, key=key, keyholder=Keyholder.objects.get()
        )
    with pytest.raises(CeremonyRefused):
        custody.start_over(by=consultation.keyholder)


def test_the_command_line_trusts_a_kit_and_writes_a_bundle(
    consultation: Consultation,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(consultation.passphrase + "\nyes\n"))
    call_command(
        "keys", "trust", consultation.collection.name,
        "--holder", "keyholder", "--public-half", str(folder / "public-half.txt"),
    )  # fmt: skip
    assert "4 keys are sealed to it" in capsys.readouterr().out
    call_command("keys", "bundle", consultation.collection.name, "--to", "keyholder")
    assert len(json.loads(capsys.readouterr().out)["epochs"]) == 4
    with pytest.raises(CommandError, match="0 recovery keys fit"):
        call_command(
            "keys", "retire", consultation.collection.name, "--key", "FFFFF", "--by", "keyholder"
        )
    call_command("keys", "retire", consultation.collection.name, "--by", "keyholder")
    assert "new keys are in use" in capsys.readouterr().out


def test_a_grant_made_from_sheets_opens_with_the_new_words_alone(
    consultation: Consultation, folder: Path
) -> None:
    trusted(consultation, folder)
    enrolled = custody.enrol_keyholder(by=consultation.peer, user=consultation.peer)
    seed = shares.combine([words_on(folder / f"sheet-{number}-of-3.pdf") for number in (2, 3)])
    bundle = recovery.write_bundle(
        by=None,
        collection=consultation.collection,
        key=RecoveryKey.objects.get(),
        keyholder=enrolled.keyholder,
    )
    recovery.take_in(by=consultation.keyholder, text=recovery.answer_bundle(bundle, seed))
    assert len(grant_of(consultation, consultation.peer, enrolled.passphrase).keys) == 4
    with pytest.raises(unlock.Refused):
        grant_of(consultation, consultation.peer, consultation.passphrase)


def test_the_kit_is_made_in_french_too(tmp_path: Path) -> None:
    made = tmp_path / "sheets"
    done = offline(
        "recovery_kit", "--language", "fr", "make", "--organisation", "L’organisme",
        "--out", str(made),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shown = subprocess.run(
        ["pdftotext", str(made / "sheet-1-of-3.pdf"), "-"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "L’organisme" in shown
    assert "Feuille 1" in shown
    assert "Keep it well" not in shown


def test_somebody_who_was_removed_does_not_come_back_with_the_one_old_key_they_kept(
    consultation: Consultation, folder: Path
) -> None:
    """A partial answer to the riddles is no proof, and neither is an answer that is out of date."""
    key = trusted(consultation, folder)
    enrolled = custody.enrol_keyholder(by=None, user=consultation.peer)
    custody.grant_access(
        by=consultation.keyholder, grant=consultation.grant(), keyholder=enrolled.keyholder
    )
    kept = grant_of(consultation, consultation.peer, enrolled.passphrase).keys[0]
    custody.remove_keyholder(by=consultation.keyholder, keyholder=enrolled.keyholder)
    again = custody.enrol_keyholder(by=None, user=consultation.peer)
    bundle = json.loads(
        recovery.write_bundle(
            by=None, collection=consultation.collection, key=key, keyholder=again.keyholder
        )
    )
    (item,) = [one for one in bundle["epochs"] if one["id"] == kept.epoch_id.hex]
    nonce = sealing.open_with(
        kept.private,
        base64.b64decode(item["riddle"]),
        kind=Kind.CHALLENGE,
        bound=(kept.epoch_id.bytes, again.keyholder.id.bytes),
    )
    answer = {"grant": "AAAA", "answer": base64.b64encode(nonce).decode()}
    forged = {"format": recovery.FORMAT, "token": bundle["token"], "epochs": {item["id"]: answer}}
    with pytest.raises(NotARecoveryFile, match="does not fit"):
        recovery.take_in(by=consultation.peer, text=json.dumps(forged))
    assert not Custody.objects.filter(keyholder=again.keyholder).exists()


def test_an_answer_from_before_newer_keys_were_made_is_refused(
    consultation: Consultation, folder: Path
) -> None:
    trusted(consultation, folder)
    seed = shares.combine([words_on(folder / f"sheet-{number}-of-3.pdf") for number in (1, 2)])
    Epoch.objects.order_by("-month")[0].delete()
    answer = _answer(consultation, seed)
    custody.renew_epochs(by=None, collection=consultation.collection)
    with pytest.raises(CeremonyRefused, match="make another bundle"):
        recovery.take_in(by=consultation.keyholder, text=answer)


def test_a_bundle_leaves_an_entry_that_says_for_whom(
    consultation: Consultation, folder: Path
) -> None:
    trusted(consultation, folder)
    holder = Keyholder.objects.get()
    recovery.write_bundle(
        by=consultation.keyholder,
        collection=consultation.collection,
        key=RecoveryKey.objects.get(),
        keyholder=holder,
    )
    assert AuditEntry.objects.get(action="recovery bundle made").reason == f"for {holder.id}"
