"""Errors of the Analytics API, in the words and the shapes of its wire protocol."""

from collections.abc import Callable
from functools import wraps
from xml.sax.saxutils import escape

import msgspec
from django.http import HttpRequest, HttpResponse

from tallygate.api.parameters import MissingParameter
from tallygate.catalog.access import Refused
from tallygate.domain.errors import HistoryUnavailable, QuestionError
from tallygate.web import runtime

JSON = "application/json; charset=utf-8"
XML = "application/xml; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
_TYPES = {"json": JSON, "xml": XML, "csv": "text/csv; header=present"}

View = Callable[..., HttpResponse]


def answering_errors(view: View) -> View:
    """Turns what the view raises into an answer in the format that was asked for."""

    @wraps(view)
    def answered(request: HttpRequest, *args: str, form: str, **names: str) -> HttpResponse:
        try:
            return view(request, *args, form=form, **names)
        except MissingParameter as error:
            return HttpResponse(str(error), status=400, content_type=TEXT)
        except QuestionError as error:
            return refusal(form, 400, {"error": str(error)})
        except RecursionError:  # a JSON body nested deeper than anyone reads
            return refusal(form, 400, {"error": "The request body is nested too deep"})
        except HistoryUnavailable as error:
            return refusal(form, 503, {"error": str(error)})
        except Refused as refused:
            return refusal(form, refused.status, refused.body)

    return answered


def shown(form: str, content: bytes, file: str) -> HttpResponse:
    """An answer in the format that was asked for; CSV is a file of this name, stamped with the time."""
    answer = HttpResponse(content, content_type=_TYPES[form])
    if form == "csv":
        name = f"{file}-{runtime.clock().now_s()}.csv"
        answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


def not_understood(form: str) -> HttpResponse:
    """There is no such format."""
    message = f'The server does not understand "{form}" request.'
    return HttpResponse(message, status=406, content_type=TEXT)


def refusal(form: str, status: int, body: dict[str, str] | None) -> HttpResponse:
    """An error in the format that was asked for.

    Args:
        body: With one key: `error` comes in every format, `status` not in XML; None is no body.
    """
    if not body:
        return HttpResponse(b"", status=status, content_type=JSON)
    if form == "json":
        return HttpResponse(msgspec.json.encode(body), status=status, content_type=JSON)
    message = next(iter(body.values()))
    if form == "xml":
        xml = f"<error>{escape(message)}</error>" if "error" in body else ""
        return HttpResponse(xml, status=status, content_type=XML)
    return HttpResponse(message, status=status, content_type=TEXT)
