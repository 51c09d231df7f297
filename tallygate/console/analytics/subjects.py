"""What a page is about: a product, a backend, an application or an account, that its reader may see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import Http404
from django.urls import reverse

from tallygate.catalog.access import ApplicationNotFound, Forbidden, Principal, number_of
from tallygate.catalog.models import Backend, Metric, Product
from tallygate.console.analytics.measures import Measure, MeasureChoice, families
from tallygate.console.pages import find_backend, find_product
from tallygate.domain.calendar import Window
from tallygate.history import Compare, Consumer, Question, Split


@dataclass(frozen=True)
class Subject:
    """
    Attributes:
        noun: What it is called, and how its addresses begin: 'product'.
        pk: Its number in addresses.
        name: Its name for people.
        key: By which rows of files name it: a system name or an id.
        file_name: How the names of its files begin.
        choice: What can be shown of it.
        products: The products whose entries count, as the history names them; None: all.
        among: The applications whose entries count; None: all.
        named_in: The products that may be named where it is split; None: all of the subject's.
        records: What it is by its noun, and what it is of.
        of: What it is part of, in words.
        url: Its own page; '' where it has none, or the reader may not see it.
        api: Where the Analytics API has it: 'services/7'.
    """

    principal: Principal
    noun: str
    pk: int
    name: str
    key: str
    file_name: str
    choice: MeasureChoice
    products: tuple[str, ...] | None
    among: tuple[Consumer, ...] | None = None
    named_in: tuple[str, ...] | None = None
    records: dict[str, Any] = field(default_factory=dict)
    of: str = ""
    url: str = ""
    api: str = ""

    @property
    def v1(self) -> dict[str, str]:
        """How the Analytics API's second family is asked for it."""
        return {self.noun: str(self.pk)}

    @property
    def product(self) -> Product | None:
        """The only one that it is about; None if it may be about several."""
        return self.records.get("product")

    def question(
        self,
        series: Sequence[str],
        window: Window,
        *,
        split: tuple[Split, ...] = (),
        only: tuple[tuple[str, ...], ...] | None = None,
        compare: Compare | None = None,
    ) -> Question:
        """How much there was of the series: one line, unless it is split."""
        return Question(
            tuple(series), window, self.products,
            among=self.among, split=split, only=only, compare=compare,
        )  # fmt: skip


Finder = Callable[[Principal, int], Subject]
"""Finds a subject by its number. Raises Http404 and Forbidden."""


def of_product(principal: Principal, product_id: int) -> Subject:
    """All calls of a product."""
    principal.require("see_analytics")
    product = find_product(principal, product_id)
    return Subject(
        principal,
        noun="product",
        pk=product.pk,
        name=product.name,
        key=product.system_name,
        file_name=product.system_name,
        choice=_of_products([product]),
        products=(product.service_id,),
        records={"product": product},
        api=f"services/{product.pk}",
    )


def of_backend(principal: Principal, backend_id: int) -> Subject:
    """All that was counted on a backend's metrics, in whichever product."""
    principal.require("see_analytics")
    principal.require("see_backends")
    backend = find_backend(principal, backend_id)
    metrics = [Measure.of(each) for each in families(backend.metrics.order_by("pk"))]
    hits = next(each for each in metrics if each.metrics[0].is_hits)
    visible = principal.product_ids
    return Subject(
        principal,
        noun="backend",
        pk=backend.pk,
        name=backend.name,
        key=backend.system_name,
        file_name=backend.system_name,
        choice=MeasureChoice([(f"Backend: {backend.name}", metrics)], hits),
        products=None,
        named_in=None if visible is None else tuple(str(each) for each in sorted(visible)),
        records={"backend": backend},
        api=f"backend_apis/{backend.pk}",
    )


def of_application(principal: Principal, application_id: int) -> Subject:
    """What one application did."""
    principal.require("see_analytics")
    try:
        application = principal.application(application_id)
    except (ApplicationNotFound, Forbidden):
        raise Http404 from None
    product = application.product
    account = application.account
    return Subject(
        principal,
        noun="application",
        pk=application.pk,
        name=application.name,
        key=application.application_id,
        file_name=f"{product.system_name}-{application.application_id}",
        choice=_of_products([product]),
        products=(product.service_id,),
        among=_consumers([application]),
        records={"product": product, "application": application, "account": account},
        of=f"{account.org_name}, {product.name}, {application.plan.name}",
        url=_url(principal, "application", application.pk),
        api=f"applications/{application.pk}",
    )


def of_account(principal: Principal, account_id: int) -> Subject:
    """What all applications of a consumer did, of the products that may be seen."""
    principal.require("see_analytics")
    principal.require("see_accounts")
    number = number_of(account_id)
    account = None if number is None else principal.accounts().filter(pk=number).first()
    if account is None:
        raise Http404
    products = list(principal.products().filter(applications__account=account).distinct())
    applications = principal.applications().filter(account=account)
    return Subject(
        principal,
        noun="account",
        pk=account.pk,
        name=account.org_name,
        key=str(account.pk),
        file_name=f"account-{account.pk}",
        choice=_of_products(products),
        products=tuple(each.service_id for each in products),
        among=_consumers(applications.order_by("pk")),
        records={"account": account},
        url=_url(principal, "account", account.pk),
    )


def _url(principal: Principal, name: str, number: int) -> str:
    return reverse(f"console:{name}", args=[number]) if principal.may("see_accounts") else ""


def _consumers(applications: Any) -> tuple[Consumer, ...]:
    return tuple(Consumer(str(each.product_id), each.application_id) for each in applications)


def _of_products(products: list[Product]) -> MeasureChoice:
    """Of one product: its metrics and those of its backends, by their names. Of several: their hits as one, then those of each."""
    if len(products) == 1:
        return _of_product(products[0])
    all_hits = Metric.objects.filter(product__in=products, parent=None, system_name="hits")
    hits = Measure("hits", "Hits", "hit", tuple(all_hits.order_by("pk")))
    groups = [("All products", [hits])]
    for product in products:
        own = families(product.metrics.order_by("pk"))
        groups.append((f"Product: {product.name}", [_prefixed(product, each) for each in own]))
    return MeasureChoice(groups, hits)


def _prefixed(product: Product, metric: Metric) -> Measure:
    key = f"{product.system_name}/{metric.system_name}"
    return Measure(key, metric.friendly_name, metric.unit, (metric,))


def _of_product(product: Product) -> MeasureChoice:
    """Its own metrics first, then each backend's."""
    metrics = families(product.all_metrics().select_related("backend"))
    backends: dict[int, tuple[Backend, list[Measure]]] = {}
    own = []
    for metric in metrics:
        if metric.backend is None:
            own.append(Measure.of(metric))
        else:
            _, theirs = backends.setdefault(metric.backend.pk, (metric.backend, []))
            theirs.append(Measure.of(metric))
    hits = next(each for each in own if each.metrics[0].is_hits)
    groups = [(f"Product: {product.name}", own)]
    groups += [(f"Backend: {backend.name}", theirs) for backend, theirs in backends.values()]
    return MeasureChoice(groups, hits)
