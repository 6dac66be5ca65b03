"""What was read from a workbook, as lines that a person can check beside the workbook."""

import json

_QUIET = {
    "key": None, "type": None, "label": None, "options": None, "sensitivity": "opinion",
    "headline": False, "permission": None, "condition": None,
}  # fmt: skip


def outline(found):
    """Pages, questions and answers, then what is left out and what is different."""
    lines = []
    for section in (found.document or {}).get("sections", ()):
        lines.append(f"[{section['key']}] {said(section['title'])}{when(section)}")
        for question in section["questions"]:
            lines += list(_question(question))
    for heading, notes in (("Left out", found.problems), ("Different", found.warnings)):
        lines.append(f"{heading}:")
        lines += [
            f"  {note.sheet} {note.row} {note.column}: {note.sentence}"
            for note in sorted(notes, key=lambda note: (note.sheet, note.row))
        ]
    return "\n".join(lines) + "\n"


def said(text):
    return " / ".join(dict.fromkeys((text or {}).values()))


def when(place):
    rule = place["condition"]
    return f" IF {json.dumps(rule)}" if rule else ""


def _question(question):
    yield f"  {question['key']} ({question['type']}) {said(question['label'])}{when(question)}"
    for name, value in question.items():
        if name == "grid":
            yield f"    in the table {value['key']}: {said(value['label'])}"
        elif name == "hint" and value:
            yield f"    hint: {said(value)}"
        elif name not in _QUIET and value is not None and value is not False and name != "hint":
            yield f"    {name}: {value}"
    for option in question["options"]:
        alone = " (alone)" if option["exclusive"] else ""
        yield f"    - {option['code']}{alone}: {said(option['label'])}"
