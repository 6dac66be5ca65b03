"""Registers questionnaires, surveys and tallies with the admin, and who may do what with them."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet

from consultation.survey.models import Survey
from consultation.survey.viewsets import OpenedOnly, SurveyGroup

register_permission_policy(Survey, OpenedOnly(Survey))
register_snippet(SurveyGroup)


class TalliesMenuItem(MenuItem):
    """Shown to those who may start a tally."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("vault.tally_collection"))


@hooks.register("register_admin_menu_item")
def tallies() -> MenuItem:
    return TalliesMenuItem(
        _("Tallies"), reverse("tallies:index"), name="tallies", icon_name="table", order=225
    )
