"""Forms of the team: opening a survey, and when it is open."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm

from consultation.survey.models import Questionnaire, QuestionnaireVersion, Survey
from testimony.wizard.publishing import OpenDaysForm, OpeningFields


class QuestionnaireForm(WagtailAdminModelForm):
    """Writing a questionnaire. Once a version is published, its key stands still."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "key" in self.fields and self.instance.is_key_fixed:
            self.fields["key"].disabled = True
            self.fields["key"].help_text = _(
                "Its name in the data. It can’t change any more: published versions go by it."
            )


class VersionChoice(forms.ModelChoiceField):
    """A published version, by its number."""

    def label_from_instance(self, obj: Any) -> str:
        return _("version %(number)s") % {"number": obj.number}


class SurveyForm(OpenDaysForm):
    """When a survey is open, and which version those are asked who begin now."""

    version = VersionChoice(
        label=gettext_lazy("Asks"),
        queryset=QuestionnaireVersion.objects.none(),
        help_text=gettext_lazy("People already inside finish with the version they began."),
    )

    class Meta:
        model = Survey
        fields = ["name", "version", "opens_on", "closes_on", "timezone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        version: Any = self.fields["version"]
        version.queryset = QuestionnaireVersion.objects.filter(key=self.instance.version.key)


class OpenSurveyForm(OpeningFields):
    """A new survey: what it asks, where answers are gathered, and when it is open."""

    name = forms.CharField(label=gettext_lazy("Name for the team"), max_length=120, strip=True)
    version = VersionChoice(
        label=gettext_lazy("Asks"), queryset=QuestionnaireVersion.objects.none()
    )

    field_order = ["name", "version", "collection", "opens_on", "closes_on", "timezone"]

    def __init__(self, *args: Any, questionnaire: Questionnaire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        version: Any = self.fields["version"]
        version.queryset = questionnaire.versions.order_by("-major", "-minor")
        version.initial = version.queryset.first()

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if Survey.objects.filter(name=name).exists():
            raise forms.ValidationError(_("There is a survey with this name already."))
        return name
