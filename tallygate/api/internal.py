"""What the commands of this home ask of its running console, mounted under `/internal/`."""

import hmac
from collections.abc import Callable
from functools import wraps

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tallygate.api.answers import JSON
from tallygate.domain.errors import HistoryUnavailable
from tallygate.settings import load_secrets
from tallygate.web import runtime

View = Callable[[HttpRequest], HttpResponse]


def internal(view: View) -> View:
    """Lets in whoever knows the home's internal token, as `Authorization: Bearer TOKEN`."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("Authorization", "")
        wanted = f"Bearer {load_secrets(settings.TALLYGATE.home).internal_token}"
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            return _answer(403, {"error": "Access denied"})
        return view(request)

    return csrf_exempt(guarded)


@internal
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """The differences between the roll-ups and the raw entries still kept.

    200 with `{"differences": [{"table", "series", "product", "application", "t", "expected",
    "found"}]}`, `t` in UTC seconds; 503 with `{"error"}` when the history cannot be read now.
    """
    try:
        found = runtime.history().verify()
    except HistoryUnavailable as error:
        return _answer(503, {"error": str(error)})
    return _answer(200, {"differences": [difference._asdict() for difference in found]})


class _Rows(msgspec.Struct, frozen=True):
    product: str


@internal
@require_POST
def rows(request: HttpRequest) -> HttpResponse:
    """How many rows each table has of a product, whether or not it still exists.

    The body is `{"product": protocol id}`. 200 with `{"rows": {table: count}}`; 503 with `{"error"}`
    when the history cannot be read now.
    """
    try:
        asked = msgspec.json.decode(request.body, type=_Rows)
        found = runtime.history().rows(asked.product)
    except msgspec.DecodeError as error:
        return _answer(400, {"error": str(error)})
    except HistoryUnavailable as error:
        return _answer(503, {"error": str(error)})
    return _answer(200, {"rows": found})


def _answer(status: int, body: dict[str, object]) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(body), status=status, content_type=JSON)


urlpatterns = [path("verify", verify), path("rows", rows)]
