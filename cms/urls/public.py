"""What anybody may visit: the journeys, which are private, and the campaign's pages."""

from django.urls import include, path
from wagtail import urls as wagtail_urls

urlpatterns = [
    path("", include("testimony.intake.urls")),
    path("", include("consultation.survey.urls")),
    path("", include(wagtail_urls)),
]
