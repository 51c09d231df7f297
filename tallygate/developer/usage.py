"""What an application has used, as pages and as files: usage by metric and method, and response codes."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from tallygate.api.formats import usage_csv
from tallygate.catalog.developer_access import Consumer
from tallygate.catalog.errors import Refused
from tallygate.catalog.models import Metric
from tallygate.console.analytics import time_frame
from tallygate.console.analytics.report import Reason
from tallygate.console.analytics.time_frame import TimeFrame
from tallygate.console.pages import unanswered
from tallygate.developer import reports
from tallygate.developer.pages import address, find_application, page, show
from tallygate.developer.seen import Seen
from tallygate.domain.calendar import Window, find_zone
from tallygate.domain.errors import HistoryUnavailable, QuestionError
from tallygate.web import runtime

_PLAIN = "text/plain; charset=utf-8"
_INDENT = "\N{EM SPACE}"


@dataclass(frozen=True, slots=True)
class Empty:
    """The explanation of a chart without data."""

    reasons: list[Reason]


class _Asked:
    """What a request asks about one of the account's applications. Raises Http404 where it is none."""

    def __init__(self, request: HttpRequest, consumer: Consumer, application_id: int) -> None:
        self.consumer = consumer
        self.query = request.GET
        self.query_string = request.META.get("QUERY_STRING", "")
        self.application = find_application(consumer, application_id)
        self.seen = Seen(self.application)
        self.zone = find_zone(consumer.provider.time_zone)
        self.now_s = runtime.clock().now_s()

    def frame(self) -> TimeFrame:
        """Raises QuestionError where the query makes no sense."""
        return time_frame.read(self.query, self.zone, self.now_s)

    def url(self, **changed: str) -> str:
        """The same page with another question."""
        names = (*time_frame.NAMES, "metric")
        given = {name: self.query[name] for name in names if self.query.get(name)} | changed
        return f"?{urlencode(given)}"

    def url_at(self, moment: dict[str, str]) -> str:
        """The same metric at another time."""
        kept = {"metric": self.query["metric"]} if self.query.get("metric") else {}
        return f"?{urlencode(kept | moment)}"

    def file_url(self, name: str) -> str:
        """The same question, answered as a file."""
        url = address(self.consumer.provider, name, self.application.pk)
        return f"{url}?{self.query_string}" if self.query_string else url

    def context(self) -> dict[str, Any]:
        return {
            "title": self.application.name,
            "application": self.application,
            "seen": self.seen,
            "presets": time_frame.PRESETS,
            "granularities": time_frame.PER,
            "comparisons": time_frame.COMPARISONS,
            "fields": time_frame.fields(self.query, self.zone, self.now_s),
            "today": self.zone.local(self.now_s).date().isoformat(),
        }


@page
def usage(request: HttpRequest, consumer: Consumer, application_id: int) -> HttpResponse:
    """One metric in one time frame, both told by the query string.

    200; 400 with the reason when the query makes no sense; 503 when the history cannot answer.
    """
    asked = _Asked(request, consumer, application_id)
    first = asked.seen.metric("")
    context = {"what": "Usage", "asked": "usage", "options": list(_options(asked.seen.metrics))}
    status = 200
    try:
        metric = asked.seen.metric(asked.query.get("metric", ""))
        context |= {"chosen": metric, **_usage(asked, metric)}
    except (QuestionError, HistoryUnavailable) as error:
        status, failed = unanswered(error)
        context |= {"chosen": first, "error": failed}
    return show(
        request, consumer, "developer/report.html", "applications",
        asked.context() | context, status,
    )  # fmt: skip


@page
def usage_csv_file(request: HttpRequest, consumer: Consumer, application_id: int) -> HttpResponse:
    """The numbers of the chart that the same query string shows, as the Analytics API writes CSV."""
    asked = _Asked(request, consumer, application_id)
    try:
        metric = asked.seen.metric(asked.query.get("metric", ""))
        window = asked.frame().window
        line = asked.seen.usage([metric], window)[metric.pk]
    except (QuestionError, HistoryUnavailable, Refused) as error:
        return _failed_file(error)
    return _file(asked, metric.system_name, window, usage_csv([(metric, line.values)], window))


