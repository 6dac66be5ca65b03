"""Information pages: privacy, safety, accessibility, and "check us out"."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from cms.models.base import BasePage
from testimony.vault import facade


class InformationPage(BasePage):
    """A page of plain information; with a collection chosen, it shows that collection's facts."""

    collection = models.ForeignKey(
        "vault.Collection",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("show the facts of this collection"),
        help_text=_("Who runs it, who can read, where it is kept, when it is destroyed."),
    )

    content_panels = [*BasePage.content_panels, FieldPanel("collection")]
    template = "cms/information_page.html"
    parent_page_types: ClassVar = ["cms.HomePage"]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        context["facts"] = facts_of(self.collection) if self.collection else []
        return context


def facts_of(collection: facade.Collection) -> list[dict[str, str]]:
    """What anyone may check about a collection, from its real settings."""
    readers = facade.keyholders_of(collection)
    hold = facade.hold_statement(collection)
    held = [{"question": gettext("Is anything held back from that?"), "answer": hold}]
    return [
        {"question": gettext("Who runs this?"), "answer": collection.run_by},
        {
            "question": gettext("Who can read what I write?"),
            "answer": ngettext(
                "%(count)s person holds a key. Without it nobody can read anything: "
                "not the people who run the computer, and not someone who steals it.",
                "%(count)s people hold a key. Without one nobody can read anything: "
                "not the people who run the computer, and not someone who steals it.",
                readers,
            )
            % {"count": readers},
        },
        {"question": gettext("Where is it kept?"), "answer": collection.kept_where},
        {
            "question": gettext("Until when can I take it back?"),
            "answer": gettext(
                "You can take it back on any day, with your six words. After %(date)s, "
                "a paper that was already sent can't change."
            )
            % {"date": date_format(collection.withdrawal_deadline, "j F Y")},
        },
        {
            "question": gettext("When is it destroyed?"),
            "answer": gettext(
                "Each month's answers after %(months)s months, and everything on %(date)s at "
                "the latest. A machine does it each day; nobody has to remember."
            )
            % {
                "months": collection.keep_months,
                "date": date_format(collection.destruction_date, "j F Y"),
            },
        },
        *(held if hold else []),
        *(
            [
                {
                    "question": gettext("What if everybody loses their key?"),
                    "answer": gettext(
                        "Three people each keep a sheet of paper, away from the computer. "
                        "Two of them together can open what is there. One alone can't."
                    ),
                }
            ]
            if facade.has_recovery_kit(collection)
            else []
        ),
        {
            "question": gettext("What if a court asks?"),
            "answer": gettext(
                "The people who hold keys could be ordered to open what is there. We do not "
                "collect your name or your address on the internet, so we can't hand those over. "
                "After the day of destruction there is nothing to open."
            ),
        },
    ]
