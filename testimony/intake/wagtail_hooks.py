"""Registers the calls with the admin."""

from wagtail import hooks

from testimony.intake.viewsets import CallViewSet


@hooks.register("register_admin_viewset")
def calls() -> CallViewSet:
    return CallViewSet()
