"""A fetcher with nothing behind it: it answers from memory, and stops the build otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

BASE_ADDRESS: Final = "paper:/"


class OutsideFetch(FatalURLFetchingError):
    """The document asked for something that was not handed in with it."""


class ClosedFetcher(URLFetcher):
    """Hands out what it was given, by exact address. No file, no network, no exception."""

    def __init__(self, held: Mapping[str, tuple[bytes, str]]) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
        self._held = dict(held)

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        """The held resource.

        Raises:
            OutsideFetch: for any other address; WeasyPrint then abandons the build.
        """
        try:
            contents, media_type = self._held[url]
        except KeyError:
            raise OutsideFetch(f"The document asked for {url[:80]}, which it may not.") from None
        return URLFetcherResponse(url, body=contents, headers={"Content-Type": media_type})
