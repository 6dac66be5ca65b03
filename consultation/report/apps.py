from django.apps import AppConfig


class ReportConfig(AppConfig):
    name = "consultation.report"
    label = "report"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from consultation.report.actions import destroy_snapshots_quoting
        from testimony.curation.actions import on_excerpts_withdrawn

        on_excerpts_withdrawn(destroy_snapshots_quoting)
