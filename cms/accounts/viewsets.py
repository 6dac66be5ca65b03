"""Wagtail's lists of users and of groups, behind the second factor and with our forms."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from wagtail.users.views.groups import GroupViewSet
from wagtail.users.views.users import UserViewSet

from cms.accounts.forms import TeamUserCreationForm, TeamUserEditForm


def _behind_second_factor(view: Callable[..., HttpResponseBase]) -> Any:
    """Accounts and roles are looked at and changed in sessions that owe nothing."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        me: Any = request.user
        if me.needs_second_factor and not me.is_verified():
            return redirect("second_factor")
        return view(request, *args, **kwargs)

    return checked


class TeamViewSet(UserViewSet):
    """The members of the team."""

    def get_form_class(self, for_update: bool = False) -> Any:
        return TeamUserEditForm if for_update else TeamUserCreationForm

    def construct_view(self, view_class: Any, **kwargs: Any) -> Any:
        return _behind_second_factor(super().construct_view(view_class, **kwargs))


class RolesViewSet(GroupViewSet):
    """The roles, as Wagtail's groups."""

    def construct_view(self, view_class: Any, **kwargs: Any) -> Any:
        return _behind_second_factor(super().construct_view(view_class, **kwargs))
