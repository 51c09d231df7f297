"""Fields in which one finds a record by typing, where a list of all would be too long."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy

from tallygate.catalog.access import Principal, number_of
from tallygate.catalog.models import Account, ApplicationPlan
from tallygate.console.pages import page

OFFERED = 20
"""How many records are offered at once."""
UNKNOWN = "is none of those that are offered"

_NUMBER = re.compile(r"\((\d{1,18})\)\s*\Z", re.ASCII)


class Lookup(forms.CharField):
    """The text of a record, as `text_of` writes it: with its number, which is what counts."""

    def __init__(self, kind: str, **options: Any) -> None:
        """`kind` is one of KINDS, and what the field is called in its form."""
        attributes = {
            "list": f"{kind}-offered",
            "autocomplete": "off",
            "hx-get": reverse_lazy("console:lookup", args=[kind]),
            "hx-trigger": "focus once, input changed delay:200ms",
            "hx-target": f"#{kind}-offered",
            "hx-swap": "innerHTML",
            "hx-sync": "this:replace",
        }
        super().__init__(widget=forms.TextInput(attrs=attributes), **options)
        self.kind = kind
        self.found: QuerySet[Any] | None = None

    def among(self, principal: Principal) -> None:
        """Says who looks: only what they may see is found."""
        self.found = KINDS[self.kind](principal)

    def clean(self, value: Any) -> Any:
        """The record; None where nothing was typed. Raises ValidationError when there is none like that."""
        text = super().clean(value).strip()
        if not text:
            return None
        found = self._find(text)
        if found is None:
            raise ValidationError(UNKNOWN)
        return found

    def _find(self, text: str) -> Any:
        assert self.found is not None, "nobody said among what"
        number = number_in(text)
        return None if number is None else self.found.filter(pk=number).first()


def number_in(text: str) -> int | None:
    """The number of the record that a text of `text_of` names, or that stands there alone."""
    named = _NUMBER.search(text)
    return number_of(named[1] if named else text.strip())


def text_of(record: Model) -> str:
    """'Acme (12)', 'Weather API: Basic (3)'."""
    if isinstance(record, ApplicationPlan):
        return f"{record.product.name}: {record.name} ({record.pk})"
    return f"{record} ({record.pk})"


@page
def options(request: HttpRequest, principal: Principal, kind: str) -> HttpResponse:
    """What is offered for what was typed, which comes under the field's name."""
    principal.require("see_accounts")
    if kind not in KINDS:
        raise Http404
    typed = request.GET.get(kind, "").replace("\0", "").strip()
    found = KINDS[kind](principal).filter(_holding(_FIELDS[kind], typed) | Q(pk=number_in(typed)))
    offered = [text_of(record) for record in found[:OFFERED]]
    return render(request, "console/parts/offered.html", {"offered": offered})


def _holding(fields: Sequence[str], text: str) -> Q:
    """Each word in one of the fields."""
    where = Q(pk__isnull=False)
    for word in text.replace(":", " ").split():
        here = Q()
        for field in fields:
            here |= Q(**{f"{field}__icontains": word})
        where &= here
    return where


def _accounts(principal: Principal) -> QuerySet[Account]:
    return principal.accounts().order_by("org_name", "pk")


def _plans(principal: Principal) -> QuerySet[ApplicationPlan]:
    """Those that are not one application's own."""
    products = principal.products().order_by()
    found = ApplicationPlan.objects.filter(product__in=products, original=None)
    return found.select_related("product").order_by("product__name", "name", "pk")


KINDS: dict[str, Callable[[Principal], QuerySet[Any]]] = {"account": _accounts, "plan": _plans}
_FIELDS = {"account": ("org_name",), "plan": ("product__name", "name")}
