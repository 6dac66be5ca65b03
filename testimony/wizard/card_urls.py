"""Printing for a call or a survey, in the admin: cards, codes for typing in, questions on paper."""

from django.urls import path

from testimony.wizard import card_views as cards
from testimony.wizard import paper_views as papers

app_name = "cards"

urlpatterns = [
    path("doors/<slug:public_id>/cards/", cards.cards, name="cards"),
    path("doors/<slug:public_id>/typing-in/", cards.assisted, name="assisted"),
    path("doors/<slug:public_id>/take-back/<slug:kind>/", cards.take_back, name="take_back"),
    path("doors/<slug:public_id>/paper/", papers.paper, name="paper"),
    path("doors/<slug:public_id>/batches/", papers.batches_of_door, name="batches"),
    path("doors/<slug:public_id>/batches/print/", papers.print_batch, name="print_batch"),
    path(
        "doors/<slug:public_id>/batches/<int:number>/count/", papers.count_batch, name="count_batch"
    ),
]
