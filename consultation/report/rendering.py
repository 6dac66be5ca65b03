"""A snapshot as HTML: the one layout that both the page and the paper come from."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from consultation.charts.bars import bar_chart
from consultation.report.snapshot import Snapshot
from testimony.paper import cleaning, fonts


def to_html(snapshot: Snapshot) -> str:
    """The whole report as one HTML page, in the snapshot's language."""
    document: Any = cleaning.clean_all(dict(snapshot.document), fonts.covered())
    language = document["language"]
    with override(language):
        sections: dict[str, list[dict[str, Any]]] = {}
        for question in document["questions"]:
            question["chart"] = _chart(question)
            sections.setdefault(question["section"], []).append(question)
        for ask in document["asks"]:
            ask["by_when"] = dt.date.fromisoformat(ask["by_when"])
        cover = document["report"]
        for name in ("date", "reply_by"):
            cover[name] = dt.date.fromisoformat(cover[name])
        method = document["method"]
        for name in ("opened", "closed"):
            method[name] = dt.date.fromisoformat(method[name]) if method[name] else None
        return render_to_string(
            "report/report.html",
            {
                **document,
                "cover": cover,
                "question_sections": list(sections.items()),
                "digest": snapshot.digest,
                "digest_groups": [snapshot.digest[i : i + 8] for i in range(0, 64, 8)],
                "fonts": fonts.digests(),
            },
        )


def _chart(question: dict[str, Any]) -> str:
    table = question["table"]
    description = _("Bar chart of question %(number)s. Its numbers stand in the table below.") % {
        "number": question["number"]
    }
    # The chart escapes its words; a protected table holds no markup of ours.
    return mark_safe(bar_chart(table, description))  # noqa: S308
