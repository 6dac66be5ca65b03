"""Addresses of the team's work on calls, in the admin."""

from django.urls import path

from testimony.intake import call_views, previews

app_name = "calls_room"

urlpatterns = [
    path("texts/<int:pk>/publish/", call_views.publish, name="publish"),
    path(
        "texts/<int:pk>/preview/<slug:state>/<slug:language>/<slug:step>/",
        previews.preview_text,
        name="preview_text",
    ),
    path(
        "calls/<slug:public_id>/preview/<slug:state>/<slug:language>/<slug:step>/",
        previews.preview_call,
        name="preview_call",
    ),
    path("calls/<slug:public_id>/close/", call_views.close, name="close"),
]
