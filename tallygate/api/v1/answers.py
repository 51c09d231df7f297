"""In which form an answer is, and what an error looks like: `{"error": message}`, in every form."""

from collections.abc import Callable, Iterator
from functools import wraps
from itertools import chain
from typing import NamedTuple

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from tallygate.analytics.parameters import Parameters
from tallygate.api.answers import JSON
from tallygate.api.v1 import tables
from tallygate.api.v1.tables import Table
from tallygate.catalog.access import Principal, Refused, principal
from tallygate.domain.errors import HistoryUnavailable, QuestionError
from tallygate.web import runtime

CREDENTIALS = ("access_token", "provider_key")
FORMAT = "format"


class Form(NamedTuple):
    """A form of an answer; `parts` writes a table, and JSON is none."""

    media_type: str
    parts: Callable[[Table], Iterator[bytes]] | None = None


FORMS = {
    "json": Form("application/json"),
    "csv": Form("text/csv", tables.csv_parts),
    "ndjson": Form("application/x-ndjson", tables.ndjson_parts),
    "parquet": Form("application/vnd.apache.parquet", tables.parquet_parts),
    "arrow": Form("application/vnd.apache.arrow.stream", tables.arrow_parts),
}
"""By the name that `format` gives them; without it the header Accept decides."""


class Call(NamedTuple):
    """What is asked, by whom, and in which form."""

    asker: Principal
    given: Parameters
    form: str
    now_s: int


View = Callable[[HttpRequest], HttpResponseBase]
Report = Callable[[Call], HttpResponseBase]


def view(report: Report, names: tuple[str, ...]) -> View:
    """Answers `report` to whoever may see analytics.

    Args:
        names: Of its parameters.
    """

    @require_safe
    @wraps(report)
    def answered(request: HttpRequest) -> HttpResponseBase:
        try:
            asker = principal(request, "stats", clock=runtime.clock())
            given = {n: t for n, t in request.GET.lists() if n not in CREDENTIALS}
            parameters = Parameters(given, (*names, FORMAT))
            form = _form(request, parameters)
            if form is None:
                known = ", ".join(each.media_type for each in FORMS.values())
                return error(406, f"There are {known}")
            answer = report(Call(asker, parameters, form, runtime.clock().now_s()))
            answer.headers["Vary"] = "Accept"
            return answer
        except QuestionError as wrong:
            return error(400, str(wrong))
        except HistoryUnavailable as reason:
            return error(503, str(reason))
        except Refused as refused:
            return error(refused.status, refused.message or "Forbidden")

    return answered


def error(status: int, message: str) -> HttpResponse:
    """An error, always as JSON."""
    body = msgspec.json.encode({"error": message})
    return HttpResponse(body, status=status, content_type=JSON)


def shown(body: object, cursor: str | None) -> HttpResponse:
    """JSON, with the cursor of the next page in it."""
    whole = {**body, "next_cursor": cursor} if isinstance(body, dict) else body
    return HttpResponse(msgspec.json.encode(whole), content_type=JSON)


def streamed(
    table: Table, form: str, complete_until_s: int, cursor: str | None
) -> HttpResponseBase:
    """A table as a file, the first part of which was found before the answer begins."""
    kind = FORMS[form]
    assert kind.parts is not None, "JSON is no table"
    parts = kind.parts(table)
    first = next(parts, b"")
    answer = StreamingHttpResponse(chain([first], parts), content_type=kind.media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{table.file}.{form}"'
    answer.headers["Tallygate-Complete-Until"] = table.zone.iso(complete_until_s)
    if cursor is not None:
        answer.headers["Tallygate-Next-Cursor"] = cursor
    return answer


def _form(request: HttpRequest, given: Parameters) -> str | None:
    """None if there is none that the caller takes."""
    named = given.choice(FORMAT, tuple(FORMS))
    if named is not None:
        return named
    by_type = {each.media_type: name for name, each in FORMS.items()}
    preferred = request.get_preferred_type(list(by_type))
    return None if preferred is None else by_type[preferred]
