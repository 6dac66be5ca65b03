"""Workbooks as people make them elsewhere, for the reader of XLSForm."""

import io

import openpyxl

CHOICES = [
    ("list_name", "name", "label::English (en)", "label::Français (fr)"),
    ("yn", "yes", "Yes", "Oui"),
    ("yn", "no", "No", "Non"),
    ("help", "union", "Union", "Syndicat"),
    ("help", "none", "None", "Aucun"),
]
HEAD = ("type", "name", "label::English (en)", "label::Français (fr)", "relevant", "constraint",
        "appearance", "required", "parameters", "choice_filter")  # fmt: skip


def book(*rows, choices=CHOICES):
    """The bytes of a workbook with these rows under the usual heads."""
    made = openpyxl.Workbook()
    made.active.title = "survey"
    for row in (HEAD, *rows):
        made.active.append(row)
    sheet = made.create_sheet("choices")
    for row in choices:
        sheet.append(row)
    settings = made.create_sheet("settings")
    settings.append(("form_title", "form_id", "default_language", "version"))
    settings.append(("Work", "work", "English (en)", "1.2"))
    held = io.BytesIO()
    made.save(held)
    return held.getvalue()


def row(kind, name, relevant="", **more):
    values = {
        "type": kind,
        "name": name,
        HEAD[2]: name,
        HEAD[3]: name,
        "relevant": relevant,
        **more,
    }
    return tuple(values.get(head) or None for head in HEAD)
