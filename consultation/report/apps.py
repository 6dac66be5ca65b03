from django.apps import AppConfig


class ReportConfig(AppConfig):
    name = "consultation.report"
    label = "report"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from consultation.report import actions
        from consultation.survey.counting import on_counted
        from testimony.curation.actions import (
            on_erasing,
            on_excerpts_expiring,
            on_excerpts_withdrawn,
            own_files,
        )

        on_excerpts_withdrawn(actions.destroy_snapshots_quoting)
        on_excerpts_expiring(actions.excerpts_in_editions)
        on_erasing(actions.EDITION_FILE, actions.erase_edition_file)
        own_files("editions", actions.edition_files)
        on_counted(actions.destroy_unprinted_snapshots)
