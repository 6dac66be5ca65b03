"""Answers the whole site shares."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A team member's form came too late, or from elsewhere. Journeys have a page of their own."""
    return render(request, "403.html", status=403)
