"""What the team visits, under ``/admin/``. A public process has none of these."""

from django.urls import include, path
from wagtail.admin import urls as wagtailadmin_urls

urlpatterns = [
    path("", include("cms.accounts.urls")),
    path("vault/", include("consultation.survey.editorial_urls")),
    path("vault/", include("testimony.wizard.card_urls")),
    path("intake/", include("testimony.intake.editorial_urls")),
    path("consultation-reports/", include("consultation.report.urls")),
    path("", include(wagtailadmin_urls)),
]
