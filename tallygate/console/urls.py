"""The Admin Portal's addresses."""

from collections.abc import Iterator

from django.urls import URLPattern, path

from tallygate.console import (
    audience_urls,
    backends,
    configuration,
    integration,
    metrics,
    owners,
    plan_page,
    plans,
    product_forms,
    products,
    rules,
    session,
    start,
    terms,
    trying,
    usage_rules,
    usages,
)
from tallygate.console.alerts import page as alerts
from tallygate.console.analytics.urls import urlpatterns as analytics_urls
from tallygate.console.errors import page as errors
from tallygate.console.live import page as live
from tallygate.console.marks import annotations, views
from tallygate.console.overview import limits_page
from tallygate.console.overview import page as overview
from tallygate.console.reports import urls as report_urls

app_name = "console"

_OWNED = (
    ("metrics", metrics.listing, "metrics"),
    ("metrics/new", metrics.create_metric, "metric-new"),
    ("metrics/new-method", metrics.create_method, "method-new"),
    ("metrics/<int:metric_id>/edit", metrics.edit, "metric-edit"),
    ("metrics/<int:metric_id>/delete", metrics.delete, "metric-delete"),
    ("rules", rules.listing, "rules"),
    ("rules/new", rules.create, "rule-new"),
    ("rules/try", trying.trying, "try"),
    ("rules/<int:rule_id>/edit", rules.edit, "rule-edit"),
    ("rules/<int:rule_id>/move", rules.move, "rule-move"),
    ("rules/<int:rule_id>/delete", rules.delete, "rule-delete"),
)


def _owned() -> Iterator[URLPattern]:
    """What products and backends have alike."""
    for kind in owners.KINDS:
        for below, view, name in _OWNED:
            where = f"{kind}s/<int:owner_id>/{below}"
            yield path(where, view, {"kind": kind}, name=f"{kind}-{name}")


_PLAN = "products/<int:product_id>/plans/<int:plan_id>"
_TERMS = f"{_PLAN}/metrics/<int:metric_id>"


def _plans() -> Iterator[URLPattern]:
    """Application plans, and what they say about metrics."""
    yield path("products/<int:product_id>/plans", plans.listing, name="plans")
    yield path("products/<int:product_id>/plans/new", plans.create, name="plan-new")
    yield path(_PLAN, plan_page.plan_page, name="plan")
    yield path(f"{_PLAN}/edit", plans.edit, name="plan-edit")
    yield path(f"{_PLAN}/delete", plans.delete, name="plan-delete")
    for name in plans.EVENTS:
        yield path(f"{_PLAN}/{name}", plans.event, {"name": name}, name=f"plan-{name}")
    yield path(_TERMS, terms.terms_page, name="terms")
    yield path(f"{_TERMS}/flag", terms.set_flag, name="flag")
    for kind in terms.KINDS:
        base, which = f"{_TERMS}/{kind}", {"kind": kind}
        yield path(f"{base}/new", terms.create, which, name=f"{kind}-new")
        yield path(f"{base}/<int:term_id>/edit", terms.edit, which, name=f"{kind}-edit")
        yield path(f"{base}/<int:term_id>/delete", terms.delete, which, name=f"{kind}-delete")


urlpatterns = [
    *_owned(),
    *_plans(),
    *analytics_urls,
    *audience_urls.urlpatterns,
    *report_urls.urlpatterns,
    path("", products.home, name="home"),
    path("overview", overview.of_provider, name="overview"),
    path("overview/limits", limits_page.of_provider, name="near"),
    path("alerts", alerts.of_provider, name="all-alerts"),
    path("alerts/read", alerts.read_all, name="all-alerts-read"),
    path("alerts/delete", alerts.delete_read, name="all-alerts-delete"),
    path("alerts/<int:alert_id>/read", alerts.mark, {"read": True}, name="alert-read"),
    path("alerts/<int:alert_id>/unread", alerts.mark, {"read": False}, name="alert-unread"),
    path("alerts/<int:alert_id>/delete", alerts.delete, name="alert-delete"),
    path("annotations", annotations.listing, name="annotations"),
    path("annotations/new", annotations.create, name="annotation-new"),
    path("annotations/<int:annotation_id>/edit", annotations.edit, name="annotation-edit"),
    path("annotations/<int:annotation_id>/delete", annotations.delete, name="annotation-delete"),
    path("views", views.listing, name="views"),
    path("views/new", views.create, name="view-new"),
    path("views/<int:view_id>/edit", views.edit, name="view-edit"),
    path("views/<int:view_id>/delete", views.delete, name="view-delete"),
    path("errors", errors.of_provider, name="all-errors"),
    path("errors.csv", errors.csv_of_provider, name="all-errors-csv"),
    path("login", session.sign_in_page, name="sign-in"),
    path("logout", session.sign_out, name="sign-out"),
    path("products", products.listing, name="products"),
    path("products/options", products.options, name="product-options"),
    path("products/new", product_forms.create, name="product-new"),
    path("products/<int:product_id>", products.product, name="product"),
    path("products/<int:product_id>/overview", overview.of_product, name="product-overview"),
    path("products/<int:product_id>/errors", errors.of_product, name="errors"),
    path("products/<int:product_id>/errors.csv", errors.csv_of_product, name="errors-csv"),
    path("products/<int:product_id>/errors/purge", errors.purge, name="errors-purge"),
    path("products/<int:product_id>/alerts", alerts.of_product, name="alerts"),
    path("products/<int:product_id>/alerts/read", alerts.read_all, name="alerts-read"),
    path("products/<int:product_id>/alerts/delete", alerts.delete_read, name="alerts-delete"),
    path("products/<int:product_id>/live", live.of_product, name="live"),
    path("products/<int:product_id>/live/stream", live.stream, name="live-stream"),
    path("products/<int:product_id>/limits", limits_page.of_product, name="product-near"),
    path("products/<int:product_id>/start", start.start, name="start"),
    path("products/<int:product_id>/start/application", start.make, name="start-make"),
    path("products/<int:product_id>/edit", product_forms.edit, name="product-edit"),
    path("products/<int:product_id>/delete", product_forms.delete, name="product-delete"),
    path("products/<int:product_id>/integration", integration.integration, name="integration"),
    path("products/<int:product_id>/usage-rules", usage_rules.usage_rules, name="usage-rules"),
    path("products/<int:product_id>/backends", usages.listing, name="usages"),
    path("products/<int:product_id>/backends/new", usages.create, name="usage-new"),
    path("products/<int:product_id>/backends/<int:usage_id>", usages.edit, name="usage-edit"),
    path(
        "products/<int:product_id>/backends/<int:usage_id>/delete",
        usages.delete,
        name="usage-delete",
    ),
    path("products/<int:product_id>/configuration", configuration.overview, name="configuration"),
    path("products/<int:product_id>/configuration/deploy", configuration.deploy, name="deploy"),
    path("products/<int:product_id>/configuration/promote", configuration.promote, name="promote"),
    path("products/<int:product_id>/configuration/compare", configuration.compare, name="compare"),
    path(
        "products/<int:product_id>/configuration/<int:config_id>",
        configuration.version,
        name="version",
    ),
    path("backends", backends.listing, name="backends"),
    path("backends/new", backends.create, name="backend-new"),
    path("backends/<int:backend_id>", backends.overview, name="backend"),
    path("backends/<int:backend_id>/edit", backends.edit, name="backend-edit"),
    path("backends/<int:backend_id>/delete", backends.delete, name="backend-delete"),
]
