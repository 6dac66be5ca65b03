"""What anybody may visit: the journeys, which are private, and the campaign's pages.

Of Wagtail's own public routes only the one that serves a page is here: the others are a second
login, without the second factor and without the throttle.
"""

from django.urls import include, path, re_path
from wagtail.urls import serve_pattern
from wagtail.views import serve

from cms.schemas import definition_schema

urlpatterns = [
    path("", include("testimony.intake.urls")),
    path("", include("consultation.survey.urls")),
    path("schemas/definition-1.json", definition_schema, name="definition_schema"),
    re_path(serve_pattern, serve, name="wagtail_serve"),
]
