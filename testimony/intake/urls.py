"""Addresses of the worker's journey, leaving, and receipts. All private."""

from django.urls import path

from testimony.intake.views import CallJourney
from testimony.wizard.views import leave, withdraw

app_name = "intake"

urlpatterns = [
    path("t/<slug:public_id>/<slug:language>/", CallJourney.as_view(), name="journey"),
    path("leave", leave, name="leave"),
    path("receipt/<slug:language>/", withdraw, name="withdraw"),
]
