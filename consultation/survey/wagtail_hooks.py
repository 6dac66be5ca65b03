"""Registers questionnaires, surveys and tallies with the admin."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from consultation.survey.viewsets import SurveyGroup


class TalliesMenuItem(MenuItem):
    """Shown to those who may start a tally."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("vault.tally_collection"))


@hooks.register("register_admin_viewset")
def surveys() -> SurveyGroup:
    return SurveyGroup()


@hooks.register("register_admin_menu_item")
def tallies() -> MenuItem:
    return TalliesMenuItem(
        _("Tallies"), reverse("tallies:index"), name="tallies", icon_name="table", order=225
    )
