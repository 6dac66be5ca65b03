"""What each role may do, as a table. Nobody can read testimony by role alone: that takes keys.

``manage.py sync_roles`` sets the groups to exactly this, and ``manage.py roles_table`` prints it
for ``docs/roles.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

ADMIN: Final = "wagtailadmin.access_admin"


class UnknownPermission(Exception):
    """The table names a permission that no model has."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no permission “{name}”.")


@dataclass(frozen=True)
class Role:
    """One role: what it is for, in a sentence, and what it may do.

    ``pages`` holds on all pages and ``files`` on all images and documents.
    """

    name: str
    sentence: str | Promise
    permissions: tuple[str, ...]
    pages: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


_WRITE_PAGES: Final = ("wagtailcore.add_page", "wagtailcore.change_page")
_PUBLISH_PAGES: Final = (
    *_WRITE_PAGES,
    "wagtailcore.publish_page",
    "wagtailcore.lock_page",
    "wagtailcore.unlock_page",
)
_FILES: Final = tuple(
    f"{app}.{verb}_{thing}"
    for app, thing in (("wagtailimages", "image"), ("wagtaildocs", "document"))
    for verb in ("add", "change", "choose")
)
_LOOK_ON: Final = ("intake.view_call", "survey.view_survey")

ROLES: Final = (
    Role(
        "Editors",
        _(
            "Write pages, calls, questionnaires and the report, and set when a call or survey is "
            "open."
        ),
        (
            ADMIN,
            *_LOOK_ON,
            "intake.change_call",
            "intake.add_calltext",
            "intake.change_calltext",
            "intake.view_calltext",
            "survey.add_questionnaire",
            "survey.change_questionnaire",
            "survey.view_questionnaire",
            "survey.add_bankedquestion",
            "survey.change_bankedquestion",
            "survey.delete_bankedquestion",
            "survey.view_bankedquestion",
            "survey.add_survey",
            "survey.change_survey",
            "report.add_report",
            "report.change_report",
            "report.view_report",
        ),
        _WRITE_PAGES,
        _FILES,
    ),
    Role(
        "Peer readers",
        _("Open testimony with keys of their own, read it, and propose what may be quoted."),
        (
            ADMIN,
            *_LOOK_ON,
            "vault.hold_keys",
            "vault.unlock_collection",
            "vault.read_testimony",
            "vault.tally_collection",
        ),
    ),
    Role(
        "Approvers",
        _("Read what somebody else proposed to quote, with keys of their own, and approve it."),
        (
            ADMIN,
            *_LOOK_ON,
            "vault.hold_keys",
            "vault.unlock_collection",
            "vault.read_testimony",
        ),
    ),
    Role(
        "Keyholders",
        _("Make collections, hold their keys, count, and see to withdrawal and destruction."),
        (
            ADMIN,
            *_LOOK_ON,
            "vault.hold_keys",
            "vault.unlock_collection",
            "vault.tally_collection",
            "vault.manage_collection",
            "vault.read_audit",
            "vault.manage_retention",
            "vault.export_collection",
            "report.view_report",
            "report.compile_report",
        ),
    ),
    Role(
        "Analysts",
        _("Count closed questions with keys of their own, and see protected tables only."),
        (
            ADMIN,
            *_LOOK_ON,
            "vault.hold_keys",
            "vault.unlock_collection",
            "vault.tally_collection",
            "report.view_report",
        ),
    ),
    Role(
        "Publishers",
        _("Publish pages, calls and questionnaires, and freeze and print the report."),
        (
            ADMIN,
            *_LOOK_ON,
            "intake.view_calltext",
            "intake.publish_call",
            "survey.view_questionnaire",
            "survey.publish_questionnaire",
            "survey.lock_questionnaire",
            "survey.unlock_questionnaire",
            "report.view_report",
            "report.compile_report",
        ),
        _PUBLISH_PAGES,
        _FILES,
    ),
    Role(
        "Administrators",
        _("Look after accounts, collections and the audit log. They can hold no keys."),
        (
            ADMIN,
            "accounts.add_user",
            "accounts.change_user",
            "accounts.view_user",
            "auth.view_group",
            "vault.manage_collection",
            "vault.read_audit",
            "vault.manage_retention",
        ),
    ),
)


def sync_roles() -> None:
    """Make the groups and give each exactly what the table says, and nothing else.

    Raises ``UnknownPermission``, with the name, and then changes nothing.
    """
    with transaction.atomic():
        for role in ROLES:
            group, _created = Group.objects.get_or_create(name=role.name)
            group.permissions.set([_permission(name) for name in role.permissions])
            _sync_pages(group, role)
            _sync_files(group, role)


def _sync_pages(group: Group, role: Role) -> None:
    GroupPagePermission.objects.filter(group=group).delete()
    root = Page.objects.get(depth=1)
    for name in role.pages:
        GroupPagePermission.objects.create(group=group, page=root, permission=_permission(name))


def _sync_files(group: Group, role: Role) -> None:
    GroupCollectionPermission.objects.filter(group=group).delete()
    root = Collection.get_first_root_node()
    for name in role.files:
        GroupCollectionPermission.objects.create(
            group=group, collection=root, permission=_permission(name)
        )


def _permission(name: str) -> Permission:
    label, _dot, codename = name.partition(".")
    found = Permission.objects.filter(content_type__app_label=label, codename=codename).first()
    if found is None:
        raise UnknownPermission(name)
    return found


def roles_table() -> str:
    """The table in Markdown, for the docs."""
    lines = [
        "| Role | What it is for | Permissions | On every page | On every image and document |",
        "| --- | --- | --- | --- | --- |",
    ]
    for role in ROLES:
        cells = (_codes(role.permissions), _codes(role.pages), _codes(role.files))
        lines.append(f"| **{role.name}** | {role.sentence} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
