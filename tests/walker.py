"""A small browser without a screen: it keeps cookies, follows redirects, fills in forms."""

from __future__ import annotations

import hashlib
import html
import http.client
import itertools
import re
from urllib.parse import urlencode, urlsplit

MARK = re.compile(rb'data-mark="([^"]+)" data-bits="(\d+)"')
HIDDEN = re.compile(rb'<input type="hidden" name="([^"]+)" value="([^"]*)">')
WORDS = re.compile(r"<li>([^<]+)</li>")


class Walker:
    """One person's browser, talking plain HTTP to a server on this machine."""

    def __init__(self, address: str, *, works: bool = True) -> None:
        self.works = works
        parts = urlsplit(address)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        self.cookies: dict[str, str] = {}
        self.status = 0
        self.body = b""
        self.headers: http.client.HTTPMessage | None = None
        self.requests = 0

    def request(self, method: str, path: str, fields: list[tuple[str, str]] | None = None) -> bytes:
        headers = {"Host": urlsplit(self.origin).netloc}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        body = None
        if fields is not None:
            body = urlencode(fields)
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": self.origin,
                "Sec-Fetch-Site": "same-origin",
            }
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        self.requests += 1
        self.body = response.read()
        self.status = response.status
        self.headers = response.headers
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.split(";")[0].partition("=")
            if "Max-Age=0" in cookie or not value.strip('"'):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return self.body

    def get(self, path: str) -> bytes:
        return self.request("GET", path)

    def post(self, path: str, *fields: tuple[str, str]) -> bytes:
        """Send the form on the page, with its hidden fields, and follow the redirect."""
        hidden = [
            (name.decode(), html.unescape(value.decode()))
            for name, value in HIDDEN.findall(self.body)
        ]
        self.request("POST", path, [*hidden, *self._work(dict(hidden)), *fields])
        if self.status in (302, 303):
            assert self.headers is not None
            location = urlsplit(self.headers["Location"]).path
            self.get(location)
        return self.body

    def _work(self, hidden: dict[str, str]) -> list[tuple[str, str]]:
        """The number that script finds for the page's mark, sent with a first answer."""
        asked = MARK.search(self.body)
        if not self.works or asked is None or "n" not in hidden or "step" not in hidden:
            return []
        mark, bits = html.unescape(asked[1].decode()), int(asked[2])
        for number in itertools.count():
            digest = hashlib.sha256(f"{mark}:{number}".encode()).digest()
            if int.from_bytes(digest, "big") >> (256 - bits) == 0:
                return [("w", str(number))]
        raise AssertionError

    @property
    def text(self) -> str:
        return html.unescape(self.body.decode())


AGREE = (("q-count", "yes"), ("q-words", "quote"), ("q-audience", "public"))

TESTIMONY = (
    (("q-age", "adult"),),
    (*AGREE, ("q-describe", "nothing")),
    (),
    (("q-story", "It is further away now."), ("q-helped", "Being asked.")),
    (("q-setting", "outdoor"), ("q-change", "less_safe")),
    (("q-hopes", "Friends."),),
)

RESPONSE = (
    (("q-age", "adult"),),
    AGREE,
    (("q-setting", "online"), ("q-hours", "more"), ("q-effects", "moved"), ("q-effects", "alone")),
    (("q-would_call", "yes"), ("q-trust", "t2"), ("q-warned", "no"), ("q-shared_risk", "no")),
    (("q-first_ask", "consult"), ("q-would_help", "place"), ("q-else", "Ask us.")),
)


def walk(walker: Walker, path: str, pages: tuple[tuple[tuple[str, str], ...], ...]) -> list[str]:
    """A whole journey; returns the receipt's words."""
    walker.get(path)
    walker.post(path, ("go", "begin"))
    for answers in pages:
        walker.post(path, *answers)
        assert walker.status == 200, (walker.status, walker.text)
    walker.post(path, ("go", "submit"), ("q-receipt", "yes"))
    words = WORDS.findall(walker.text)
    walker.post(path, ("go", "noted"))
    return words
