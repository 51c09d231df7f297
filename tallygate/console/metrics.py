"""Methods & Metrics of a product or a backend."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from tallygate.catalog import dependents
from tallygate.catalog.access import Principal
from tallygate.catalog.models import Metric
from tallygate.console import owners
from tallygate.console.confirm import Confirm
from tallygate.console.curl import Api, Command
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm
from tallygate.console.listing import Column, Filter, Listing
from tallygate.console.owners import Owner
from tallygate.console.pages import api_of, form_page, page, show

_COLUMNS = (
    Column("Name", "name", "/friendly_name"),
    Column("System name", "system_name", "system_name", wide=True),
    Column("Unit", "unit", "unit", wide=True),
    Column("Kind"),
    Column("Mapping rules", "rules", "rules", number=True),
    Column(""),
)
_KINDS = Filter(
    "kind",
    "Kind",
    (("metric", "Metrics"), ("method", "Methods")),
    lambda kind: Q(parent__isnull=kind == "metric"),
)


FAMILIES = (Coalesce("parent_id", "pk"), F("parent_id").asc(nulls_first=True), "pk")
"""Each metric, and behind it its methods."""


@dataclass(frozen=True, slots=True)
class Row:
    """A metric with the pages about it; '' where the user may not go there."""

    metric: Metric
    rules_url: str
    edit_url: str = ""
    delete_url: str = ""


class MethodForm(RecordForm):
    """Of a method, which has its metric's unit."""

    AT_ONCE = ("friendly_name", "system_name")

    class Meta:
        model = Metric
        fields = ("friendly_name", "system_name", "description")
        labels = {"friendly_name": "Name"}
        help_texts = {
            "friendly_name": "For people, like “Create new user”.",
            "system_name": "Its name in the protocols, like users/create or create_user."
            " Made from the name if left blank; it cannot be changed later.",
        }

    def __init__(self, request: HttpRequest, metric: Metric) -> None:
        super().__init__(request, metric, initial={"system_name": metric.own_name})


class MetricForm(MethodForm):
    AT_ONCE = ("friendly_name", "system_name", "unit")
    NEEDED = ("unit",)

    class Meta(MethodForm.Meta):
        fields = ("friendly_name", "system_name", "unit", "description")
        help_texts = MethodForm.Meta.help_texts | {
            "friendly_name": "For people, like “Transfer out”.",
            "system_name": "Its name in the protocols, like transfer_out."
            " Made from the name if left blank; it cannot be changed later.",
            "unit": "What one of it is called: hit, megabyte.",
        }


@page
def listing(request: HttpRequest, principal: Principal, kind: str, owner_id: int) -> HttpResponse:
    """Metrics and methods."""
    owner = owners.find(principal, kind, owner_id)
    found = owner.record.metrics.select_related("parent").annotate(rules=Count("mapping_rules"))
    shown = Listing(
        request.GET, found, _COLUMNS, noun="metric or method", plural="metrics and methods",
        search=("friendly_name", "system_name", "description"), filters=[_KINDS], order="", unsorted=FAMILIES,
        per_page=50,
    )  # fmt: skip
    may_edit = principal.may(owner.edit_ability)
    shown.rows = [_row(owner, metric, may_edit) for metric in shown.records]
    context = owner.context() | {
        "title": "Methods & Metrics",
        "listing": shown,
        "new_method_url": owner.url("method-new") if may_edit else "",
        "new_metric_url": owner.url("metric-new"),
        "calls": [api_of(request).call("GET", f"{owner.api}/metrics", **owner.ids)],
    }
    return show(request, principal, "console/metrics.html", f"{kind}-metrics", context)


def _row(owner: Owner, metric: Metric, may_edit: bool) -> Row:
    rules = f"{owner.url('rules')}?metric={metric.pk}"
    if not may_edit:
        return Row(metric, rules)
    urls = owner.url("metric-edit", metric.pk), owner.url("metric-delete", metric.pk)
    return Row(metric, rules, *urls)


