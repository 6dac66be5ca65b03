"""Receipts: four states, two ways to take back, and one page for every code that is not one."""

from __future__ import annotations

import re
from contextlib import ExitStack

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consultation.report.models import Snapshot
from testimony.curation.actions import propose_excerpt
from testimony.curation.models import Excerpt, Theme
from testimony.curation.permissions import NotAllowed
from testimony.intake.submitting import submit_testimony
from testimony.vault import actions, receipts, retention, withdrawal, wordlists
from testimony.vault.models import (
    DataKey,
    HeldWithdrawal,
    PendingRecord,
    QuotingStop,
    ReceiptVerifier,
    Tombstone,
)
from testimony.vault.places import place
from testimony.vault.receipts import State, TooMany
from tests.factories import TESTIMONY, Consultation

HERE = {"HTTP_SEC_FETCH_SITE": "same-origin"}
QUOTED = "I go there because the rent does not wait for me."


def sent(consultation: Consultation) -> actions.Sealed:
    return submit_testimony(call=consultation.call, answers=TESTIMONY, language="en")


def code_of(sealed: actions.Sealed) -> str:
    assert sealed.code is not None
    return " ".join(sealed.code)


def quote(consultation: Consultation, sealed: actions.Sealed) -> Excerpt:
    theme, _made = Theme.objects.get_or_create(
        collection=consultation.collection, key="rent", defaults={"title": "Rent"}
    )
    return propose_excerpt(
        by=consultation.keyholder,
        grant=consultation.grant(),
        record_id=sealed.record_id,
        question="story",
        text=QUOTED,
        theme=theme,
    )


def page(code: str, go: str = "look") -> str:
    client = Client()
    nonce = re.search(r'name="n" value="([^"]+)"', client.get("/receipt/en/").content.decode())
    assert nonce
    answer = client.post("/receipt/en/", {"n": nonce[1], "code": code, "go": go}, **HERE)
    return answer.content.decode()


