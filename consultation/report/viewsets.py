"""Reports in the admin."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.viewsets.model import ModelViewSet

from consultation.report.models import Report


class ReportViewSet(ModelViewSet):
    """Reports in the making."""

    model = Report
    name = "consultation_reports"
    menu_label = _("Report")
    icon = "doc-full"
    add_to_admin_menu = True
    menu_order = 240
    list_display = ["title", "addressee_office", "dated"]
    panels = Report.panels
