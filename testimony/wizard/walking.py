"""Walking a journey without a browser: the same forms, the same path, the same sealing.

For assisted entry and example data. What a browser posts page by page is checked here by the
same forms, page by page, before it is sealed by the same action.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from testimony.vault import actions
from testimony.vault.actions import Sealed
from testimony.vault.models import Lane
from testimony.wizard import forms as pages
from testimony.wizard import routing
from testimony.wizard.journeys import Journey
from testimony.wizard.records import record_payload
from testimony.wizard.routing import Circumstances
from testimony.wizard.storage import as_posted


class NotAnswered(ValueError):
    """A page did not accept its answers. The message names the page and the questions."""


def submit(
    journey: Journey,
    posted: Mapping[str, Any],
    *,
    language: str,
    lane: Lane = Lane.OPEN,
    channel: str = "web",
    wants_receipt: bool = True,
) -> Sealed:
    """Check every page on the path, then seal and store.

    ``posted`` holds the answers by question key, as a browser would post them.

    Raises:
        NotAnswered: for the first page that is not valid, or an age check that does not pass.
        NoValidKey, TooLarge: as the vault.
    """
    definition = journey.definition
    about = Circumstances(language=language, channel=channel)
    answers: dict[str, Any] = {}
    walked: set[str] = set()
    while True:
        path = routing.path(definition, answers, about)
        section = next((item for item in path if item.key not in walked), None)
        if section is None:
            break
        walked.add(section.key)
        keys = {question.key for question in section.questions}
        given = {key: value for key, value in posted.items() if key in keys}
        form = pages.section_form(definition, section, language)(
            data=as_posted(given), prefix=pages.PREFIX, answers=answers, about=about
        )
        if not form.is_valid():
            raise NotAnswered(f"{section.key}: {', '.join(sorted(form.errors))}")
        answers |= form.cleaned_answers()
        if section.is_age_check and not pages.is_adult(definition, answers):
            raise NotAnswered(f"{section.key}: adults only")
    return actions.seal_record(
        collection_id=journey.collection_id,
        definition=definition.digest,
        payload=record_payload(
            definition,
            routing.on_path(definition, answers, about),
            language=language,
            channel=channel,
        ),
        lane=lane,
        language=language,
        wants_receipt=wants_receipt,
    )
