"""Addresses of the worker's journey, leaving, and receipts. All private."""

from django.urls import path

from testimony.intake.views import CallJourney
from testimony.wizard.cards import card
from testimony.wizard.leaving import leave
from testimony.wizard.receipt_views import withdraw

app_name = "intake"

urlpatterns = [
    path("t/<slug:public_id>/<slug:language>/", CallJourney.as_view(), name="journey"),
    path("v/", card, name="card"),
    path("v/<slug:code>/", card, name="card"),
    path("leave", leave, name="leave"),
    path("receipt/<slug:language>/", withdraw, name="withdraw"),
]
