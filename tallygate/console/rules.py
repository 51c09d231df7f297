"""Mapping rules of a product or a backend, in the order in which they are tried."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from tallygate.catalog.access import Principal, number_of
from tallygate.catalog.models import MappingRule, Metric
from tallygate.console import owners
from tallygate.console.changes import attempt, sentences
from tallygate.console.confirm import Confirm
from tallygate.console.curl import Api, Command
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm
from tallygate.console.listing import Column, Filter, Listing
from tallygate.console.owners import PRODUCT, Owner
from tallygate.console.pages import action, api_of, form_page, page, show

_COLUMNS = (
    Column("Place", "position", "position", number=True),
    Column("Verb", "verb", "http_method"),
    Column("Pattern", "pattern", "pattern"),
    Column("Adds", "delta", "delta", number=True),
    Column("To", "metric", "/metric__friendly_name"),
    Column("Last", "last", "last", wide=True),
    Column(""),
)
_VERBS = Filter("verb", "Verb", MappingRule.HttpMethod.choices, lambda verb: Q(http_method=verb))
_INDENT = "\N{EM SPACE}"


class MetricField(forms.ModelChoiceField):
    """The owner's metrics, methods indented."""

    def label_from_instance(self, metric: Metric) -> str:
        indent = _INDENT if metric.is_method else ""
        return f"{indent}{metric.friendly_name} ({metric.own_name})"


