"""Short ways to make catalog records in tests. Import inside tests, after Django is set up."""

from typing import Any

from tallygate.catalog.models import (
    Account,
    Application,
    ApplicationPlan,
    Backend,
    BackendUsage,
    Metric,
    Product,
    Provider,
)


def provider(**values: Any) -> Provider:
    return Provider.objects.create(**{"name": "Acme", **values})


def product(owner: Provider | None = None, **values: Any) -> Product:
    return Product.objects.create(provider=owner or provider(), **{"name": "Echo", **values})


def backend(owner: Provider, **values: Any) -> Backend:
    given = {"name": "Stock", "private_endpoint": "http://stock.internal", **values}
    return Backend.objects.create(provider=owner, **given)


def use(user: Product, used: Backend, path: str = "/") -> BackendUsage:
    return BackendUsage.objects.create(product=user, backend=used, path=path)


def method(owner: Product | Backend, name: str = "Orders") -> Metric:
    parent = owner.metrics.get(parent=None, friendly_name="Hits")
    return Metric.objects.create(
        product=parent.product, backend=parent.backend, parent=parent, friendly_name=name
    )


def plan(of: Product, **values: Any) -> ApplicationPlan:
    return ApplicationPlan.objects.create(product=of, **{"name": "Basic", **values})


def application(under: ApplicationPlan, **values: Any) -> Application:
    owner = values.pop("account", None) or Account.objects.create(
        provider=under.product.provider, org_name="Consumer"
    )
    return Application.objects.create(account=owner, plan=under, **{"name": "App", **values})
