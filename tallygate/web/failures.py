"""Answers to requests that no page answers: a page for people, JSON for programs, never a stack trace."""

import sys

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string

from tallygate.developer.sessions import is_below

_PROGRAMS = ("/stats/", "/analytics/v1/", "/admin/api/", "/internal/", "/healthz")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400, "Bad request")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, "Forbidden")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, "Not found")


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 with the reason where the catalog cannot be read or written now: a full disk, say."""
    error = sys.exception()
    if isinstance(error, OperationalError):
        return _answer(request, 503, f"The catalog cannot be used now: {error}")
    return _answer(request, 500, "Internal error")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was not sent from a page of this site, or after its session ended."""
    return _answer(request, 403, "This form has expired; reload the page and send it again")


def _answer(request: HttpRequest, status: int, message: str) -> HttpResponse:
    if request.path.startswith(_PROGRAMS):
        return JsonResponse({"status": message}, status=status)
    try:
        # Without the request: its context may be what failed.
        page = render_to_string(
            "developer/failed.html" if is_below(request) else f"{status}.html",
            {"status": status, "message": message},
        )
    except TemplateDoesNotExist:
        return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")
    return HttpResponse(page, status=status)
