"""Leaving: whatever draft a browser holds is erased, and the browser goes somewhere dull."""

from __future__ import annotations

import contextlib
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.csrf import csrf_exempt

from testimony.vault import drafts
from testimony.vault.drafts import DraftGone, DraftKey
from testimony.wizard.privacy import private
from testimony.wizard.storage import draft_cookies, expire_cookie, expire_token, forget_leaving


@private
@csrf_exempt
def leave(request: HttpRequest) -> HttpResponseBase:
    """Erase and go. A plain link leads here; a post is script's last word, and wants no page.

    Another site can bring nobody here to erase: the draft's cookie is ``SameSite=Strict``.
    """
    response: HttpResponse = HttpResponseRedirect(settings.LEAVE_URL)
    if request.method == "POST":
        response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    for name in draft_cookies(request):
        with contextlib.suppress(DraftGone):
            drafts.erase(DraftKey.from_cookie(request.COOKIES[name]))
        expire_cookie(response, name)
    expire_token(request, response)
    forget_leaving(request, response)
    return response
