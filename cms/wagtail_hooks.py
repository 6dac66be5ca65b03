"""The admin's own touches: a small stylesheet, the lock bar's minutes, and what to look at."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.ui.components import Component

from testimony.vault import facade


@hooks.register("insert_global_admin_css")
def admin_stylesheet() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("cms/admin.css"))


@hooks.register("insert_global_admin_js")
def lock_timer() -> str:
    return format_html('<script type="module" src="{}"></script>', static("cms/lock-timer.js"))


class WorriesPanel(Component):
    """On the dashboard: keys that run out, holds, a daily job that did not run."""

    name = "vault_worries"
    template_name = "cms/worries.html"
    order = 50

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        user = parent_context["request"].user
        is_shown = bool(user.is_authenticated and facade.may_see_worries(user))
        return {"worries": facade.worries() if is_shown else []}


@hooks.register("construct_homepage_panels")
def worries_panel(request: HttpRequest, panels: list[Any]) -> None:
    panels.append(WorriesPanel())
