"""The vault's and the tallies' addresses in the admin."""

from django.urls import include, path

from consultation.survey import editorial_views as views

tallies = (
    [
        path("tallies/", views.index, name="index"),
        path("tallies/<slug:public_id>/start/", views.start, name="start"),
        path("tallies/run/<int:pk>/", views.run, name="run"),
    ],
    "tallies",
)

urlpatterns = [
    path("", include("testimony.vault.urls")),
    path("", include(tallies)),
]
