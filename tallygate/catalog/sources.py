"""Which rows of the registry are made from which records of the catalog.

Pure reading: each function takes primary keys of one kind of record and yields every registry row
that depends on them, as the catalog stands now. A record that is gone yields nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Min, Q

from tallygate.catalog.alert_levels import levels_of
from tallygate.catalog.models import (
    Application,
    ApplicationKey,
    ApplicationPlan,
    BackendUsage,
    Limit,
    Metric,
    Product,
    Provider,
    ReferrerFilter,
    ServiceToken,
)
from tallygate.catalog.rows import (
    ApplicationKeyRow,
    ReferrerFilterRow,
    Row,
    ServiceTokenRow,
    Source,
    UserKeyRow,
)
from tallygate.registry import records

Keys = Sequence[int]


def of_providers(keys: Keys) -> Iterator[Row]:
    """The services of these providers."""
    yield from _services(Q(provider__in=keys))


def of_products(keys: Keys) -> Iterator[Row]:
    """These products' services, and their alert levels; a provider's first product is the default."""
    yield from _services(Q(pk__in=keys))
    settings = Product.objects.filter(pk__in=keys).values_list("pk", "notification_settings")
    for key, chosen in settings:
        yield from (records.AlertLimit(str(key), level) for level in levels_of(chosen))


def _services(which: Q) -> Iterator[records.Service]:
    products = Product.objects.filter(which).select_related("provider")
    firsts = _first_products({product.provider_id for product in products})
    for product in products:
        suspended = product.provider.state == Provider.State.SUSPENDED
        yield records.Service(
            id=product.service_id,
            provider_key=product.provider.provider_key,
            backend_version=(
                Product.BackendVersion.OAUTH if product.is_oauth else product.backend_version
            ),
            state="suspended" if suspended else "active",
            referrer_filters_required=product.referrer_filters_required,
            default=product.pk in firsts,
            past_window_s=product.provider.past_window_s,
            future_window_s=product.provider.future_window_s,
        )


def _first_products(provider_ids: set[int]) -> set[int]:
    products = Product.objects.filter(provider__in=provider_ids).order_by()
    return {row["first"] for row in products.values("provider").annotate(first=Min("pk"))}


def of_service_tokens(keys: Keys) -> Iterator[Row]:
    """These tokens."""
    found = ServiceToken.objects.filter(pk__in=keys).values_list("product_id", "value")
    for product_id, value in found:
        yield ServiceTokenRow(str(product_id), value)


def of_metrics(keys: Keys) -> Iterator[Row]:
    """These metrics: a product's in it, a backend's in each product that uses the backend."""
    for metric in Metric.objects.filter(pk__in=keys, product__isnull=False):
        yield _metric(metric.product_id, metric, metric.parent_id)
    usages = BackendUsage.objects.filter(
        backend__in=Metric.objects.filter(pk__in=keys).values("backend")
    )
    yield from _backend_metrics(usages, Q(pk__in=keys))


def of_backend_usages(keys: Keys) -> Iterator[Row]:
    """All metrics of the backend, in the product that uses it."""
    yield from _backend_metrics(BackendUsage.objects.filter(pk__in=keys), Q())


def _backend_metrics(usages: Any, which: Q) -> Iterator[records.Metric]:
    """A backend's hits stand under the product's hits, so that both are counted by one call."""
    pairs = list(usages.values_list("product_id", "backend_id"))
    product_hits = dict(
        Metric.objects.filter(
            product__in={product_id for product_id, _ in pairs}, system_name="hits"
        ).values_list("product_id", "pk")
    )
    metrics: dict[int, list[Metric]] = {}
    for metric in Metric.objects.filter(which, backend__in={backend for _, backend in pairs}):
        metrics.setdefault(metric.backend_id, []).append(metric)
    for product_id, backend_id in pairs:
        for metric in metrics.get(backend_id, ()):
            parent = product_hits.get(product_id) if metric.is_hits else metric.parent_id
            yield _metric(product_id, metric, parent)


def _metric(product_id: int, metric: Metric, parent_id: int | None) -> records.Metric:
    return records.Metric(str(product_id), str(metric.pk), metric.system_name, str(parent_id or ""))


def of_limits(keys: Keys) -> Iterator[Row]:
    """These limits."""
    found = Limit.objects.filter(pk__in=keys).values_list(
        "plan__product_id", "plan_id", "metric_id", "period", "value"
    )
    for product_id, plan_id, metric_id, period, value in found:
        yield records.Limit(str(product_id), str(plan_id), str(metric_id), period, value)


def of_plans(keys: Keys) -> Iterator[Row]:
    """The applications under these plans, for they carry the plan's name."""
    for application, _ in _applications(Q(plan__in=keys)):
        yield application


def of_applications(keys: Keys) -> Iterator[Row]:
    """These applications and their user keys."""
    for application, user_key in _applications(Q(pk__in=keys)):
        yield application
        yield UserKeyRow(application.service_id, user_key, application.id)


def _applications(which: Q) -> Iterator[tuple[records.Application, str]]:
    """Each with its user key."""
    found = Application.objects.filter(which).values_list(
        "product_id", "application_id", "state", "plan_id", "plan__name", "redirect_url", "user_key"
    )
    for product_id, application_id, state, plan_id, plan_name, redirect_url, user_key in found:
        state = "active" if state == Application.State.LIVE else state
        yield (
            records.Application(
                str(product_id), application_id, state, str(plan_id), plan_name, redirect_url
            ),
            user_key,
        )


def of_application_keys(keys: Keys) -> Iterator[Row]:
    """These application keys."""
    for product_id, application_id, value in _credentials(ApplicationKey, keys):
        yield ApplicationKeyRow(str(product_id), application_id, value)


def of_referrer_filters(keys: Keys) -> Iterator[Row]:
    """These referrer filters."""
    for product_id, application_id, value in _credentials(ReferrerFilter, keys):
        yield ReferrerFilterRow(str(product_id), application_id, value)


def _credentials(model: Any, keys: Keys) -> Any:
    return model.objects.filter(pk__in=keys).values_list(
        "application__product_id", "application__application_id", "value"
    )


SOURCES = {
    Provider: Source(
        of_providers,
        {"provider_key", "state", "past_window_s", "future_window_s"},
        derived=True,
        whole=True,
    ),
    Product: Source(
        of_products,
        {"provider", "backend_version", "referrer_filters_required", "notification_settings"},
        whole=True,
    ),
    ServiceToken: Source(of_service_tokens, {"product", "value"}),
    Metric: Source(of_metrics, {"product", "backend", "parent", "system_name"}),
    BackendUsage: Source(of_backend_usages, {"product", "backend"}),
    ApplicationPlan: Source(of_plans, {"name"}, derived=True),
    Limit: Source(of_limits, {"plan", "metric", "period", "value"}),
    Application: Source(
        of_applications,
        {"product", "plan", "state", "application_id", "user_key", "redirect_url"},
    ),
    ApplicationKey: Source(of_application_keys, {"application", "value"}),
    ReferrerFilter: Source(of_referrer_filters, {"application", "value"}),
}
"""Every kind of record from which the registry is made."""
