"""What the commands and the listener of this home ask of its running console, mounted under `/internal/`."""

import hmac
from collections.abc import Callable
from functools import wraps

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tallygate.api import internal_usage
from tallygate.api.answers import JSON
from tallygate.domain.errors import HistoryUnavailable, InputError, QuestionError
from tallygate.reports import ad_hoc
from tallygate.settings import load_secrets
from tallygate.web import runtime

View = Callable[[HttpRequest], HttpResponse]


def internal(view: View) -> View:
    """Lets in whoever knows the home's internal token, as `Authorization: Bearer TOKEN`.

    What the view raises becomes `{"error"}`: 400 for what makes no sense, 503 when the history cannot be
    read now.
    """

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("Authorization", "")
        wanted = f"Bearer {load_secrets(settings.TALLYGATE.home).internal_token}"
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            return _answer(403, {"error": "Access denied"})
        try:
            return view(request)
        except (QuestionError, msgspec.DecodeError, UnicodeDecodeError) as error:
            return _answer(400, {"error": str(error)})
        except HistoryUnavailable as error:
            return _answer(503, {"error": str(error)})

    return csrf_exempt(guarded)


@internal
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Where the roll-ups are not what the raw entries still kept say, or do not add up.

    200 with `{"differences": [{"table", "series", "product", "application", "t", "expected",
    "found"}]}`, `t` in UTC seconds.
    """
    found = runtime.history().verify()
    return _answer(200, {"differences": [difference._asdict() for difference in found]})


class _Rows(msgspec.Struct, frozen=True):
    product: str
    application: str | None = None


@internal
@require_POST
def rows(request: HttpRequest) -> HttpResponse:
    """How many rows each table has of a product or of one of its applications, whether or not they still exist.

    The body is `{"product": protocol id}`, and `"application"` where one is meant. 200 with `{"rows": {table: count}}`.
    """
    asked = msgspec.json.decode(request.body, type=_Rows)
    return _answer(200, {"rows": runtime.history().rows(asked.product, asked.application)})


@internal
@require_POST
def disk(request: HttpRequest) -> HttpResponse:
    """What each table takes on disk.

    200 with `{"tables": [{"table", "rows", "bytes", "bytes_a_day", "partition_days"}]}`.
    """
    return _answer(200, {"tables": [use._asdict() for use in runtime.history().disk()]})


@internal
@require_POST
def usage(request: HttpRequest) -> HttpResponse:
    """Usage of a product or an application; `internal_usage` says what is asked and answered."""
    asked = msgspec.json.decode(request.body, type=internal_usage.Asked)
    return _answer(200, internal_usage.answer(asked))


@internal
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """A report as bytes, or sent; the body is `reports.ad_hoc.Asked` as JSON."""
    asked = msgspec.json.decode(request.body, type=ad_hoc.Asked)
    try:
        made = ad_hoc.make(asked, settings.TALLYGATE, runtime.history(), runtime.clock().now_s())
    except InputError as error:
        return _answer(400, {"error": str(error)})
    return HttpResponse(made, content_type="application/octet-stream")


def _answer(status: int, body: dict[str, object]) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(body), status=status, content_type=JSON)


urlpatterns = [
    path("verify", verify),
    path("rows", rows),
    path("disk", disk),
    path("usage", usage),
    path("report", report),
]
