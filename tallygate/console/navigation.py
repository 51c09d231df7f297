"""The sidebar: where one can go, for those who may."""

from collections.abc import Iterator
from typing import NamedTuple

from django.urls import reverse

from tallygate.catalog.access import Principal
from tallygate.catalog.models import Account, Backend, Product


class Place(NamedTuple):
    """A page that the sidebar leads to.

    Attributes:
        section: By which a page says that it is there.
        icon: A symbol of icons.svg.
        url: The name of its address.
        ability: What one must be allowed to do, from `policy.ABILITIES`.
    """

    section: str
    label: str
    icon: str
    url: str
    ability: str


class Link(NamedTuple):
    """A line of the sidebar, for one who looks at one page."""

    label: str
    icon: str
    url: str
    current: bool


class Group(NamedTuple):
    """Links under a heading; '' = none."""

    title: str
    links: list[Link]


OF_PROVIDER = (
    Place("overview", "Overview", "overview", "console:overview", "see_analytics"),
    Place("products", "Products", "products", "console:products", "own"),
    Place("backends", "Backends", "backend", "console:backends", "see_backends"),
    Place("accounts", "Accounts", "accounts", "console:accounts", "see_accounts"),
    Place("applications", "Applications", "application", "console:applications", "see_accounts"),
    Place("all-alerts", "Alerts", "bell", "console:all-alerts", "see_analytics"),
    Place(
        "all-errors", "Integration errors", "alert", "console:all-errors", "see_integration_errors"
    ),
    Place("reports", "Reports", "mail", "console:reports", "see_analytics"),
)
OF_ORGANISATION = (
    Place("views", "Saved views", "bookmark", "console:views", "see_analytics"),
    Place("annotations", "Annotations", "flag", "console:annotations", "see_analytics"),
    Place("users", "Users", "user", "console:users", "manage_users"),
    Place("tokens", "Access tokens", "key", "console:tokens", "own"),
    Place(
        "developer-portal",
        "Developer portal",
        "start",
        "console:developer-portal",
        "edit_settings",
    ),
    Place("settings", "Account settings", "settings", "console:settings", "see_provider"),
    Place("audit-log", "Audit log", "log", "console:audit-log", "see_audit_log"),
    Place("api-docs", "API documentation", "code", "console:api-docs", "own"),
)
OF_ACCOUNT = (
    Place("account", "Overview", "accounts", "console:account", "see_accounts"),
    Place("account-analytics", "Analytics", "traffic", "console:account-traffic", "see_analytics"),
    Place("developers", "Users", "user", "console:developers", "see_accounts"),
)
OF_PRODUCT = (
    Place("product-overview", "Overview", "overview", "console:product-overview", "see_analytics"),
    Place("start", "Getting started", "start", "console:start", "see_products"),
    Place("analytics", "Analytics", "traffic", "console:traffic", "see_analytics"),
    Place("live", "Live", "quiet", "console:live", "see_analytics"),
    Place("alerts", "Alerts", "bell", "console:alerts", "see_analytics"),
    Place("errors", "Integration errors", "alert", "console:errors", "see_integration_errors"),
    Place("plans", "Application plans", "plan", "console:plans", "see_products"),
    Place("product-edit", "Product", "products", "console:product-edit", "edit_products"),
    Place(
        "product-metrics", "Methods & Metrics", "metric", "console:product-metrics", "see_products"
    ),
    Place("product-rules", "Mapping rules", "rule", "console:product-rules", "see_products"),
    Place("usages", "Backends", "backend", "console:usages", "see_products"),
    Place("integration", "Integration", "key", "console:integration", "edit_products"),
    Place("configuration", "Configuration", "gateway", "console:configuration", "see_products"),
    Place("alert-rules", "Alert rules", "alert", "console:alert-rules", "see_analytics"),
    Place("usage-rules", "Usage rules", "settings", "console:usage-rules", "edit_products"),
)
OF_BACKEND = (
    Place("backend", "Overview", "backend", "console:backend", "see_backends"),
    Place("analytics", "Analytics", "traffic", "console:backend-traffic", "see_analytics"),
    Place(
        "backend-metrics", "Methods & Metrics", "metric", "console:backend-metrics", "see_backends"
    ),
    Place("backend-rules", "Mapping rules", "rule", "console:backend-rules", "see_backends"),
)


def groups(
    principal: Principal,
    section: str,
    product: Product | None,
    backend: Backend | None,
    account: Account | None,
) -> Iterator[Group]:
    """The sidebar of a page: the provider's places, and those of the product, backend or account it is about."""
    yield Group("", _links(principal, section, OF_PROVIDER))
    if product is not None:
        yield Group(product.name, _links(principal, section, OF_PRODUCT, product.pk))
    if backend is not None:
        yield Group(backend.name, _links(principal, section, OF_BACKEND, backend.pk))
    if account is not None:
        yield Group(account.org_name, _links(principal, section, OF_ACCOUNT, account.pk))
    yield Group("Organisation", _links(principal, section, OF_ORGANISATION))


def _links(principal: Principal, section: str, places: tuple[Place, ...], *ids: int) -> list[Link]:
    return [
        Link(place.label, place.icon, reverse(place.url, args=ids), place.section == section)
        for place in places
        if principal.may(place.ability)
    ]