@form_page
def create_metric(
    request: HttpRequest, principal: Principal, kind: str, owner_id: int
) -> HttpResponse:
    owner = owners.find(principal, kind, owner_id, changes=True)
    return _create(request, principal, owner, MetricForm(request, Metric(**owner.field)))


@form_page
def create_method(
    request: HttpRequest, principal: Principal, kind: str, owner_id: int
) -> HttpResponse:
    """A method under hits."""
    owner = owners.find(principal, kind, owner_id, changes=True)
    hits = next(each for each in owner.record.metrics.filter(parent=None) if each.is_hits)
    method = Metric(**owner.field, parent=hits, unit=hits.unit)
    return _create(request, principal, owner, MethodForm(request, method))


def _create(
    request: HttpRequest, principal: Principal, owner: Owner, form: MethodForm
) -> HttpResponse:
    noun = _noun(form.instance)

    def calls(api: Api, form: MethodForm) -> Sequence[Command]:
        return [
            api.call(
                "POST", _path(owner, form.instance), form.given(), **_ids(owner, form.instance)
            )
        ]

    asked = FormPage(
        title=f"Create a {noun}",
        section=f"{owner.kind}-metrics",
        back=owner.url("metrics"),
        calls=calls,
        save="Create",
        said=f"The {noun} was created",
        context=owner.context(),
    )
    return asked.answer(request, principal, form, lambda: _saved(form, owner))


@form_page
def edit(
    request: HttpRequest, principal: Principal, kind: str, owner_id: int, metric_id: int
) -> HttpResponse:
    owner = owners.find(principal, kind, owner_id, changes=True)
    metric = _find(owner, metric_id)
    form = (MethodForm if metric.is_method else MetricForm)(request, metric)

    def calls(api: Api, form: MethodForm) -> Sequence[Command]:
        return [api.call("PUT", _each(owner, metric), form.given(), **_ids(owner, metric))]

    asked = FormPage(
        title=f"Edit {metric.friendly_name}",
        section=f"{kind}-metrics",
        back=owner.url("metrics"),
        calls=calls,
        said=f"The {_noun(metric)} was changed",
        context=owner.context(),
    )
    return asked.answer(request, principal, form, lambda: _saved(form, owner))


@form_page
def delete(
    request: HttpRequest, principal: Principal, kind: str, owner_id: int, metric_id: int
) -> HttpResponse:
    owner = owners.find(principal, kind, owner_id, changes=True)
    metric = _find(owner, metric_id)
    asked = Confirm(
        title=f"Delete the {_noun(metric)} {metric.friendly_name}?",
        section=f"{kind}-metrics",
        back=owner.url("metrics"),
        then=owner.url("metrics"),
        said=f"The {_noun(metric)} {metric.friendly_name} was deleted",
        calls=lambda api: [api.call("DELETE", _each(owner, metric), **_ids(owner, metric))],
        dependents=dependents.of(metric),
        note="What was counted stays in the history.",
        context=owner.context(),
    )
    return asked.answer(request, principal, metric.delete)


def _find(owner: Owner, metric_id: int) -> Metric:
    return get_object_or_404(owner.record.metrics.select_related("parent"), pk=metric_id)


def _saved(form: MethodForm, owner: Owner) -> str:
    form.save()
    return owner.url("metrics")


def _noun(metric: Metric) -> str:
    return "method" if metric.is_method else "metric"


def _path(owner: Owner, metric: Metric) -> str:
    """Where the API has those of its kind."""
    return f"{owner.api}/metrics" + ("/{metric_id}/methods" if metric.is_method else "")


def _each(owner: Owner, metric: Metric) -> str:
    return f"{_path(owner, metric)}/{{{_noun(metric)}_id}}"


def _ids(owner: Owner, metric: Metric) -> dict[str, Any]:
    if metric.is_method:
        return owner.ids | {"metric_id": metric.parent_id, "method_id": metric.pk}
    return owner.ids | {"metric_id": metric.pk}
