"""One application plan: what it says about each metric of its product and of the backends behind it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tallygate.catalog.access import Principal
from tallygate.catalog.models import (
    ApplicationPlan,
    Limit,
    Metric,
    PlanMetric,
    PricingRule,
    Product,
)
from tallygate.console.curl import Api, Command
from tallygate.console.listing import Column, Filter, Listing
from tallygate.console.metrics import FAMILIES
from tallygate.console.pages import api_of, find_product, page, show
from tallygate.console.plans import EACH, find_plan, ids_of
from tallygate.console.wording import count
from tallygate.registry.records import PERIODS

_COLUMNS = (
    Column("Metric or method"),
    Column("Limits"),
    Column("Prices", wide=True),
    Column("Enabled"),
    Column("Visible"),
    Column("Text only"),
    Column(""),
)


@dataclass(frozen=True, slots=True)
class Flag:
    """A switch: its name in the API, whether it is on, and what it says."""

    name: str
    on: bool
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """What a plan says about a metric.

    Attributes:
        group: The heading that stands above the row; '' = it is the same as above.
        url: The page of the metric's terms in this plan.
    """

    metric: Metric
    limits: list[Limit]
    prices: list[PricingRule]
    flags: list[Flag]
    url: str
    group: str = ""


@page
def plan_page(
    request: HttpRequest, principal: Principal, product_id: int, plan_id: int
) -> HttpResponse:
    """The plan with its metrics, the product's first, then each backend's."""
    principal.require("see_products")
    product = find_product(principal, product_id)
    plan = find_plan(product, plan_id)
    shown = Listing(
        request.GET, product.all_metrics().select_related("backend", "parent"), _COLUMNS,
        noun="metric or method", plural="metrics and methods",
        search=("friendly_name", "system_name"), filters=[_owners(product)], order="",
        unsorted=(F("backend").asc(nulls_first=True), *FAMILIES), per_page=50,
    )  # fmt: skip
    shown.rows = list(_grouped(rows(plan, shown.records), product))
    context = {
        "title": plan.name,
        "product": product,
        "plan": plan,
        "is_default": product.default_application_plan_id == plan.pk,
        "uses": plan.applications.count(),
        "listing": shown,
        "calls": _calls(api_of(request), plan),
    }
    return show(request, principal, "console/plan.html", "plans", context)


def rows(plan: ApplicationPlan, metrics: Sequence[Metric]) -> list[Row]:
    """What the plan says about these metrics; three statements, however many there are."""
    limits, prices = _by_metric(Limit, plan, metrics), _by_metric(PricingRule, plan, metrics)
    shown = {
        each.metric_id: each for each in PlanMetric.objects.filter(plan=plan, metric__in=metrics)
    }
    return [
        Row(
            metric,
            sorted(limits[metric.pk], key=lambda limit: PERIODS.index(limit.period)),
            prices[metric.pk],
            _flags(limits[metric.pk], shown.get(metric.pk) or PlanMetric()),
            reverse("console:terms", args=[plan.product_id, plan.pk, metric.pk]),
        )
        for metric in metrics
    ]


def _by_metric(kind: Any, plan: ApplicationPlan, metrics: Iterable[Metric]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for term in kind.objects.filter(plan=plan, metric__in=metrics):
        found[term.metric_id].append(term)
    return found


def _flags(limits: Iterable[Limit], shown: PlanMetric) -> list[Flag]:
    enabled = all(limit.value for limit in limits)
    return [
        Flag("enabled", enabled, "Enabled"),
        Flag("visible", shown.visible, "Visible"),
        Flag("limits_only_text", shown.limits_only_text, "Text only"),
    ]


def _grouped(found: Iterable[Row], product: Product) -> Iterator[Row]:
    """Each first row of the product or of a backend gets the heading."""
    before: object = ""
    for row in found:
        backend = row.metric.backend
        owner = None if backend is None else backend.pk
        title = f"Product: {product.name}" if backend is None else f"Backend: {backend.name}"
        group, before = title if owner != before else "", owner
        yield Row(row.metric, row.limits, row.prices, row.flags, row.url, group)


def _owners(product: Product) -> Filter:
    usages = product.backend_usages.select_related("backend").order_by("pk")
    backends = [(str(usage.backend_id), usage.backend.name) for usage in usages]
    return Filter(
        "of",
        "Of",
        [("product", "The product"), *backends],
        lambda value: Q(backend=None) if value == "product" else Q(backend=value),
    )


def _calls(api: Api, plan: ApplicationPlan) -> Sequence[Command]:
    event = "hide" if plan.state == plan.State.PUBLISHED else "publish"
    return [
        api.call("GET", EACH, **ids_of(plan)),
        api.call("GET", "application_plans/{plan_id}/limits", plan_id=plan.pk),
        api.call("GET", "application_plans/{plan_id}/pricing_rules", plan_id=plan.pk),
        api.call("PUT", EACH, {"state_event": event}, **ids_of(plan)),
        api.call("PUT", f"{EACH}/default", **ids_of(plan)),
        api.call("POST", f"{EACH}/copy", **ids_of(plan)),
    ]


def limit_text(limit: Limit) -> str:
    """'100 per minute', '1,000 in all', 'none per day'."""
    much = count(limit.value) if limit.value else "none"
    return f"{much} in all" if limit.period == "eternity" else f"{much} per {limit.period}"


def price_text(rule: PricingRule) -> str:
    """'1 to 100: 0.1', 'from 101: 0.05'."""
    units = (
        f"from {count(rule.min)}" if rule.max is None else f"{count(rule.min)} to {count(rule.max)}"
    )
    return f"{units}: {amount(rule.cost_per_unit)}"


def amount(value: Any) -> str:
    """Money without noughts at its end: Decimal('0.0500') -> '0.05'."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
