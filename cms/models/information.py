"""Information pages: privacy, accessibility, and the two that tell what is really set.

“Check us out” and the safety page are information pages that show generated facts. An editor
writes the title, the lead and words of their own below; what the site says of itself comes from
``cms.facts`` and ``cms.safety`` each time, and can't be edited, taken off, or moved away from the
address that every journey links to.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.models import PagePermissionTester

from cms.facts import NAMES_OF_LANGUAGES, check_us_out
from cms.models.base import BasePage
from cms.safety import safety

_LANGUAGE: Final = "language"
"""Names the language in an address, such as ``/check/?language=fr``."""


class StaysWhereItIs(PagePermissionTester):
    """Journeys send people to this page: it is edited, and never taken away or moved."""

    def can_delete(self, ignore_bulk: bool = False) -> bool:
        return False

    def can_unpublish(self) -> bool:
        return False

    def can_move(self) -> bool:
        return False

    def can_move_to(self, destination: Any) -> bool:
        return False

    def can_copy(self) -> bool:
        return False

    def can_copy_to(self, destination: Any, recursive: bool = False) -> bool:
        return False

    def can_set_view_restrictions(self) -> bool:
        return False


class InformationPage(BasePage):
    """A page of plain information, with or without facts that the site tells of itself."""

    class Shows(models.TextChoices):
        NOTHING = "", _("nothing more")
        CHECK = "check", _("the facts of “check us out”")
        SAFETY = "safety", _("how to leave quickly and stay safe")

    shows = models.CharField(
        _("what it shows besides your words"),
        max_length=10,
        choices=Shows,
        blank=True,
        default=Shows.NOTHING,
        help_text=_(
            "The site writes these facts from its own settings, each time somebody looks. Once "
            "chosen it stays, and so do the page and its address."
        ),
    )

    content_panels = [*BasePage.content_panels, FieldPanel("shows")]
    template = "cms/information_page.html"
    parent_page_types: ClassVar = ["cms.HomePage"]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shows"], condition=~models.Q(shows=""), name="facts_are_shown_on_one_page"
            )
        ]

    def get_template(self, request: HttpRequest, *args: Any, **kwargs: Any) -> str:
        return f"cms/{self.shows}_page.html" if self.shows else self.template

    def clean(self) -> None:
        """Facts stay where they are.

        Raises:
            ValidationError: when a page that shows facts would stop showing them, would go away
                on a day, or would stand at another address than the one journeys link to.
        """
        super().clean()
        stored = type(self).objects.filter(pk=self.pk).values_list("shows", flat=True).first()
        if stored and stored != self.shows:
            raise ValidationError({"shows": _("A page that shows these facts goes on doing so.")})
        if self.shows and self.expire_at:
            raise ValidationError({"expire_at": _("Journeys link to this page. It can't expire.")})
        if self.shows and self.slug != self.shows:
            raise ValidationError(
                {
                    "slug": _("Journeys link to this page. Its address must be “%(slug)s”.")
                    % {"slug": self.shows}
                }
            )

    def permissions_for_user(self, user: Any) -> PagePermissionTester:
        tester = StaysWhereItIs if self.shows else PagePermissionTester
        return tester(user, self)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page, its facts in the language that was asked for."""
        if not self.shows:
            plain: HttpResponse = super().serve(request, *args, **kwargs)
            return plain
        with translation.override(self._language(request)):
            response: HttpResponse = super().serve(request, *args, **kwargs).render()
        return response

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        if not self.shows:
            return context
        own, language = self.locale.language_code, self._language(request)
        headings = {
            self.Shows.CHECK: gettext("Before you answer: check us out"),
            self.Shows.SAFETY: gettext("Leaving quickly, and staying safe"),
        }
        address = self.get_url(request)
        return context | {
            "told": check_us_out() if self.shows == self.Shows.CHECK else safety(),
            "language": language,
            "own_language": own,
            "is_own_language": language == own,
            "heading": self.title if language == own else headings[self.Shows(self.shows)],
            "languages": [
                {
                    "code": code,
                    "name": NAMES_OF_LANGUAGES.get(code, str(name)),
                    "url": address if code == own else f"{address}?{_LANGUAGE}={code}",
                    "is_current": code == language,
                }
                for code, name in settings.LANGUAGES
            ],
        }

    def _language(self, request: HttpRequest) -> str:
        """The language that the address asks for, or the page's own."""
        asked = request.GET.get(_LANGUAGE, "")
        return asked if asked in dict(settings.LANGUAGES) else str(self.locale.language_code)
