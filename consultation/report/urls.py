"""The report's addresses in the admin."""

from django.urls import path

from consultation.report.views import download

app_name = "report"

urlpatterns = [path("editions/<slug:digest>/", download, name="download")]
