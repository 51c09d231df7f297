"""A list issues a bounded number of statements, however long it is."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from support import catalog_data as made
from support.management_site import NOW_S, ManagementSite

from tallygate.api.management.table import ENDPOINTS
from tallygate.catalog.deployment import deploy
from tallygate.catalog.models import (
    AccessToken,
    Account,
    AccountPlan,
    ActiveDoc,
    ApplicationKey,
    Developer,
    Feature,
    Limit,
    MappingRule,
    Metric,
    PlanFeature,
    PricingRule,
    ReferrerFilter,
)
from tallygate.reports.models import Subscription
from tallygate.reports.ordering import order_again

LISTS = [(endpoint, form) for endpoint in ENDPOINTS if endpoint.many for form in endpoint.formats]
PERIODS = ("eternity", "year", "month", "week", "hour", "minute")


def add_more(site: ManagementSite, number: int) -> None:
    """One more of everything that is listed."""
    product, hits = made.product(site.provider, name=f"P{number}"), site.product.hits
    backend = made.backend(site.provider, name=f"B{number}")
    made.use(product, backend)
    made.use(site.product, backend, f"/b{number}")
    deploy(product, "http://listener", None)
    for owner, counted in (
        (site.product, hits),
        (site.backend, site.backend.metrics.get(friendly_name="Hits")),
    ):
        kind = "product" if owner is site.product else "backend"
        Metric.objects.create(**{kind: owner}, friendly_name=f"Metric {number}", unit="x")
        Metric.objects.create(**{kind: owner}, parent=counted, friendly_name=f"Method {number}")
        MappingRule.objects.create(**{kind: owner}, metric=counted, http_method="GET", pattern="/z")
    plan = made.plan(site.product, name=f"Plan {number}")
    account = Account.objects.create(provider=site.provider, org_name=f"A{number}")
    made.application(plan, account=account)
    application = made.application(plan, account=site.application.account)
    Developer.objects.create(account=site.application.account, username=f"dev{number}")
    Developer.objects.create(account=account, username=f"developer{number}")
    ApplicationKey.objects.create(application=application)
    ApplicationKey.objects.create(application=site.application)
    ReferrerFilter.objects.create(application=site.application, value=f"x{number}")
    Limit.objects.create(plan=site.plan, metric=hits, period=PERIODS[number], value=1)
    PricingRule.objects.create(
        plan=site.plan, metric=hits, min=10**6 + number, max=10**6 + number, cost_per_unit=1
    )
    feature = Feature.objects.create(product=site.product, name=f"F{number}")
    PlanFeature.objects.create(plan=site.plan, feature=feature)
    AccountPlan.objects.create(provider=site.provider, name=f"AP{number}")
    ActiveDoc.objects.create(provider=site.provider, name=f"D{number}", body='{"openapi": "3"}')
    AccessToken.issue(site.admin, f"T{number}", ["stats"], "ro")
    site.user(f"user{number}")
    report = Subscription.objects.create(user=site.admin, product=product, period="day")
    order_again(report, NOW_S)


def statements(site: ManagementSite) -> dict[str, int]:
    counted = {}
    for endpoint, form in LISTS:
        path = f"{site.path(endpoint, form)}?access_token={site.token}&host=x"
        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = site.client.get(path)
        assert answer.status_code == 200, path
        counted[f"{endpoint.path}.{form}"] = len(captured)
    return counted


def test_lists_take_as_many_statements_for_few_records_as_for_more(site: ManagementSite) -> None:
    site.plan.pricing_rules.all().update(max=10)
    add_more(site, 0)
    few = statements(site)
    for number in range(1, 4):
        add_more(site, number)
    assert statements(site) == few
    assert max(few.values()) <= 8
    assert len(few) == len(LISTS) > 30
