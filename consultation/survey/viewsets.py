"""Questionnaires and surveys in the admin."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup
from wagtail.permission_policies import ModelPermissionPolicy

from consultation.survey.models import Questionnaire, Survey
from testimony.wizard.doors import DoorIndexView


class OpenedOnly(ModelPermissionPolicy):
    """Surveys are opened by an action that names collection and version, not added in a form."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action != "add" and bool(super().user_has_permission(user, action))


class QuestionnaireViewSet(ModelViewSet):
    """Questionnaires as they are written."""

    model = Questionnaire
    name = "questionnaires"
    icon = "list-ul"
    list_display = ["title_en", "key"]
    form_fields = [
        "key",
        "title_en",
        "title_fr",
        "introduction_en",
        "introduction_fr",
        "body",
        "support",
    ]


class SurveyViewSet(ModelViewSet):
    """Surveys: where they stand and when they are open. What they ask is opened by an action."""

    model = Survey
    name = "surveys"
    index_view_class = DoorIndexView
    icon = "form"
    copy_view_enabled = False
    list_display = ["name", "version", "opens_on", "closes_on"]
    panels = [
        FieldPanel("name"),
        FieldPanel("opens_on"),
        FieldPanel("closes_on"),
        FieldPanel("timezone"),
    ]


class SurveyGroup(ModelViewSetGroup):
    """One menu for both."""

    menu_label = _("Surveys")
    menu_icon = "list-ul"
    menu_order = 215
    items = (QuestionnaireViewSet, SurveyViewSet)