class RuleForm(RecordForm):
    AT_ONCE = ("pattern", "delta")
    PARAMETERS = {"metric": "metric_id"}

    metric = MetricField(queryset=None, label="Metric or method", empty_label=None)

    class Meta:
        model = MappingRule
        fields = ("http_method", "pattern", "metric", "delta", "position", "last")
        labels = {
            "http_method": "Verb",
            "delta": "Adds",
            "position": "Place",
            "last": "Last: when it matches, the rules after it are not tried",
        }
        help_texts = {
            "pattern": "The beginning of the path. {name} stands for a part of a segment, $ for the end of the path,"
            " and ?name=value for a parameter that must be there.",
            "position": "Among the rules, from 1. Left blank, it goes to the end.",
        }

    def __init__(self, request: HttpRequest, rule: MappingRule, metrics: QuerySet[Metric]) -> None:
        super().__init__(request, rule)
        self.fields["metric"].queryset = metrics
        self.fields["position"].optional = True
        if rule._state.adding:
            self.initial |= {"position": None, "http_method": "GET"}

    def complete(self) -> None:
        """A rule without a place goes to the end."""
        if self.cleaned_data.get("position") is None and "position" not in self.errors:
            self.instance.position = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A rule with the pages about it, and where the buttons move it; '' and 0 where they do not."""

    rule: MappingRule
    edit_url: str = ""
    delete_url: str = ""
    move_url: str = ""
    up: int = 0
    down: int = 0


@page
def listing(request: HttpRequest, principal: Principal, kind: str, owner_id: int) -> HttpResponse:
    """The rules; while they stand in their order, they can be moved."""
    owner = owners.find(principal, kind, owner_id)
    found = owner.record.mapping_rules.select_related("metric")
    key = number_of(request.GET.get("metric", ""))
    counted = owner.record.metrics.filter(pk=key).first() if key is not None else None
    shown = Listing(
        request.GET, found.filter(metric=counted) if counted else found, _COLUMNS,
        noun="mapping rule", search=("pattern", "metric__friendly_name", "metric__system_name"),
        filters=[_VERBS], order="position", per_page=50,
    )  # fmt: skip
    may_edit = principal.may(owner.edit_ability)
    movable = may_edit and shown.sort in ("", "position") and not shown.narrowed and not counted
    shown.rows = _rows(owner, shown, may_edit, movable)
    context = owner.context() | {
        "title": "Mapping rules",
        "listing": shown,
        "metric": counted,
        "movable": movable,
        "new_url": owner.url("rule-new") if may_edit else "",
        "try_url": owner.url("try"),
        "verbs": MappingRule.HttpMethod.values,
        "calls": [api_of(request).call("GET", _path(owner), **owner.ids)],
    }
    return show(request, principal, "console/rules.html", f"{kind}-rules", context)


def _rows(owner: Owner, shown: Listing, may_edit: bool, movable: bool) -> list[Row]:
    if not may_edit:
        return [Row(rule) for rule in shown.records]
    most = shown.page.paginator.count
    rows = []
    for rule in shown.records:
        urls = [owner.url(f"rule-{what}", rule.pk) for what in ("edit", "delete", "move")]
        up = max(rule.position - 1, 1) if movable else 0
        rows.append(Row(rule, *urls, up=up, down=min(rule.position + 1, most) if movable else 0))
    return rows


@form_page
def create(request: HttpRequest, principal: Principal, kind: str, owner_id: int) -> HttpResponse:
    owner = owners.find(principal, kind, owner_id, changes=True)
    form = _form(request, owner, MappingRule(**owner.field))

    def calls(api: Api, form: RuleForm) -> Sequence[Command]:
        return [api.call("POST", _path(owner), form.given(), **owner.ids)]

    asked = FormPage(
        title="Create a mapping rule",
        section=f"{kind}-rules",
        back=owner.url("rules"),
        calls=calls,
        save="Create",
        said="The mapping rule was created",
        context=owner.context(),
    )
    return asked.answer(request, principal, form, lambda: _saved(form, owner))


@form_page
def edit(
    request: HttpRequest, principal: Principal, kind: str, owner_id: int, rule_id: int
) -> HttpResponse:
    owner = owners.find(principal, kind, owner_id, changes=True)
    rule = _find(owner, rule_id)
    form = _form(request, owner, rule)

    def calls(api: Api, form: RuleForm) -> Sequence[Command]:
        return [api.call("PUT", _each(owner), form.given(), **owner.ids, mapping_rule_id=rule_id)]

    asked = FormPage(
        title="Edit a mapping rule",
        section=f"{kind}-rules",
        back=owner.url("rules"),
        calls=calls,
        said="The mapping rule was changed",
        context=owner.context(),
    )
    return asked.answer(request, principal, form, lambda: _saved(form, owner))


@action
def move(
    request: HttpRequest, principal: Principal, kind: str, owner_id: int, rule_id: int
) -> HttpResponse:
    """Puts the rule at the place `position`, and shows the list again."""
    owner = owners.find(principal, kind, owner_id, changes=True)
    rule = _find(owner, rule_id)
    rule.position = number_of(request.POST.get("position", "")) or rule.position

    def refuse(error: ValidationError) -> None:
        messages.error(request, " ".join(sentences(error)))

    if attempt(principal, rule.save, refuse):
        rule.refresh_from_db(fields=["position"])
        most = owner.record.mapping_rules.count()
        messages.success(request, f"{rule} is at place {rule.position} of {most} now")
    page_number = number_of(request.POST.get("page", "")) or 1
    return redirect(owner.url("rules") + (f"?page={page_number}" if page_number > 1 else ""))


@form_page
def delete(
    request: HttpRequest, principal: Principal, kind: str, owner_id: int, rule_id: int
) -> HttpResponse:
    owner = owners.find(principal, kind, owner_id, changes=True)
    rule = _find(owner, rule_id)
    asked = Confirm(
        title=f"Delete the mapping rule {rule}?",
        section=f"{kind}-rules",
        back=owner.url("rules"),
        then=owner.url("rules"),
        said=f"The mapping rule {rule} was deleted",
        calls=lambda api: [api.call("DELETE", _each(owner), **owner.ids, mapping_rule_id=rule_id)],
        note=f"It adds {rule.delta} to {rule.metric}. The rules after it move up.",
        context=owner.context(),
    )
    return asked.answer(request, principal, rule.delete)


def _form(request: HttpRequest, owner: Owner, rule: MappingRule) -> RuleForm:
    return RuleForm(request, rule, owner.record.metrics.order_by("pk"))


def _find(owner: Owner, rule_id: int) -> MappingRule:
    return get_object_or_404(owner.record.mapping_rules.select_related("metric"), pk=rule_id)


def _saved(form: RuleForm, owner: Owner) -> str:
    form.save()
    return owner.url("rules")


def _path(owner: Owner) -> str:
    """Where the API has them."""
    return f"{owner.api}/{'proxy/' if owner.kind == PRODUCT else ''}mapping_rules"


def _each(owner: Owner) -> str:
    return f"{_path(owner)}/{{mapping_rule_id}}"
