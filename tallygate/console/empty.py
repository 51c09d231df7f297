"""Why a chart has nothing to show, and what to do next."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings

from tallygate.catalog.access import Principal
from tallygate.console import time_frame
from tallygate.console.first_call import first_call
from tallygate.console.metric_choice import MetricChoice
from tallygate.console.time_frame import TimeFrame
from tallygate.console.wording import count, instant
from tallygate.history import metric_series
from tallygate.web import runtime


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence, and a link where one helps."""

    text: str
    url: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Empty:
    """The explanation of a chart without data.

    Attributes:
        first_call: A command that counts the first call, for a product that never had one.
    """

    reasons: list[Reason]
    first_call: str = ""


def explain(
    choice: MetricChoice, frame: TimeFrame, query: dict[str, str], hits_total: int, principal: Principal
) -> Empty:
    """Why the chosen metric has nothing in the frame.

    Args:
        query: The page's query string, from which links change one thing.
        hits_total: What the product's hits counted in the same frame.

    Raises:
        HistoryUnavailable: The history cannot answer now.
    """
    metric, hits = choice.chosen, choice.hits
    reasons = []
    if hits_total:
        text = f"In this time frame the product counted {count(hits_total)} hits, but no {metric}."
        reasons.append(Reason(text, _link(query, metric=hits.system_name), "Show Hits"))
    last_s = _last_s(choice, metric.pk)
    if last_s is not None:
        zone = frame.window.zone
        reasons.append(
            Reason(
                f"{metric} was last counted at {instant(zone.at(last_s))}.",
                _link(query, **time_frame.around(zone, last_s)),
                "Show the 30 days up to then",
            )
        )
    elif _last_s(choice, hits.pk) is None:
        never = Reason("This product has never had a hit.")
        return Empty([never], first_call(settings.TALLYGATE, choice.product, _is_trusted(principal)))
    else:
        reasons.append(Reason(f"{metric} has never been counted for this product."))
    return Empty(reasons)


def _last_s(choice: MetricChoice, metric_id: int) -> int | None:
    series = metric_series(str(metric_id))
    return runtime.history().last_hit_s(choice.product.service_id, series)


def _link(query: dict[str, str], **changes: str) -> str:
    """The same page with another query: changing the dates drops the old frame's granularity."""
    kept = {} if "since" in changes else query
    metric = {"metric": query["metric"]} if query.get("metric") else {}
    return "?" + urlencode(metric | kept | changes)


def _is_trusted(principal: Principal) -> bool:
    """Whether the user may see the product's credentials."""
    return "plans" in principal.sections
