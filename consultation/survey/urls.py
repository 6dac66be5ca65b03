"""Addresses of the respondent's journey. Private."""

from django.urls import path

from consultation.survey.views import SurveyJourney

app_name = "survey"

urlpatterns = [
    path("s/<slug:public_id>/<slug:language>/", SurveyJourney.as_view(), name="journey"),
]
