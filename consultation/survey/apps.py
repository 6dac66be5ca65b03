from django.apps import AppConfig


class SurveyConfig(AppConfig):
    name = "consultation.survey"
    label = "survey"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from consultation.survey.models import Survey
        from testimony.vault import digest

        digest.tell_closing(lambda: Survey.objects.values_list("closes_on", flat=True))
