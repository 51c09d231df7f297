"""Why a chart has nothing to show, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from tallygate.catalog.access import Principal
from tallygate.console.analytics import time_frame
from tallygate.console.analytics.links import with_metric, with_time
from tallygate.console.analytics.metric_choice import MetricChoice
from tallygate.console.analytics.time_frame import TimeFrame
from tallygate.console.first_call import FirstCall, first_call
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
        first_call: For a product that never had a hit.
    """

    reasons: list[Reason]
    first_call: FirstCall | None = None


def explain(
    choice: MetricChoice,
    frame: TimeFrame,
    query: Mapping[str, str],
    hits_total: int,
    principal: Principal,
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
        reasons.append(Reason(text, with_metric(query, hits.system_name), "Show Hits"))
    last_s = _last_s(choice, metric.pk)
    if last_s is not None:
        zone = frame.window.zone
        reasons.append(
            Reason(
                f"{metric} was last counted at {instant(zone.at(last_s))}.",
                with_time(query, time_frame.around(zone, last_s)),
                "Show the 30 days up to then",
            )
        )
    elif _last_s(choice, hits.pk) is None:
        never = Reason("This product has never had a hit.")
        shows_secrets = "plans" in principal.sections
        return Empty([never], first_call(settings.TALLYGATE, choice.product, shows_secrets))
    else:
        reasons.append(Reason(f"{metric} has never been counted for this product."))
    return Empty(reasons)


def _last_s(choice: MetricChoice, metric_id: int) -> int | None:
    series = metric_series(str(metric_id))
    return runtime.history().last_hit_s(choice.product.service_id, series)
