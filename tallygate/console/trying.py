"""Trying mapping rules: which of them a request matches, and what is counted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from tallygate.catalog import rule_sets
from tallygate.catalog.access import Principal
from tallygate.catalog.models import Backend, MappingRule, Metric, Product
from tallygate.console import owners
from tallygate.console.owners import PRODUCT, Owner
from tallygate.console.pages import page, show
from tallygate.domain import request_target
from tallygate.domain.mapping_rules import Match
from tallygate.domain.metrics import roll_up

_SLASHES = re.compile("/{2,}")

LONGEST_URL = 8_192
TOO_LONG = f"A URL has at most {LONGEST_URL} characters here."
REFUSED = (
    "A web server would refuse this: it has no path, a broken escape, or leads above the root."
    " Type a path like /v1/orders?page=2, or a whole URL."
)


@dataclass(frozen=True, slots=True)
class Matched:
    """A rule that matches; `pattern` as requests are held against it, behind the backend's path."""

    rule: MappingRule
    pattern: str
    owner: str


@dataclass(frozen=True, slots=True)
class Counted:
    """
    Attributes:
        own: What rules add to the metric itself.
        total: What is counted, with what its methods and backends count.
    """

    metric: Metric
    own: int
    total: int


@dataclass(frozen=True, slots=True)
class Tried:
    """
    Attributes:
        target: The path and query that were held against the rules.
        problem: Why nothing was; '' where something was.
        backend: To which the request goes; None = none is chosen by its path.
        twice: Whether the product's hits count it more than once.
    """

    target: str = ""
    problem: str = ""
    backend: Backend | None = None
    matched: tuple[Matched, ...] = ()
    counted: tuple[Counted, ...] = ()
    twice: bool = False


def try_request(owner: Product | Backend, verb: str, url: str) -> Tried:
    """What a request with this verb and URL, or path, does to the rules as they are now."""
    target = url.strip()
    if len(target) > LONGEST_URL:
        return Tried(problem=TOO_LONG)
    try:
        request_target.parse(target)
    except ValueError:
        return Tried(problem=REFUSED)
    is_product = isinstance(owner, Product)
    rules = (rule_sets.of_product if is_product else rule_sets.of_backend)(owner, _key)
    match = rules.match(verb, target)
    found = _records(match)
    return Tried(
        target,
        backend=Backend.objects.filter(pk=match.owner).first() if match.owner else None,
        matched=tuple(
            Matched(found[rule.metric], _shown(rule.pattern), _owner_name(found[rule.metric]))
            for rule in match.rules
        ),
        **_counts(owner, match, found),
    )


def _shown(pattern: str) -> str:
    """As requests are held against it: slashes in a row are one."""
    return _SLASHES.sub("/", pattern)


def _key(rule: MappingRule) -> str:
    return str(rule.pk)


def _records(match: Match) -> dict[str, MappingRule]:
    """The rules that matched, by the key under which they were tried."""
    keys = {rule.metric for rule in match.rules}
    found = MappingRule.objects.filter(pk__in=keys)
    return {_key(rule): rule for rule in found.select_related("metric", "product", "backend")}


def _owner_name(rule: MappingRule) -> str:
    return str(rule.product or rule.backend)


def _counts(
    owner: Product | Backend, match: Match, found: Mapping[str, MappingRule]
) -> dict[str, object]:
    """Summed by metric, and rolled up as the listener does."""
    own: dict[str, int] = {}
    for key, delta in match.usage().items():
        metric = str(found[key].metric_id)
        own[metric] = own.get(metric, 0) + delta
    if not own:
        return {}
    metrics = owner.all_metrics() if isinstance(owner, Product) else owner.metrics.order_by("pk")
    by_key = {str(metric.pk): metric for metric in metrics}
    hits = next((key for key, each in by_key.items() if each.product_id and each.is_hits), "")
    parents = {key: _parent(metric, hits) for key, metric in by_key.items()}
    totals, _ = roll_up([(key, value, False) for key, value in own.items()], parents)
    counted = [
        Counted(metric, own.get(key, 0), totals[key])
        for key, metric in by_key.items()
        if key in totals
    ]
    return {"counted": tuple(counted), "twice": totals.get(hits, 0) > max(own.get(hits, 0), 1)}


def _parent(metric: Metric, product_hits: str) -> str:
    """A backend's hits stand under the product's, as in the registry."""
    if metric.backend_id is not None and metric.is_hits:
        return product_hits
    return str(metric.parent_id or "")


@page
def trying(request: HttpRequest, principal: Principal, kind: str, owner_id: int) -> HttpResponse:
    """The box with what was typed into it, and what came of it."""
    owner = owners.find(principal, kind, owner_id)
    verb, url = request.GET.get("verb", "GET"), request.GET.get("url", "")
    context = owner.context() | {
        "title": "Try a request",
        "verbs": MappingRule.HttpMethod.values,
        "verb": verb,
        "url": url,
        "tried": try_request(owner.record, verb, url) if url.strip() else None,
        "no_match": _no_match(owner),
        "try_url": owner.url("try"),
    }
    return show(request, principal, "console/try.html", f"{kind}-rules", context)


def _no_match(owner: Owner) -> str:
    """What a gateway answers to a call that no rule matches."""
    if owner.kind != PRODUCT:
        return ""
    proxy = owner.record.proxy
    return f"{proxy.error_status_no_match} {proxy.error_no_match}"