@page
def codes(request: HttpRequest, consumer: Consumer, application_id: int) -> HttpResponse:
    """How the application's calls were answered; 200, 400 or 503 like its usage."""
    asked = _Asked(request, consumer, application_id)
    context: dict[str, Any] = {"what": "Response codes", "asked": "codes"}
    status = 200
    try:
        frame = asked.frame()
        report = reports.of_codes(asked.seen.response_codes(frame.window), frame, asked.now_s)
        reason = Reason("Response codes are there where the gateway reports them.")
        context |= {
            "frame": frame,
            "report": report,
            "tables": [(table, ()) for table in report.tables],
            "downloads": [("CSV", asked.file_url("codes-csv"))],
            "empty": Empty([reason]) if report.is_empty else None,
        }
    except (QuestionError, HistoryUnavailable) as error:
        status, context["error"] = unanswered(error)
    return show(
        request, consumer, "developer/report.html", "applications",
        asked.context() | context, status,
    )  # fmt: skip


@page
def codes_csv_file(request: HttpRequest, consumer: Consumer, application_id: int) -> HttpResponse:
    """A line for each response code and bucket."""
    asked = _Asked(request, consumer, application_id)
    try:
        window = asked.frame().window
        lines = asked.seen.response_codes(window)
    except (QuestionError, HistoryUnavailable, Refused) as error:
        return _failed_file(error)
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("Response Code", "Date", "Value"))
    dates = [window.zone.ruby(start_s) for start_s in window.starts_s]
    for code, line in sorted(lines.items()):
        rows.writerows((code, date, value) for date, value in zip(dates, line.values, strict=True))
    return _file(asked, "response-codes", window, text.getvalue().encode())


def _usage(asked: _Asked, metric: Metric) -> dict[str, Any]:
    frame = asked.frame()
    methods = asked.seen.methods(metric)
    lines = asked.seen.usage([metric, *methods], frame.window, frame.compare)
    told = [(each, lines[each.pk].total, asked.url(metric=each.system_name)) for each in methods]
    report = reports.of_usage(metric, lines[metric.pk], told, frame, asked.now_s)
    return {
        "frame": frame,
        "report": report,
        "tables": [(table, ()) for table in report.tables],
        "downloads": [("CSV", asked.file_url("usage-csv"))],
        "empty": Empty([_last(asked, metric)]) if report.is_empty else None,
    }


def _last(asked: _Asked, metric: Metric) -> Reason:
    """When the application last used the metric."""
    window = time_frame.read({"frame": "12m"}, asked.zone, asked.now_s).window
    line = asked.seen.usage([metric], window)[metric.pk]
    used = [start for start, value in zip(window.starts_s, line.values, strict=True) if value]
    if not used:
        return Reason(f"In the last 12 months the application has used no {metric}.")
    around = time_frame.around(asked.zone, min(_end_of_month(window, used[-1]), asked.now_s))
    text = f"{metric} was last used in {asked.zone.at(used[-1]):%B %Y}."
    return Reason(text, asked.url_at(around), "Show the 30 days up to then")


def _end_of_month(window: Window, start_s: int) -> int:
    return next(end for end in window.edges_s if end > start_s) - 1


def _options(metrics: list[Metric]) -> Iterator[tuple[str, str]]:
    """Names of metrics, each followed by its methods, indented; methods alone where the metric is hidden."""
    known = {metric.pk for metric in metrics}
    for metric in metrics:
        if metric.parent_id is None or metric.parent_id not in known:
            yield metric.system_name, metric.friendly_name
            for method in metrics:
                if method.parent_id == metric.pk:
                    yield method.system_name, f"{_INDENT}{method.friendly_name}"


def _failed_file(error: Refused | QuestionError | HistoryUnavailable) -> HttpResponse:
    if isinstance(error, Refused):
        return HttpResponse("This is not shown.", status=error.status, content_type=_PLAIN)
    status, said = unanswered(error)
    return HttpResponse(said["text"], status=status, content_type=_PLAIN)


def _file(asked: _Asked, what: str, window: Window, content: bytes) -> HttpResponse:
    days = [window.zone.local(at_s).date() for at_s in (window.since_s, window.last_s)]
    name = f"{asked.application.name}-{what}-{days[0]}-{days[1]}.csv".replace("/", "_")
    return HttpResponse(
        content,
        content_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": content_disposition_header(True, name)},
    )
