"""The vault's and the tallies' addresses in the admin."""

from django.urls import include, path

from consultation.survey import editorial_views as views
from consultation.survey import exchange_views as exchanges
from consultation.survey import previews
from consultation.survey import questionnaire_views as questionnaires

tallies = (
    [
        path("tallies/", views.index, name="index"),
        path("tallies/<slug:public_id>/start/", views.start, name="start"),
        path("tallies/run/<int:pk>/", views.run, name="run"),
    ],
    "tallies",
)

surveys_room = (
    [
        path("questionnaires/bring-in/", exchanges.bring_in, name="bring_in"),
        path("questionnaires/<int:pk>/take-out/<slug:kind>/", exchanges.take_out, name="take_out"),
        path("questionnaires/<int:pk>/publish/", questionnaires.publish, name="publish"),
        path("questionnaires/<int:pk>/versions/", questionnaires.versions, name="versions"),
        path("questionnaires/<int:pk>/open/", questionnaires.open_survey, name="open"),
        path("surveys/<slug:public_id>/close/", questionnaires.close, name="close"),
        path(
            "surveys/<slug:public_id>/preview/<slug:state>/<str:language>/<slug:step>/",
            previews.preview_survey,
            name="preview_survey",
        ),
        path(
            "questionnaires/<int:pk>/preview/<slug:state>/<str:language>/<slug:step>/",
            previews.preview_draft,
            name="preview_draft",
        ),
    ],
    "surveys_room",
)

urlpatterns = [
    path("", include(surveys_room)),
    path("", include("testimony.vault.urls")),
    path("", include(tallies)),
]
