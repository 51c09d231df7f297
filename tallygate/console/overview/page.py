"""The Overview pages and what they show."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tallygate.catalog.access import Principal
from tallygate.catalog.models import Metric
from tallygate.console.analytics import colours, time_frame
from tallygate.console.analytics.plotted import line, peak_tile
from tallygate.console.analytics.report import Curve
from tallygate.console.analytics.time_frame import TimeFrame
from tallygate.console.change import change
from tallygate.console.marks.annotations import marks
from tallygate.console.overview import figures, scope
from tallygate.console.overview.attention import notices
from tallygate.console.overview.figures import Figures, Ranked
from tallygate.console.overview.scope import Scope
from tallygate.console.pages import api_of, find_product, page, show, unanswered
from tallygate.console.wording import instant
from tallygate.domain.calendar import Zone, find_zone
from tallygate.domain.errors import HistoryUnavailable, QuestionError
from tallygate.history import Consumer
from tallygate.web import runtime

FRAME = "30d"
"""The time frame unless another is asked for."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of one of the lists.

    Attributes:
        url: The page about it; '' where there is none that the reader may see.
        note: What stands beside the name.
    """

    ranked: Ranked
    name: str
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class Consumers:
    """A list of applications.

    Attributes:
        empty: What is said where there are none.
    """

    name: str
    title: str
    rows: list[Row]
    empty: str


@page
def of_provider(request: HttpRequest, principal: Principal) -> HttpResponse:
    """All products that the user may see; 400 when the query makes no sense, 503 when the history cannot answer."""
    principal.require("see_analytics")
    return _shown(request, scope.of_provider(principal), "overview", {"title": "Overview"})


@page
def of_product(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """One product; 400 and 503 as for all."""
    principal.require("see_analytics")
    product = find_product(principal, product_id)
    about = scope.of_product(principal, product)
    context = {"title": "Overview", "product": product}
    return _shown(request, about, "product-overview", context)


def _shown(
    request: HttpRequest, about: Scope, section: str, context: dict[str, Any]
) -> HttpResponse:
    zone = find_zone(about.principal.provider.time_zone)
    now_s = runtime.clock().now_s()
    name = request.GET.get("frame") or FRAME
    status = 200
    try:
        frame = time_frame.read({"frame": name}, zone, now_s)
        answered = _answered(about, frame, now_s)
        if about.of is not None:
            answered["calls"] = [
                api_of(request).usage(f"services/{about.of.pk}", "hits", frame.window)
            ]
    except (QuestionError, HistoryUnavailable) as error:
        status, said = unanswered(error, advice="")
        answered = {"error": said}
    given = {
        "api": "Analytics API",
        "scope": "stats",
        "about": about,
        "presets": time_frame.PRESETS,
        "frame_name": name,
    }
    context = context | given | answered
    return show(request, about.principal, "console/overview.html", section, context, status)


def _answered(about: Scope, frame: TimeFrame, now_s: int) -> dict[str, Any]:
    with runtime.history().snapshot() as snapshot:
        found = figures.ask(snapshot, about, frame.window)
    hits = _hits(about)
    values, previous = found.total.values, found.total.previous_values
    curve = Curve(hits.system_name, hits.friendly_name, colours.MEASURE, values, previous)
    report = line(frame, curve, hits.unit, now_s)
    report.marks = marks(about.principal, frame.window, [about.of] if about.of else None)
    return {
        "frame": frame,
        "notices": notices(about, frame.window.since_s, now_s),
        "report": report,
        "name": hits.friendly_name,
        "total": found.total.total,
        "previous_total": found.total.previous_total,
        "change": change(found.total.total, found.total.previous_total),
        "peak": peak_tile(report),
        "answered": found.answered,
        "answered_before": found.answered_before,
        "parts": [_part(about, each, frame) for each in found.parts],
        "lists": _lists(about, found, frame),
        "last_call": _last_call(about, frame.window.zone) if report.is_empty else "",
    }


def _hits(about: Scope) -> Metric:
    """What the total counts; that of all products is no metric of any."""
    return Metric(**Metric.HITS) if about.of is None else about.own[about.hits[0]]


def _part(about: Scope, ranked: Ranked, frame: TimeFrame) -> Row:
    """A product; of one product a metric or method."""
    key = str(ranked.key)
    if about.of is None:
        product = about.products[key]
        url = reverse("console:product-overview", args=[product.pk])
        return Row(ranked, product.name, product.system_name, f"{url}?frame={frame.name}")
    metric = about.own[key]
    query = urlencode({"frame": frame.name, "metric": metric.system_name})
    url = f"{reverse('console:traffic', args=[about.of.pk])}?{query}"
    return Row(ranked, metric.friendly_name, metric.system_name, url)


def _lists(about: Scope, found: Figures, frame: TimeFrame) -> list[Consumers]:
    """The applications that stand out."""
    return [
        Consumers(
            "used",
            "Most used by",
            [_consumer(about, each, found) for each in found.applications],
            "No application has called in this time frame.",
        ),
        Consumers(
            "growing",
            "Growing fastest",
            [_consumer(about, each, found) for each in found.growing],
            f"No application has called more than in the {frame.before}.",
        ),
        Consumers(
            "silent",
            "Newly silent",
            [_consumer(about, each, found) for each in found.silent],
            f"Every application that called in the {frame.before} has called again.",
        ),
    ]


def _consumer(about: Scope, ranked: Ranked, found: Figures) -> Row:
    assert isinstance(ranked.key, Consumer)
    named = found.named[ranked.key]
    of_product = named.product.name if named.product else ""
    note = " · ".join(filter(None, [named.account, of_product]))
    shows = named.key is not None and about.principal.may("see_accounts")
    url = reverse("console:application", args=[named.key]) if shows else ""
    return Row(ranked, named.name, note, url)


def _last_call(about: Scope, zone: Zone) -> str:
    """When anything was counted last; '' if never."""
    last_s = runtime.history().last_hit_s(None, *about.hits)
    return "" if last_s is None else instant(zone.at(last_s))
