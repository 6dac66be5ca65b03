"""Queries a page of a journey makes, counted in process."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import Consultation
from tests.testimony.wizard.test_journey import Phone


def test_queries_a_page(consultation: Consultation) -> None:
    """As counted inside the suite's transaction, which adds a savepoint's two statements."""
    counts: dict[str, int] = {}

    def counted(name: str, act: Any) -> None:
        with CaptureQueriesContext(connection) as queries:
            act()
        counts[name] = len(queries)

    phone = Phone(consultation.survey_path)
    counted("first page", lambda: phone.client.get(phone.path))
    counted("age", lambda: phone.post(follow=False, q_age="adult"))
    phone.get()
    counted(
        "consent",
        lambda: phone.post(follow=False, q_count="yes", q_words="quote", q_audience="public"),
    )
    phone.get()
    counted("work", lambda: phone.post(follow=False, q_setting="online"))
    phone.get()
    counted("safety", lambda: phone.post(follow=False, q_trust="t2"))
    phone.get()
    counted("asks", lambda: phone.post(follow=False, q_first_ask="consult"))
    counted("check page", phone.get)
    counted("sending", lambda: phone.post(follow=False, go="submit", q_receipt="yes"))
    counted("receipt", phone.get)
    print("\nqueries: " + ", ".join(f"{name} {count}" for name, count in counts.items()))
    assert max(counts.values()) <= 14
