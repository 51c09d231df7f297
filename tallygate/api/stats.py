"""The Analytics API as 3scale has it: who asks, about what, in which format; the reports do the rest."""

from collections.abc import Callable, Sequence
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tallygate.api.answers import View, answering_errors, not_understood
from tallygate.api.parameters import Parameters
from tallygate.api.subject import Subject
from tallygate.catalog.access import Principal, principal
from tallygate.web import runtime

FORMATS = ("json", "xml", "csv")

Find = Callable[[Principal, str], Subject]
Report = Callable[[Principal, Subject, Parameters, str], HttpResponse]
"""(who asks, about what, what, in which format) -> the answer."""


def view(find: Find, report: Report, formats: Sequence[str] = FORMATS) -> View:
    """Answers `report` about the one number that the path names."""

    @require_safe
    @answering_errors
    @wraps(report)
    def shown(request: HttpRequest, *, form: str, **named: str) -> HttpResponse:
        asker = principal(request, "stats", clock=runtime.clock())
        (number,) = named.values()
        subject = find(asker, number)
        if form not in formats:
            return not_understood(form)
        return report(asker, subject, Parameters(request), form)

    return shown
