"""The vault's and the tallies' addresses in the admin."""

from django.urls import include, path

from consultation.survey import bank_views as bank
from consultation.survey import editor_views as editor
from consultation.survey import editorial_views as views
from consultation.survey import exchange_views as exchanges
from consultation.survey import paper_views as paper
from consultation.survey import previews
from consultation.survey import questionnaire_views as questionnaires
from consultation.survey import starting_views as starting
from consultation.survey import translation_views as translations

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
        path("questionnaires/start/", starting.start, name="start"),
        path("questionnaires/start/copy/", starting.start_from_copy, name="start_from_copy"),
        path(
            "questionnaires/start/template/<slug:name>/",
            starting.start_from_template,
            name="start_from_template",
        ),
        path("questionnaires/<int:pk>/copy/", starting.copy, name="copy"),
        path("questionnaires/<int:pk>/bank/add/", bank.add, name="add_from_bank"),
        path("questionnaires/<int:pk>/bank/keep/", bank.keep, name="keep_in_bank"),
        path("questionnaires/bank/fill/", bank.fill, name="fill_bank"),
        path("questionnaires/<int:pk>/translations/", translations.languages, name="translations"),
        path(
            "questionnaires/<int:pk>/translations/<str:language>/",
            translations.translate,
            name="translate",
        ),
        path(
            "questionnaires/<int:pk>/translations/<str:language>/remove/",
            translations.remove,
            name="remove_language",
        ),
        path("questionnaires/bring-in/", exchanges.bring_in, name="bring_in"),
        path("questionnaires/<int:pk>/take-out/<slug:kind>/", exchanges.take_out, name="take_out"),
        path("questionnaires/<int:pk>/findings/", editor.findings, name="findings"),
        path("questionnaires/<int:pk>/publish/", questionnaires.publish, name="publish"),
        path("questionnaires/<int:pk>/versions/", questionnaires.versions, name="versions"),
        path(
            "questionnaires/<int:pk>/versions/<str:number>/paper/",
            paper.specimen,
            name="specimen",
        ),
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
