"""Questionnaires and surveys in the admin."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.side_panels import ChecksSidePanel
from wagtail.admin.ui.tables import LiveStatusTagColumn
from wagtail.admin.views.generic import EditView as GenericEditView
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets import Button, HeaderButton
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views.snippets import EditView, IndexView, SnippetViewSet, SnippetViewSetGroup

from consultation.survey import actions
from consultation.survey.editor import FindingsPanel
from consultation.survey.forms import QuestionnaireForm, SurveyForm
from consultation.survey.models import BankedQuestion, Questionnaire, Survey
from consultation.survey.permissions import ADD, BANK, WRITE
from consultation.survey.previews import draft_preview_address, survey_preview_address
from testimony.wizard.card_views import site_of
from testimony.wizard.doors import DoorIndexView
from testimony.wizard.previews import CLOSED, DRAFT, LIVE, START


class OpenedOnly(ModelPermissionPolicy):
    """Surveys are opened by an action that names collection and version, not added in a form."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action != "add" and bool(super().user_has_permission(user, action))


class QuestionnaireIndexView(IndexView):
    """The list, with the ways to begin one."""

    def get_add_url(self) -> str | None:
        return reverse("surveys_room:start") if self.request.user.has_perm(ADD) else None

    def get_copy_url(self, instance: Questionnaire) -> str | None:
        if not self.request.user.has_perm(ADD):
            return None
        return reverse("surveys_room:copy", args=[instance.pk])

    @property
    def header_more_buttons(self) -> list[Any]:
        buttons: list[Any] = list(super().header_more_buttons)
        if self.request.user.has_perm(ADD):
            buttons.append(
                Button(
                    _("Bring in from a file"),
                    url=reverse("surveys_room:bring_in"),
                    icon_name="upload",
                )
            )
        return buttons


class QuestionnaireEditView(EditView):
    """Writing. The way to publishing and to the versions is in the page's header."""

    def get_side_panels(self) -> MediaContainer:
        """Without Wagtail's checks: they are scripts, and the preview of pages runs none."""
        return MediaContainer(
            panel for panel in super().get_side_panels() if not isinstance(panel, ChecksSidePanel)
        )

    @property
    def header_buttons(self) -> list[Any]:
        here = [self.object.pk]
        return [
            HeaderButton(
                _("Check and publish"),
                url=reverse("surveys_room:publish", args=here),
                icon_name="check",
            ),
            HeaderButton(
                _("Versions"), url=reverse("surveys_room:versions", args=here), icon_name="history"
            ),
            HeaderButton(
                _("Preview what is saved"),
                url=draft_preview_address(
                    self.object.pk, DRAFT, self.object.language_codes[0], START
                ),
                icon_name="view",
                attrs={"target": "_blank"},
            ),
        ]

    @property
    def header_more_buttons(self) -> list[Any]:
        ways = (
            (_("Languages"), "translations", "globe", WRITE),
            (_("Add from the question bank"), "add_from_bank", "folder-open-inverse", WRITE),
            (_("Keep questions in the bank"), "keep_in_bank", "folder-inverse", BANK),
            (_("Copy"), "copy", "copy", ADD),
        )
        return [
            *super().header_more_buttons,
            *(
                Button(
                    words,
                    url=reverse(f"surveys_room:{name}", args=[self.object.pk]),
                    icon_name=icon,
                )
                for words, name, icon, permission in ways
                if self.request.user.has_perm(permission)
            ),
        ]


