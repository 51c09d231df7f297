"""Why a chart has nothing to show, and what to do next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from tallygate.catalog.models import Product
from tallygate.console.analytics import time_frame
from tallygate.console.analytics.asked import Asked
from tallygate.console.analytics.report import Reason, Report
from tallygate.console.first_call import FirstCall, first_call
from tallygate.console.wording import count, counted, instant
from tallygate.integration_errors.opening import opened
from tallygate.integration_errors.store import FAILURES
from tallygate.web import runtime

_KINDS_LOOKED_AT = 10_000
"""Of integration errors: the newest."""


@dataclass(frozen=True, slots=True)
class Empty:
    """The explanation of a chart without data.

    Attributes:
        first_call: For a product that never had a hit.
    """

    reasons: list[Reason]
    first_call: FirstCall | None = None


def explain(asked: Asked, report: Report) -> Empty:
    """Why nothing was counted of what was asked in its time frame.

    Raises:
        HistoryUnavailable: The history cannot answer now.
    """
    subject = asked.subject
    if report.nothing:
        return Empty(report.hidden_by)
    reasons = [*report.hidden_by, *_hidden(asked), *_errors(asked)]
    last_s = _last_s(asked, report.series)
    if last_s is not None:
        reasons.append(_last(asked, report, last_s))
    elif _last_s(asked, subject.choice.hits.series) is not None:
        reasons.append(Reason(f"{report.what} has never been counted for this {subject.noun}."))
    else:
        never = Reason(f"This {subject.noun} has never had a hit.")
        return Empty([never, *_errors(asked)], _first_call(asked.subject.product, asked))
    return Empty(reasons)


def _hidden(asked: Asked) -> Iterator[Reason]:
    """That other measures have data here."""
    subject, hits = asked.subject, asked.subject.choice.hits
    if asked.measure.key == hits.key:
        return
    total = asked.ask(subject.question(hits.series, asked.frame.window)).total
    if total:
        yield Reason(
            f"In this time frame the {subject.noun} counted {count(total)} hits, but no {asked.measure.name}.",
            asked.url(metric=hits.key),
            f"Show {hits.name}",
        )


def _errors(asked: Asked) -> Iterator[Reason]:
    """That gateways made wrong calls meanwhile, which count nothing."""
    product, principal = asked.subject.product, asked.subject.principal
    if product is None or not principal.may("see_integration_errors"):
        return
    window = asked.frame.window
    try:
        with opened(settings.TALLYGATE) as store:
            groups = store.newest([product.service_id], asked.now_s * 1000, _KINDS_LOOKED_AT)
    except FAILURES:
        return  # their own page says why
    kinds = sum(
        group.first_ms < window.edges_s[-1] * 1000 and group.last_ms >= window.since_s * 1000
        for group in groups
    )
    if kinds:
        yield Reason(
            f"Gateways made wrong calls in this time frame, which count nothing: {counted(kinds, 'kind of error', 'kinds of errors')}.",
            reverse("console:errors", args=[product.pk]),
            "Show the integration errors",
        )


def _last(asked: Asked, report: Report, last_s: int) -> Reason:
    zone = asked.frame.window.zone
    return Reason(
        f"{report.what} was last counted at {instant(zone.at(last_s))}.",
        asked.url_at(time_frame.around(zone, last_s)),
        "Show the 30 days up to then",
    )


def _last_s(asked: Asked, series: Sequence[str]) -> int | None:
    subject = asked.subject
    return runtime.history().last_hit_s(subject.products, *series, among=subject.among)


def _first_call(product: Product | None, asked: Asked) -> FirstCall | None:
    if product is None or asked.subject.noun != "product":
        return None
    return first_call(settings.TALLYGATE, product, "plans" in asked.subject.principal.sections)
