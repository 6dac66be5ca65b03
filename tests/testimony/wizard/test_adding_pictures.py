"""Pictures on the journey: asked for only where a call asks, made new, sealed, taken back."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from testimony.intake.actions import publish_call
from testimony.vault.models import Attachment, DraftAttachment, SealedDraft
from testimony.wizard import journeys
from tests.factories import Consultation
from tests.testimony.wizard.test_journey import Phone

PLACE = "Somewhere north of the tracks"


def a_photo(size: tuple[int, int] = (320, 240), *, told: str = PLACE) -> bytes:
    """A JPEG as a phone makes it: turned, and saying where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = told
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    written = io.BytesIO()
    Image.new("RGB", size, "teal").save(written, "JPEG", exif=exif, comment=told.encode())
    return written.getvalue()


def upload(data: bytes, name: str = "IMG_2026_my_street.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="image/jpeg")


@pytest.fixture
def consultation(consultation: Consultation) -> Consultation:
    """With a call that asks for pictures before its last page."""
    document: dict[str, Any] = json.loads(
        journeys.read_definition(consultation.call.definition_id).canonical
    )
    both = {"en": "Add pictures, if you like", "fr": "Ajoutez des images, si vous voulez"}
    page = {
        "key": "pictures",
        "title": both,
        "note": None,
        "minutes": 2,
        "condition": None,
        "questions": [{"key": "photos", "type": "pictures", "label": both}],
    }
    document |= {"key": "with-pictures"}
    document["sections"].insert(-1, page)
    today = timezone.now().date()
    consultation.call = publish_call(
        by=None,
        name="With pictures",
        collection=consultation.collection,
        document=document,
        opens_on=today - dt.timedelta(days=1),
        closes_on=today + dt.timedelta(days=7),
    )
    return consultation


@pytest.fixture
def phone(consultation: Consultation) -> Phone:
    phone = Phone(consultation.call_path)
    phone.to_story().post(q_story="Look at this door.")
    return phone.post()


def test_a_picture_goes_from_the_phone_to_the_record_and_says_nothing_of_where_it_was_taken(
    phone: Phone, consultation: Consultation
) -> None:
    assert 'type="file"' in phone.text
    assert 'enctype="multipart/form-data"' in phone.text
    phone.post(q_photos=upload(a_photo()))
    assert "What you hope for" in phone.text
    assert DraftAttachment.objects.count() == 1
    phone.post()
    assert "1 picture" in phone.text
    phone.send()
    assert DraftAttachment.objects.count() == 0
    grant = consultation.grant()
    (record,) = grant.stream(consultation.call.definition_id)
    (listed,) = record.payload["attachments"]
    assert (listed["width"], listed["height"]) == (240, 320)
    stored = bytes(Attachment.objects.get(record_id=record.record_id).sealed)
    assert PLACE.encode() not in stored


def test_what_was_added_is_listed_and_can_be_taken_away_again(phone: Phone) -> None:
    phone.post(q_photos=[upload(a_photo()), upload(a_photo((100, 100)))])
    phone.post(go="back")
    assert "Picture 1, 240 × 320" in phone.text
    assert "Picture 2, 100 × 100" in phone.text
    first = phone.text.split('value="remove:')[1].split('"')[0]
    phone.post(go=f"remove:{first}")
    assert "Picture 1, 100 × 100" in phone.text
    assert DraftAttachment.objects.count() == 1


def test_somebody_elses_picture_can_not_be_taken_away(phone: Phone) -> None:
    phone.post(q_photos=upload(a_photo()))
    for forged in ("remove:", "remove:nonsense", "remove:00000000-0000-4000-8000-000000000000"):
        phone.post(go=forged)
        assert phone.status == 200
    assert DraftAttachment.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"%PDF-1.7 no picture", "We can't read this file as a picture."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "We can't read this file as a picture."),
        (b"", "We can't read this file as a picture."),
        (a_photo()[:900], "This picture is damaged"),
        (b"\xff\xd8\xff" + b"0" * 10_000_001, "we can take up to 10 MB"),
    ],
    ids=["pdf", "svg", "empty", "cut", "too-big"],
)
def test_what_can_not_be_taken_is_said_and_what_was_taken_stays(
    phone: Phone, data: bytes, sentence: str
) -> None:
    phone.post(q_photos=[upload(a_photo()), upload(data)])
    assert phone.status == 422
    assert sentence in phone.text
    assert phone.text.count('href="#q-photos"') == 1
    assert "Picture 1, 240 × 320" in phone.text
    phone.post().post().send()
    assert "Here are your six words" in phone.text
    assert Attachment.objects.count() == 1


def test_a_fourth_picture_is_not_taken_and_the_three_stay(phone: Phone) -> None:
    phone.post(q_photos=[upload(a_photo()) for _number in range(4)])
    assert phone.status == 422
    assert "up to three pictures" in phone.text
    assert DraftAttachment.objects.count() == 3


@pytest.mark.parametrize("way", ["erase", "leave", "expire"])
def test_pictures_go_with_the_draft(phone: Phone, way: str) -> None:
    phone.post(q_photos=upload(a_photo()))
    assert DraftAttachment.objects.count() == 1
    if way == "erase":
        phone.post(go="erase")
    elif way == "leave":
        phone.client.get("/leave")
    else:
        SealedDraft.objects.update(expires_tick=1)
        phone.get()
    assert DraftAttachment.objects.count() == 0


def test_who_wants_no_word_kept_keeps_no_picture_here_either(consultation: Consultation) -> None:
    phone = Phone(consultation.call_path)
    phone.post(q_age="adult")
    phone.agree(q_words="discard").past_the_note().post().post()
    phone.post(q_photos=upload(a_photo())).post().send()
    assert "Here are your six words" in phone.text
    assert Attachment.objects.count() == DraftAttachment.objects.count() == 0


def test_a_call_that_asks_for_no_picture_takes_none(consultation: Consultation) -> None:
    phone = Phone(consultation.survey_path)
    phone.post(q_age="adult", q_photos=upload(a_photo()))
    assert DraftAttachment.objects.count() == 0


def test_a_post_longer_than_anybodys_pictures_gets_a_page(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("testimony.wizard.uploads.LONGEST_REQUEST", 100)
    phone.post(q_photos=upload(a_photo()))
    assert phone.status == 413
    assert "more than we can take at once" in phone.text