class QuestionnaireViewSet(SnippetViewSet):
    """Questionnaires as they are written: drafts, locks and workflow as for pages."""

    model = Questionnaire
    index_view_class = QuestionnaireIndexView
    edit_view_class = QuestionnaireEditView
    url_prefix = "questionnaires"
    url_namespace = "questionnaires"
    # Wagtail's own copy would take the key along; ours is an action.
    copy_view_enabled = False
    icon = "list-ul"
    list_display = ["__str__", "key", "languages", LiveStatusTagColumn()]
    search_fields = ["title_en", "title_fr", "key"]
    panels = [
        FindingsPanel(heading=_("What the check finds"), icon="check"),
        MultiFieldPanel(
            [FieldPanel("title_en"), FieldPanel("title_fr"), FieldPanel("languages")],
            heading=_("Title"),
        ),
        MultiFieldPanel(
            [FieldPanel("introduction_en"), FieldPanel("introduction_fr")],
            heading=_("Introduction"),
        ),
        FieldPanel("body", classname="questionnaire-body"),
        MultiFieldPanel(
            [FieldPanel("duty_en"), FieldPanel("duty_fr")], heading=_("Duty to report")
        ),
        FieldPanel("support"),
        FieldPanel("next_steps"),
        MultiFieldPanel([FieldPanel("key")], heading=_("In the data"), classname="collapsed"),
    ]

    def get_edit_handler(self) -> Any:
        handler = ObjectList(self.panels, base_form_class=QuestionnaireForm)
        return handler.bind_to_model(self.model)


class BankIndexView(IndexView):
    """The bank, with the way to our standard questions."""

    add_item_label = _("Add a question")

    @property
    def header_more_buttons(self) -> list[Any]:
        buttons: list[Any] = list(super().header_more_buttons)
        if self.request.user.has_perm(BANK):
            buttons.append(
                Button(
                    _("Standard questions"),
                    url=reverse("surveys_room:fill_bank"),
                    icon_name="folder-open-inverse",
                )
            )
        return buttons


class BankedQuestionViewSet(SnippetViewSet):
    """The question bank: what is worth asking again in the same words."""

    model = BankedQuestion
    index_view_class = BankIndexView
    url_prefix = "question_bank"
    url_namespace = "question_bank"
    # A copy would have the same key.
    copy_view_enabled = False
    icon = "folder-open-inverse"
    menu_label = _("Question bank")
    list_display = ["__str__", "topic", "key"]
    list_filter = ["topic"]
    search_fields = ["key"]
    panels = [FieldPanel("topic"), FieldPanel("question")]


class SurveyView(GenericEditView):
    """When a survey is open, and what it asks. Saving goes through the action."""

    def get_success_url(self) -> str:
        return reverse("surveys:edit", args=[self.object.pk])

    def save_instance(self) -> Any:
        given = self.form.cleaned_data
        return actions.set_survey(
            by=self.request.user,
            survey=self.form.instance,
            name=given["name"],
            version=given["version"],
            opens_on=given["opens_on"],
            closes_on=given["closes_on"],
            timezone=given["timezone"],
        )

    def get_context_data(self, **kwargs: Any) -> Any:
        context = super().get_context_data(**kwargs)
        survey = self.object
        site = site_of(self.request)
        context["survey"] = survey
        context["addresses"] = [
            {
                "language": language,
                "url": f"{site}{survey.address_in(language)}",
                "live": survey_preview_address(survey, LIVE, language, START),
                "closed": survey_preview_address(survey, CLOSED, language, START),
            }
            for language in survey.journey().definition.languages
        ]
        return context


class SurveyViewSet(ModelViewSet):
    """Surveys: where they stand, when they are open, and which version they ask."""

    model = Survey
    name = "surveys"
    index_view_class = DoorIndexView
    edit_view_class = SurveyView
    edit_template_name = "survey/survey.html"
    icon = "form"
    copy_view_enabled = False
    list_display = ["name", "version", "opens_on", "closes_on"]

    def get_form_class(self, for_update: bool = False) -> Any:
        return SurveyForm


class SurveyGroup(SnippetViewSetGroup):
    """One menu for both."""

    menu_label = _("Surveys")
    menu_icon = "list-ul"
    menu_order = 215
    items = (QuestionnaireViewSet, SurveyViewSet, BankedQuestionViewSet)
