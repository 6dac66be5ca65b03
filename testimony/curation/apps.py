from django.apps import AppConfig


class CurationConfig(AppConfig):
    name = "testimony.curation"
    label = "curation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from testimony.curation.actions import quoted_records, withdraw_excerpts
        from testimony.vault import withdrawal

        withdrawal.register(
            "curation.Excerpt.record_id", withdraw_excerpts, references=quoted_records
        )
