"""How pictures come in: into memory and nowhere else, without their names, and not without end.

Django's own handlers keep the name that a phone gave, and spool to a readable file or let a body
of any size into memory. This one is put in place by the view that takes pictures, before the post
is read; all other views keep the setting. A file that is too large, or one too many, is read to
its end and forgotten, so that the person gets a page with a sentence and not a broken connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any, Final

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from testimony.vault import limits
from testimony.vault.attachments import Picture, TooManyPictures
from testimony.wizard import pictures
from testimony.wizard.forms import PREFIX

LONGEST_REQUEST: Final = 64 * 1000 * 1000
"""What is read of one post at most, to answer it with a page. Half of it is never kept."""


class ReceivedPicture(UploadedFile):
    """The bytes of one file as they came, or why they were not kept. It has no name and no type."""

    def __init__(self, data: bytes, *, is_too_big: bool, is_one_too_many: bool) -> None:
        super().__init__(file=BytesIO(data), name=None, size=len(data))
        self.data = data
        self.is_too_big = is_too_big
        self.is_one_too_many = is_one_too_many

    def __bool__(self) -> bool:
        """It is there, though it has no name: a file without one counts as none elsewhere."""
        return True


class BoundedMemoryHandler(FileUploadHandler):
    """Keeps at most three files of at most 10 MB in memory, and marks those it did not keep.

    ``request.FILES`` then holds ``ReceivedPicture`` objects under the names of questions. Files in
    other fields are passed over.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._kept: list[bytes] = []
        self._size = 0
        self._files = 0

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: Mapping[str, str],  # noqa: N803 - Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Refuse a post that is longer than anybody's three pictures.

        Raises:
            RequestDataTooBig: the view shows its page for it.
        """
        if content_length > LONGEST_REQUEST:
            raise RequestDataTooBig

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> None:
        """Begin one file. What the browser says of it, its name above all, is not looked at."""
        self._kept, self._size = [], 0
        if not field_name.startswith(f"{PREFIX}-"):
            raise SkipFile
        self._files += 1

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._size += len(raw_data)
        if self._is_too_big or self._is_one_too_many:
            self._kept.clear()
        else:
            self._kept.append(raw_data)

    def file_complete(self, file_size: int) -> ReceivedPicture:
        received = ReceivedPicture(
            b"".join(self._kept),
            is_too_big=self._is_too_big,
            is_one_too_many=self._is_one_too_many,
        )
        self._kept = []
        return received

    @property
    def _is_too_big(self) -> bool:
        return self._size > limits.PICTURE_BYTES

    @property
    def _is_one_too_many(self) -> bool:
        return self._files > limits.PICTURES


def made_new(received: UploadedFile) -> Picture:
    """A picture as it is kept, of a file as it came.

    Raises:
        PictureRefused, TooManyPictures: with a sentence for the person.
    """
    if not isinstance(received, ReceivedPicture):
        raise TypeError("Only what BoundedMemoryHandler received is made new.")
    if received.is_one_too_many:
        raise TooManyPictures
    if received.is_too_big:
        raise pictures.TooBig
    return pictures.reencode(received.data)


def take_pictures_in_memory(request: HttpRequest) -> None:
    """Have this request's files come in through ``BoundedMemoryHandler``.

    Called first in ``dispatch``, before anything asks for ``request.POST``.
    """
    request.upload_handlers = [BoundedMemoryHandler(request)]
