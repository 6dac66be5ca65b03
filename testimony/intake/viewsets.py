"""Calls in the admin: their texts as they are written, and when a published one is open."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import CreateView, EditView, IndexView
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup
from wagtail.admin.widgets import Button, HeaderButton
from wagtail.permission_policies import ModelPermissionPolicy

from testimony.intake import actions, previews
from testimony.intake.forms import DatesForm
from testimony.intake.models import Call, CallText, CallVersion
from testimony.wizard.doors import DoorIndexView


class PublishedOnly(ModelPermissionPolicy):
    """Calls are published by an action that freezes their questions, not added in a form."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action not in ("add", "delete") and bool(super().user_has_permission(user, action))


def publish_address(text: CallText) -> str:
    return reverse("calls_room:publish", args=[text.pk])


class TextIndexView(IndexView):
    """The texts, each with the way to publishing it."""

    def get_list_more_buttons(self, instance: Any) -> list[Any]:
        return [
            Button(
                _("Check and publish"),
                url=publish_address(instance),
                icon_name="check",
                priority=15,
            ),
            Button(
                _("Preview"),
                url=_first_page(instance),
                icon_name="view",
                priority=16,
                attrs={"target": "_blank"},
            ),
            *super().get_list_more_buttons(instance),
        ]


def _first_page(text: CallText) -> str:
    return previews.text_preview_address(
        text, previews.DRAFT, text.language_codes[0], previews.START
    )


class TextCreateView(CreateView):
    """A new text starts with every step; after saving, go on writing."""

    def get_success_url(self) -> str:
        return reverse("call_texts:edit", args=[self.object.pk])


class TextEditView(EditView):
    """Writing. The way to publishing and to the preview is in the page's header."""

    def get_success_url(self) -> str:
        return reverse("call_texts:edit", args=[self.object.pk])

    @property
    def header_buttons(self) -> list[Any]:
        return [
            HeaderButton(
                _("Check and publish"), url=publish_address(self.object), icon_name="check"
            ),
            HeaderButton(
                _("Preview what is saved"),
                url=_first_page(self.object),
                icon_name="view",
                attrs={"target": "_blank"},
            ),
        ]


class StateColumn(Column):
    """Whether a text is published, and as what."""

    def get_value(self, instance: Any) -> str:
        call = instance.call
        if call is None:
            return _("not published yet")
        version = call.current_version
        number = version.number if version else "?"
        return _("published as %(number)s") % {"number": number}


class CallTextViewSet(ModelViewSet):
    """What calls ask, as it is written."""

    model = CallText
    name = "call_texts"
    menu_label = gettext_lazy("Texts of calls")
    icon = "edit"
    copy_view_enabled = False
    index_view_class = TextIndexView
    add_view_class = TextCreateView
    edit_view_class = TextEditView
    list_display = [
        "name",
        Column("get_languages_display", label=gettext_lazy("Languages")),
        StateColumn("state", label=gettext_lazy("State")),
    ]
    panels = [
        HelpPanel(
            content=SafeString(""),
            template="intake/writing_help.html",
        ),
        FieldPanel("name"),
        FieldPanel("languages"),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("title_en"), FieldPanel("title_fr")]),
                FieldRowPanel([FieldPanel("introduction_en"), FieldPanel("introduction_fr")]),
                FieldRowPanel([FieldPanel("duty_en"), FieldPanel("duty_fr")]),
            ],
            heading=gettext_lazy("First words"),
        ),
        FieldPanel("steps"),
        FieldPanel("support"),
        FieldPanel("next_steps"),
    ]


class DatesView(EditView):
    """When a call is open. Saving goes through the action, which writes the audit entry."""

    def get_success_url(self) -> str:
        return reverse("calls:edit", args=[self.object.pk])

    def save_instance(self) -> Any:
        given = self.form.cleaned_data
        return actions.set_dates(
            by=self.request.user,
            call=self.form.instance,
            name=given["name"],
            opens_on=given["opens_on"],
            closes_on=given["closes_on"],
            timezone=given["timezone"],
        )

    def get_context_data(self, **kwargs: Any) -> Any:
        context = super().get_context_data(**kwargs)
        call = self.object
        versions = call.versions.all()
        context["call"] = call
        context["text"] = CallText.objects.filter(call=call).first()
        context["versions"] = [
            {
                "version": version,
                "is_current": version.definition_id == call.definition_id
                and version.state == CallVersion.State.STANDING,
                "is_answered": not actions.may_replace_version(version),
            }
            for version in versions
        ]
        languages = call.journey().definition.languages
        context["addresses"] = [
            {
                "language": language,
                "url": f"{self._site()}{call.address_in(language)}",
                "live": previews.call_preview_address(
                    call, previews.LIVE, language, previews.START
                ),
                "closed": previews.call_preview_address(
                    call, previews.CLOSED, language, previews.START
                ),
            }
            for language in languages
        ]
        return context

    def _site(self) -> str:
        """The address that workers use: as set, or the one this page was asked at."""
        address: str = getattr(settings, "PUBLIC_ADDRESS", "")
        return (address or self.request.build_absolute_uri("/")).rstrip("/")


class CallViewSet(ModelViewSet):
    """The published calls, and their dates."""

    model = Call
    name = "calls"
    index_view_class = DoorIndexView
    menu_label = gettext_lazy("Calls")
    icon = "form"
    copy_view_enabled = False
    edit_view_class = DatesView
    edit_template_name = "intake/call.html"
    list_display = ["name", "collection", "opens_on", "closes_on"]

    def get_form_class(self, for_update: bool = False) -> Any:
        return DatesForm


class CallGroup(ModelViewSetGroup):
    """One menu for both."""

    menu_label = gettext_lazy("Testimony")
    menu_icon = "form"
    menu_order = 210
    items = (CallViewSet, CallTextViewSet)
