"""Registers the calls with the admin, and who may do what with them."""

from wagtail import hooks
from wagtail.permissions import register_permission_policy

from testimony.intake.models import Call
from testimony.intake.viewsets import CallGroup, PublishedOnly

register_permission_policy(Call, PublishedOnly(Call))


@hooks.register("register_admin_viewset")
def calls() -> CallGroup:
    return CallGroup()
