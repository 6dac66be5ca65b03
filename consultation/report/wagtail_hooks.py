"""Registers the reports with the admin."""

from wagtail import hooks

from consultation.report.viewsets import ReportViewSet


@hooks.register("register_admin_viewset")
def reports() -> ReportViewSet:
    return ReportViewSet()
