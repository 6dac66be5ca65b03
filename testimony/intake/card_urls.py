"""Printing for a call or a survey, in the admin: cards, codes for typing in, questions on paper."""

from django.urls import path

from testimony.intake import card_views as views

app_name = "cards"

urlpatterns = [
    path("doors/<slug:public_id>/cards/", views.cards, name="cards"),
    path("doors/<slug:public_id>/typing-in/", views.assisted, name="assisted"),
    path("doors/<slug:public_id>/take-back/<slug:kind>/", views.take_back, name="take_back"),
    path("doors/<slug:public_id>/paper/", views.paper, name="paper"),
]
