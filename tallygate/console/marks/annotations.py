"""Annotations: listed, made, changed, deleted; and those that a chart has to draw."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from tallygate.catalog.access import Principal
from tallygate.catalog.models import ChartAnnotation, Product
from tallygate.console.confirm import Confirm
from tallygate.console.curl import Api, Command
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm
from tallygate.console.listing import Column, Listing
from tallygate.console.pages import api_of, form_page, page, show
from tallygate.console.wording import instant
from tallygate.domain.calendar import Window, find_zone, parse_instant
from tallygate.domain.errors import QuestionError
from tallygate.web import runtime

_PATH = "chart_annotations"
_EACH = f"{_PATH}/{{chart_annotation_id}}"
_COLUMNS = (
    Column("When", "when", "at"),
    Column("What happened", "title", "/title"),
    Column("On the charts of", "product", "/product__name"),
    Column(""),
)
MOST = 50
"""So many moments are drawn on one chart, the newest."""


class Mark(NamedTuple):
    """A moment in a chart.

    Attributes:
        index: The bucket in which it is.
        when: In the chart's zone.
    """

    index: int
    title: str
    when: str


class AnnotationForm(RecordForm):
    AT_ONCE = ("title", "at")
    NEEDED = ("title", "at")
    PARAMETERS = {"product": "service_id"}

    at = forms.CharField(
        label="When", widget=forms.TextInput(attrs={"type": "datetime-local", "step": "1"})
    )
    product = forms.ModelChoiceField(
        queryset=None, label="On the charts of", empty_label="All products"
    )

    class Meta:
        model = ChartAnnotation
        fields = ("title", "at", "product", "description")
        labels = {"title": "What happened"}
        help_texts = {"title": "A few words, such as: v2 launched."}

    def __init__(
        self, request: HttpRequest, annotation: ChartAnnotation, principal: Principal
    ) -> None:
        self._zone = find_zone(principal.provider.time_zone)
        super().__init__(request, annotation)
        self.fields["product"].queryset = principal.products().order_by("name", "pk")
        self.fields["at"].help_text = f"By the clocks of {self._zone.name}."
        if annotation.at is not None:
            local = self._zone.local(int(annotation.at.timestamp()))
            self.initial["at"] = local.isoformat()

    def clean_at(self) -> datetime | None:
        """By the clocks of the provider; None for nothing, of which the record says what is wrong."""
        text = self.cleaned_data["at"].strip()
        if not text:
            return None
        try:
            return datetime.fromtimestamp(parse_instant(text, self._zone), UTC)
        except QuestionError:
            raise ValidationError("must be a date and a time") from None

    def given(self) -> dict[str, object]:
        given = super().given()
        if "at" in given:
            try:
                given["at"] = self._zone.iso(parse_instant(str(given["at"]), self._zone))
            except QuestionError:
                del given["at"]
        return given


@page
def listing(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Those of the products that the user may see, and of all products; the newest first."""
    principal.require("see_analytics")
    shown = Listing(
        request.GET,
        principal.shared(ChartAnnotation).select_related("product"),
        _COLUMNS,
        noun="annotation",
        search=("title", "description", "product__name"),
        order="-when",
    )
    context = {
        "title": "Annotations",
        "listing": shown,
        "search_label": "Find an annotation",
        "calls": [api_of(request).call("GET", _PATH)],
    }
    return show(request, principal, "console/annotations.html", "annotations", context)


@form_page
def create(request: HttpRequest, principal: Principal) -> HttpResponse:
    """A new one; the query may name the product."""
    principal.require("edit_annotations")
    now = datetime.fromtimestamp(runtime.clock().now_s() // 60 * 60, UTC)
    annotation = ChartAnnotation(provider=principal.provider, at=now)
    named = request.GET.get("product", "")
    if named.isdecimal() and len(named) < 19:
        annotation.product = principal.products().filter(pk=named).first()
    form = AnnotationForm(request, annotation, principal)

    def calls(api: Api, form: AnnotationForm) -> Sequence[Command]:
        return [api.call("POST", _PATH, form.given())]

    asked = FormPage(
        title="Mark a moment",
        section="annotations",
        back=reverse("console:annotations"),
        calls=calls,
        save="Mark",
        said="The moment was marked",
    )
    return asked.answer(request, principal, form, lambda: _saved(form))


@form_page
def edit(request: HttpRequest, principal: Principal, annotation_id: int) -> HttpResponse:
    principal.require("edit_annotations")
    annotation = _find(principal, annotation_id)
    form = AnnotationForm(request, annotation, principal)

    def calls(api: Api, form: AnnotationForm) -> Sequence[Command]:
        return [api.call("PUT", _EACH, form.given(), chart_annotation_id=annotation_id)]

    asked = FormPage(
        title=f"Change {annotation.title}",
        section="annotations",
        back=reverse("console:annotations"),
        calls=calls,
        said="The annotation was changed",
    )
    return asked.answer(request, principal, form, lambda: _saved(form))


@form_page
def delete(request: HttpRequest, principal: Principal, annotation_id: int) -> HttpResponse:
    principal.require("edit_annotations")
    annotation = _find(principal, annotation_id)
    back = reverse("console:annotations")
    asked = Confirm(
        title=f"Delete {annotation.title}?",
        section="annotations",
        back=back,
        then=back,
        said="The annotation was deleted",
        calls=lambda api: [api.call("DELETE", _EACH, chart_annotation_id=annotation_id)],
        note="It goes from the charts of everybody in the organisation.",
    )
    return asked.answer(request, principal, annotation.delete)


def marks(
    principal: Principal, window: Window, products: Collection[Product] | None = None
) -> list[Mark]:
    """What to draw on a chart over a window, in the order of time.

    Args:
        products: Of whom the chart is; what is of all products is drawn in any case. None: of all.
    """
    since, end = (datetime.fromtimestamp(edge, UTC) for edge in (window.edges_s[0], window.edges_s[-1]))  # fmt: skip
    found = principal.shared(ChartAnnotation).filter(at__gte=since, at__lt=end)
    if products is not None:
        found = found.filter(Q(product=None) | Q(product__in=products))
    return [_mark(each, window) for each in reversed(found.order_by("-at", "-pk")[:MOST])]


def _mark(annotation: ChartAnnotation, window: Window) -> Mark:
    at_s = int(annotation.at.timestamp())
    index = sum(start_s <= at_s for start_s in window.starts_s) - 1
    return Mark(index, annotation.title, instant(window.zone.at(at_s)))


def _find(principal: Principal, annotation_id: int) -> ChartAnnotation:
    return get_object_or_404(
        principal.shared(ChartAnnotation).select_related("product"), pk=annotation_id
    )


def _saved(form: AnnotationForm) -> str:
    form.save()
    return reverse("console:annotations")