def heading(text: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", text)
    assert found
    return found[1]


def bare(text: str) -> str:
    """A page without what is fresh each time."""
    return re.sub(r'name="n" value="[^"]+"', "", text)


def unknown_code() -> str:
    return " ".join(wordlists.draw("en"))


def test_a_receipt_shows_that_something_is_held_and_never_what(consultation: Consultation) -> None:
    sealed = sent(consultation)
    shown = page(code_of(sealed))
    assert heading(shown) == "We hold what you sent"
    assert TESTIMONY["story"] not in shown
    assert "outdoor" not in shown


def test_taking_everything_back_leaves_nothing_for_the_words(consultation: Consultation) -> None:
    sealed = sent(consultation)
    excerpt = quote(consultation, sealed)
    shown = page(code_of(sealed), "withdraw")
    assert heading(shown) == "We hold nothing for these words"
    assert not PendingRecord.objects.exists()
    assert not DataKey.objects.exists()
    assert not ReceiptVerifier.objects.exists()
    assert not Excerpt.objects.filter(pk=excerpt.pk).exists()


def test_only_the_quoting_can_be_stopped_and_never_allowed_again(
    consultation: Consultation,
) -> None:
    sealed = sent(consultation)
    quote(consultation, sealed)
    shown = page(code_of(sealed), "stop-quoting")
    assert heading(shown) == "We hold it, and will not quote it"
    assert not Excerpt.objects.exists()
    with pytest.raises(NotAllowed, match="took back"):
        quote(consultation, sealed)
    (opened,) = consultation.grant().stream(consultation.call.definition_id)
    assert opened.may_be_quoted is False
    assert opened.payload["answers"]["setting"] == "outdoor"
    assert "Only stop quoting me" not in shown


def test_unknown_expired_and_withdrawn_codes_get_one_page_by_the_same_queries(
    consultation: Consultation,
) -> None:
    withdrawn, expired = sent(consultation), sent(consultation)
    actions.withdraw_record(code=code_of(withdrawn))
    consultation.collection.epochs.update(expires="2020-01-01")
    retention.destroy_expired(by=None)
    shown, asked = {}, {}
    for name, code in (
        ("unknown", unknown_code()),
        ("withdrawn", code_of(withdrawn)),
        ("expired", code_of(expired)),
    ):
        for go in ("look", "withdraw", "stop-quoting"):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                shown[name, go] = bare(page(code, go)).replace(code, "")
            asked[name, go] = [re.sub(r"'[^']*'|\d+|[0-9a-f]{32,}", "?", q["sql"]) for q in queries]
    assert len(set(shown.values())) == 1
    for go in ("look", "withdraw", "stop-quoting"):
        assert asked["unknown", go] == asked["withdrawn", go] == asked["expired", go]


def test_looking_costs_a_known_code_as_many_queries_as_an_unknown_one(
    consultation: Consultation,
) -> None:
    sealed = sent(consultation)
    counts = []
    for code in (code_of(sealed), unknown_code()):
        with CaptureQueriesContext(connection) as queries:
            receipts.look_up(code)
        counts.append(len(queries))
    assert counts == [5, 5]


@pytest.mark.parametrize(
    "mangle",
    [
        str.upper,
        lambda code: "  ".join(word[:4] for word in code.split()),
        lambda code: "-".join(code.split()),
        lambda code: "\n".join(f"{n}. {word}" for n, word in enumerate(code.split(), 1)),
        lambda code: code.replace("e", "é"),
    ],
)
def test_a_code_is_read_however_it_was_typed(consultation: Consultation, mangle: object) -> None:
    sealed = sent(consultation)
    assert heading(page(mangle(code_of(sealed)))) == "We hold what you sent"  # type: ignore[operator]


def test_a_french_code_is_read_without_its_accents(consultation: Consultation) -> None:
    sealed = submit_testimony(call=consultation.call, answers=TESTIMONY, language="fr")
    bare_letters = "".join(
        letter for word in code_of(sealed) for letter in wordlists.stub(word) or " "
    )
    assert receipts.look_up(" ".join(map(wordlists.stub, code_of(sealed).split()))).state is (
        State.HELD
    )
    assert bare_letters


def test_a_mistyped_word_is_pointed_at_and_what_was_typed_stays(
    consultation: Consultation,
) -> None:
    code = code_of(sent(consultation)).split()
    shown = page(" ".join([*code[:2], "xxxxq", *code[3:]]))
    assert "Word 3 is not one of our words" in shown
    assert "xxxxq" in shown


def test_somebody_who_wanted_no_receipt_has_none(consultation: Consultation) -> None:
    sealed = submit_testimony(
        call=consultation.call, answers=TESTIMONY, language="en", wants_receipt=False
    )
    assert sealed.code is None
    assert not ReceiptVerifier.objects.exists()


def test_more_people_than_places_are_asked_to_come_back(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "PATIENCE", 0.05)
    with ExitStack() as taken:
        for _number in range(settings.VAULT_RECEIPTS_AT_ONCE):
            taken.enter_context(
                place("receipt", at_once=settings.VAULT_RECEIPTS_AT_ONCE, patience=1)
            )
        with pytest.raises(TooMany), receipts.a_place():
            pass
        code = unknown_code()
        shown = page(code)
        assert "try again in a minute" in shown
        assert code in shown
    assert heading(page(unknown_code())) == "We hold nothing for these words"


# Under an order that forbids withdrawals.


def test_under_an_order_a_withdrawal_waits_and_nobody_uses_the_answers(
    consultation: Consultation,
) -> None:
    sealed = sent(consultation)
    quote(consultation, sealed)
    hold = retention.place_hold(
        by=consultation.keyholder,
        collection=consultation.collection,
        statement="A court told us to keep everything.",
        stops_withdrawals=True,
        grant=consultation.grant(),
    )
    assert "A court told us to keep everything." in Client().get("/receipt/en/").content.decode()
    shown = page(code_of(sealed), "withdraw")
    assert heading(shown) == "Taken back, and waiting to be deleted"
    assert "A court told us to keep everything." in shown
    assert HeldWithdrawal.objects.count() == 1
    assert DataKey.objects.count() == 1
    assert not Excerpt.objects.exists()
    assert list(consultation.grant().stream(consultation.call.definition_id)) == []
    assert consultation.grant().open_one(sealed.record_id) is None
    assert retention.lift_hold(by=consultation.keyholder, hold=hold) == 1
    assert not DataKey.objects.exists()
    assert not HeldWithdrawal.objects.exists()
    assert heading(page(code_of(sealed))) == "We hold nothing for these words"


def test_a_hold_that_forbids_no_withdrawals_stops_none(consultation: Consultation) -> None:
    sealed = sent(consultation)
    retention.place_hold(
        by=consultation.keyholder,
        collection=consultation.collection,
        statement="We were asked to keep everything.",
        stops_withdrawals=False,
    )
    assert "We were asked" not in Client().get("/receipt/en/").content.decode()
    assert heading(page(code_of(sealed), "withdraw")) == "We hold nothing for these words"


# Marks that outlive a backup.


def test_a_withdrawal_leaves_a_mark_that_names_nobody(consultation: Consultation) -> None:
    sealed = sent(consultation)
    actions.withdraw_record(code=code_of(sealed))
    mark = Tombstone.objects.get()
    assert mark.token == withdrawal.token_of(sealed.record_id, withdrawal.Scope.EVERYTHING)
    assert sealed.record_id.hex not in mark.token
    assert mark.forget_after.day >= 28


def test_a_replay_withdraws_again_what_an_old_archive_brought_back(
    consultation: Consultation,
) -> None:
    sealed, stopped, other = sent(consultation), sent(consultation), sent(consultation)
    quote(consultation, sealed)
    quote(consultation, stopped)
    kept = [list(model.objects.all()) for model in (PendingRecord, DataKey, Excerpt)]
    actions.withdraw_record(code=code_of(sealed))
    actions.withdraw_quoting(code=code_of(stopped))
    for rows in kept:
        type(rows[0])._default_manager.bulk_create(rows, ignore_conflicts=True)
    QuotingStop.objects.all().delete()
    assert withdrawal.replay() == 2
    left = {row.id for row in PendingRecord.objects.all()}
    assert left == {stopped.record_id, other.record_id}
    assert not Excerpt.objects.exists()
    assert receipts.look_up(code_of(stopped)).state is State.NOT_QUOTED
    assert withdrawal.replay() == 1, "what was only not to be quoted is checked each time"


def test_old_marks_are_forgotten(consultation: Consultation) -> None:
    actions.withdraw_record(code=code_of(sent(consultation)))
    assert withdrawal.forget_tombstones() == 0
    Tombstone.objects.update(forget_after="2020-01-31")
    assert withdrawal.forget_tombstones() == 1


def test_snapshots_hold_no_withdrawn_words() -> None:
    """The report's own suite withdraws through the same registry; here: it is registered."""
    assert "curation.Excerpt.record_id" in withdrawal.handlers()
    assert Snapshot._meta.get_field("excerpts")
