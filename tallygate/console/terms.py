"""What a plan says about one metric: its limits, its prices, and whether it is used and seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from tallygate.catalog import plan_metrics
from tallygate.catalog.access import Principal
from tallygate.catalog.models import ApplicationPlan, Limit, Metric, PricingRule
from tallygate.console.changes import attempt, sentences
from tallygate.console.confirm import Confirm
from tallygate.console.curl import Api, Command
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm
from tallygate.console.pages import action, api_of, find_product, form_page, page, show
from tallygate.console.plan_page import limit_text, price_text, rows
from tallygate.console.plans import find_plan, page_of
from tallygate.registry.records import PERIODS

PATH = "application_plans/{plan_id}/metrics/{metric_id}"
FLAGS = ("enabled", "visible", "limits_only_text")


@dataclass(frozen=True, slots=True)
class Terms:
    """A metric in a plan."""

    plan: ApplicationPlan
    metric: Metric

    @property
    def ids(self) -> dict[str, int]:
        """The placeholders of its path in the API."""
        return {"plan_id": self.plan.pk, "metric_id": self.metric.pk}

    @property
    def url(self) -> str:
        return reverse("console:terms", args=[self.plan.product_id, *self.ids.values()])

    def context(self) -> dict[str, Any]:
        return {"product": self.plan.product, "plan": self.plan, "metric": self.metric}


class LimitForm(RecordForm):
    """A new limit is for a period that has none yet; the period of one that is there stays."""

    AT_ONCE = ("value",)
    NEEDED = ("value",)

    class Meta:
        model = Limit
        fields = ("period", "value")
        labels = {"value": "At most"}
        help_texts = {"value": "0 forbids the metric.", "period": "Periods go by the UTC calendar."}

    def __init__(self, request: HttpRequest, limit: Limit) -> None:
        super().__init__(request, limit)
        others = limit.plan.limits.filter(metric=limit.metric).exclude(pk=limit.pk)
        taken = set(others.values_list("period", flat=True))
        self.fields["period"].choices = [
            (period, "In all, for ever" if period == "eternity" else f"Per {period}")
            for period in PERIODS
            if period not in taken
        ]
        if limit._state.adding:
            self.initial["value"] = None

    def clean_value(self) -> int | None:
        """Left blank it would forbid the metric, which nobody means who leaves it blank."""
        value: int | None = self.cleaned_data["value"]
        if value is None:
            raise ValidationError("can't be blank")
        if value < 0:
            raise ValidationError("must be greater than or equal to 0")
        return value


class PriceForm(RecordForm):
    AT_ONCE = ("min", "max", "cost_per_unit")

    class Meta:
        model = PricingRule
        fields = ("min", "max", "cost_per_unit")
        labels = {"min": "From", "max": "To", "cost_per_unit": "Cost of each unit"}
        help_texts = {
            "min": "The first unit of a month that costs this.",
            "max": "The last one. Left blank, there is no end.",
        }


_KINDS: dict[str, tuple[Any, type[RecordForm], Callable[[Any], str], str, str]] = {
    "limits": (Limit, LimitForm, limit_text, "limit", "limit_id"),
    "prices": (PricingRule, PriceForm, price_text, "price", "pricing_rule_id"),
}
KINDS = tuple(_KINDS)
_PATHS = {"limits": f"{PATH}/limits", "prices": f"{PATH}/pricing_rules"}


def find(
    principal: Principal, product_id: int, plan_id: int, metric_id: int, *, changes: bool = False
) -> Terms:
    """Raises Forbidden and Http404."""
    principal.require("edit_products" if changes else "see_products")
    product = find_product(principal, product_id)
    plan = find_plan(product, plan_id)
    found = product.all_metrics().select_related("backend", "parent")
    metric = found.filter(pk=metric_id).first()
    if metric is None:
        raise Http404
    return Terms(plan, metric)


@page
def terms_page(
    request: HttpRequest, principal: Principal, product_id: int, plan_id: int, metric_id: int
) -> HttpResponse:
    terms = find(principal, product_id, plan_id, metric_id)
    api = api_of(request)
    (row,) = rows(terms.plan, [terms.metric])
    context = terms.context() | {
        "title": terms.metric.friendly_name,
        "row": row,
        "limits": [_line(terms, "limits", limit) for limit in row.limits],
        "prices": [_line(terms, "prices", price) for price in row.prices],
        "new_limit_url": _url(terms, "limits"),
        "new_price_url": _url(terms, "prices"),
        "calls": [
            api.call("GET", PATH, **terms.ids),
            *(api.call("GET", path, **terms.ids) for path in _PATHS.values()),
            api.call("PUT", PATH, {flag.name: not flag.on for flag in row.flags}, **terms.ids),
        ],
    }
    return show(request, principal, "console/terms.html", "plans", context)


@action
def set_flag(
    request: HttpRequest, principal: Principal, product_id: int, plan_id: int, metric_id: int
) -> HttpResponse:
    """Turns one of FLAGS on or off; `back` says whether the plan's page or the metric's comes next."""
    terms = find(principal, product_id, plan_id, metric_id, changes=True)
    name = next((each for each in FLAGS if each in request.POST), None)
    if name is None:
        raise Http404
    on = request.POST[name] == "true"

    def refuse(error: ValidationError) -> None:
        messages.error(request, " ".join(sentences(error)))

    attempt(principal, lambda: _set(terms, name, on), refuse)
    return redirect(request.POST["back"] if _is_own(request, terms) else terms.url)


def _set(terms: Terms, name: str, on: bool) -> None:
    if name == "enabled":
        (plan_metrics.enable if on else plan_metrics.disable)(terms.plan, terms.metric)
        return
    shown = plan_metrics.shown(terms.plan, terms.metric)
    setattr(shown, name, on)
    shown.save()


def _is_own(request: HttpRequest, terms: Terms) -> bool:
    """Whether the page to go back to is the plan's, in whatever order it shows its metrics."""
    path = request.POST.get("back", "").partition("?")[0]
    return path == page_of(terms.plan)


@form_page
def create(
    request: HttpRequest,
    principal: Principal,
    product_id: int,
    plan_id: int,
    metric_id: int,
    kind: str,
) -> HttpResponse:
    terms = find(principal, product_id, plan_id, metric_id, changes=True)
    model, form_class, _, noun, _ = _KINDS[kind]
    form = form_class(request, model(plan=terms.plan, metric=terms.metric))

    def calls(api: Api, form: RecordForm) -> Sequence[Command]:
        return [api.call("POST", _PATHS[kind], form.given(), **terms.ids)]

    asked = FormPage(
        title=f"Add a {noun} of {terms.metric.friendly_name}",
        section="plans",
        back=terms.url,
        calls=calls,
        save="Add",
        said=f"The {noun} was added",
        context=terms.context(),
    )
    return asked.answer(request, principal, form, lambda: _saved(form, terms))


@form_page
def edit(
    request: HttpRequest,
    principal: Principal,
    product_id: int,
    plan_id: int,
    metric_id: int,
    kind: str,
    term_id: int,
) -> HttpResponse:
    terms = find(principal, product_id, plan_id, metric_id, changes=True)
    model, form_class, _, noun, placeholder = _KINDS[kind]
    form = form_class(request, _find(model, terms, term_id))
    path = f"{_PATHS[kind]}/{{{placeholder}}}"

    def calls(api: Api, form: RecordForm) -> Sequence[Command]:
        return [api.call("PUT", path, form.given(), **terms.ids, **{placeholder: term_id})]

    asked = FormPage(
        title=f"Change a {noun} of {terms.metric.friendly_name}",
        section="plans",
        back=terms.url,
        calls=calls,
        said=f"The {noun} was changed",
        context=terms.context(),
    )
    return asked.answer(request, principal, form, lambda: _saved(form, terms))


@form_page
def delete(
    request: HttpRequest,
    principal: Principal,
    product_id: int,
    plan_id: int,
    metric_id: int,
    kind: str,
    term_id: int,
) -> HttpResponse:
    terms = find(principal, product_id, plan_id, metric_id, changes=True)
    model, _, text, noun, placeholder = _KINDS[kind]
    term = _find(model, terms, term_id)
    path = f"{_PATHS[kind]}/{{{placeholder}}}"
    asked = Confirm(
        title=f"Delete the {noun} {text(term)}?",
        section="plans",
        back=terms.url,
        then=terms.url,
        said=f"The {noun} was deleted",
        calls=lambda api: [api.call("DELETE", path, **terms.ids, **{placeholder: term_id})],
        note="It holds for the next call already.",
        context=terms.context(),
    )
    return asked.answer(request, principal, term.delete)


def _find(model: Any, terms: Terms, term_id: int) -> Any:
    found = model.objects.select_related("plan__product", "metric")
    return get_object_or_404(found, plan=terms.plan, metric=terms.metric, pk=term_id)


def _line(terms: Terms, kind: str, term: Any) -> dict[str, Any]:
    """A term as a template shows it."""
    text = _KINDS[kind][2]
    return {
        "term": term,
        "text": text(term),
        "edit_url": _url(terms, kind, term.pk, what="edit"),
        "delete_url": _url(terms, kind, term.pk, what="delete"),
    }


def _url(terms: Terms, kind: str, *term_id: int, what: str = "new") -> str:
    args = [terms.plan.product_id, terms.plan.pk, terms.metric.pk, *term_id]
    return reverse(f"console:{kind}-{what}", args=args)


def _saved(form: RecordForm, terms: Terms) -> str:
    form.save()
    return terms.url
