"""What holds for every page of the portal, whichever there are: walked from the table of its addresses."""

import pytest
from django.test import Client
from django.urls import URLPattern
from django.utils.timezone import now
from support.catalog_data import application, backend, method, product, provider, use
from support.portal_pages import commands, member

from tallygate.catalog.deployment import deploy
from tallygate.catalog.models import (
    AccessToken,
    Alert,
    ChartAnnotation,
    Limit,
    Metric,
    PricingRule,
    SavedView,
    User,
)
from tallygate.console.invitations import path_of
from tallygate.console.urls import urlpatterns
from tallygate.reports.models import Subscription
from tallygate.reports.ordering import order_again

NOW_S = 1_431_943_503
OPEN = {"sign-in", "sign-out", "welcome"}
"""Pages for those who are not signed in."""
OWN_PAGE = OPEN | {
    *("home", "products", "product-options", "time-zones"),
    *("tokens", "token-new", "token-delete", "settings"),
    *("api-docs", "api-doc", "api-doc-token"),
}  # fmt: skip
"""Pages for everybody who is."""
NO_CALL = {
    *("product-options", "lookup", "start", "product-try", "backend-try", "time-zones"),
    *("application-utilization", "provider-key", "api-docs", "api-doc"),
    *("overview", "near", "product-near"),
    *("all-errors", "all-errors-csv", "errors", "errors-csv", "errors-purge", "live-stream"),
    *("all-alerts", "all-alerts-delete", "alerts", "alerts-delete"),
    *("mail", "report-file"),
}  # fmt: skip
"""What no call does alike: all products together, integration errors, lists of what may be chosen, tried requests,
limits as they stand now, a new provider key; the steps and the documents have commands of their own."""
FILES = ("-csv", "-parquet")
"""How the names of addresses end that are files, which tell nothing but numbers."""


def address(pattern: URLPattern, ids: dict[str, int | str]) -> str:
    path = str(pattern.pattern)
    for name, number in ids.items():
        kind = "int" if name.endswith("_id") else "slug"
        path = path.replace(f"<{kind}:{name}>", str(number))
    assert "<" not in path, f"tell this test which record is meant in {path}"
    return f"/{path}"


@pytest.fixture
def ids(portal):
    """One of each record; those of products and of backends have numbers of their own."""
    mine = portal.product
    theirs = backend(mine.provider)
    usage = use(mine, theirs, "/stock")
    plan = mine.application_plans.get()
    own = method(mine)
    config = deploy(mine, "http://listener", None)
    of_product = {
        "product_id": mine.pk,
        "owner_id": mine.pk,
        "backend_id": theirs.pk,
        "usage_id": usage.pk,
        "plan_id": plan.pk,
        "metric_id": own.pk,
        "rule_id": mine.mapping_rules.get().pk,
        "config_id": config.pk,
        **_of_audience(plan),
    }
    limit = Limit.objects.create(plan=plan, metric=own, period="day", value=1)
    price = PricingRule.objects.create(plan=plan, metric=own, cost_per_unit=1)
    metric = Metric.objects.create(backend=theirs, friendly_name="Bytes", unit="byte")
    rule = theirs.mapping_rules.create(metric=metric, http_method="GET", pattern="/x")
    return {
        "": of_product,
        "backend-": of_product
        | {"owner_id": theirs.pk, "metric_id": metric.pk, "rule_id": rule.pk},
        "limits-": of_product | {"term_id": limit.pk},
        "prices-": of_product | {"term_id": price.pk},
    }


def _of_audience(plan):
    """Of those who use the products and of those who offer them."""
    caller = application(plan)
    developer = caller.account.developers.create(
        username="developer", provider=plan.product.provider
    )
    colleague = User.objects.create_user(plan.product.provider, "colleague", "a long password")
    admin = User.objects.get(username="admin")
    report = Subscription.objects.create(user=admin, period="week")
    return {
        "account_id": caller.account_id,
        "developer_id": developer.pk,
        "application_id": caller.pk,
        "key_id": caller.keys.create(value="a-key-of-its-own").pk,
        "alert_id": Alert.objects.create(
            product=caller.product,
            application=caller,
            at=now(),
            level=80,
            metric="hits",
            period="day",
            value=80,
            maximum=100,
        ).pk,
        "annotation_id": ChartAnnotation.objects.create(
            provider=plan.product.provider, title="v2 launched", at=now()
        ).pk,
        "view_id": SavedView.objects.create(
            provider=plan.product.provider, name="Month", url="/overview?frame=30d"
        ).pk,
        "filter_id": caller.referrer_filters.create(value="*.example.com").pk,
        "user_id": colleague.pk,
        "token_id": AccessToken.issue(admin, "script", ["stats"], "ro")[0].pk,
        "kind": "account",
        "name": "account-management",
        "report_id": report.pk,
        "delivery_id": order_again(report, NOW_S).pk,
        "form": "pdf",
        "token": path_of(colleague).rsplit("/")[-1],
    }


def pages(ids):
    """Name and address of each."""
    for pattern in urlpatterns:
        kind = next((kind for kind in ids if kind and str(pattern.name).startswith(kind)), "")
        yield str(pattern.name), address(pattern, ids[kind])


def test_an_admin_gets_every_page_and_each_tells_how_to_do_it_by_api(portal, ids):
    told = 0
    for name, path in pages(ids):
        answer = portal.get(path)
        answer.close()  # a stream holds a place until then
        if answer.status_code in (302, 405):
            continue
        assert answer.status_code == 200, (name, path)
        if name not in OPEN | NO_CALL and not name.endswith(FILES):
            assert commands(answer), name
            told += 1
    assert told > 75


def test_nobody_gets_in_without_signing_in(portal, ids):
    for name, path in pages(ids):
        if name in OPEN:
            continue
        for verb in ("get", "post"):
            answer = getattr(Client(raise_request_exception=False), verb)(path)
            assert answer.status_code in (302, 405), (name, verb)
            if answer.status_code == 302:
                assert answer["Location"].startswith("/login?next="), name


def test_a_form_of_another_site_changes_nothing(portal, ids):
    """Every POST asks for the token that only this site's pages have."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.cookies = portal.client.cookies
    for name, path in pages(ids):
        answer = client.post(path, {"name": "Mine now", "position": "1", "version": "1"})
        assert answer.status_code in (403, 405), name


def test_a_member_with_nothing_gets_no_page_but_their_own(portal, ids):
    nobody = member(portal)
    for name, path in pages(ids):
        if name in OWN_PAGE | {"product"}:
            continue
        for verb in ("get", "post"):
            assert getattr(nobody, verb)(path).status_code in (403, 405), (name, verb)


def test_another_provider_finds_nothing(portal, ids):
    """Whatever an address names of this provider's is as if it did not exist."""
    other = provider(name="Other")
    product(other)
    User.objects.create_user(other, "stranger", "a long password", role="admin")
    stranger = Client(raise_request_exception=False)
    portal.sign_in(stranger, username="stranger", password="a long password")
    for (name, path), pattern in zip(pages(ids), urlpatterns, strict=True):
        if "<int:" not in str(pattern.pattern) or name in OPEN:
            continue
        for verb in ("get", "post"):
            assert getattr(stranger, verb)(path).status_code in (404, 405), (name, verb)


def test_a_suspended_provider_gets_no_page(portal, ids):
    owner = portal.product.provider
    owner.state = "suspended"
    owner.save()
    for name, path in pages(ids):
        if name not in OPEN:
            assert portal.get(path).status_code in (403, 405), name


def test_odd_numbers_in_addresses_are_not_found(portal, ids):
    for kind, known in ids.items():
        for placeholder in (name for name in known if name.endswith("_id")):
            odd = {kind: {**known, placeholder: 10**30}}
            for name, path in pages(ids | odd):
                if str(10**30) in path:
                    assert portal.get(path).status_code in (404, 405), (name, placeholder)


def test_odd_queries_and_forms_are_no_errors_of_the_server(portal, ids):
    query = {
        "q": "a\0b", "sort": "--x", "page": "-9", "metric": "x", "of": "'", "kind": "\u202e",
        "from": "1e9", "to": "9" * 40, "url": "\0", "verb": "", "state": "x", "frame": "\0",
        "since": "\0", "until": "9999-99-99", "who": "\0", "record": "9" * 40, "product": "\0", "plan": "x",
        "account": "9" * 40, "action": "x", "role": "'",
    }  # fmt: skip
    form = dict.fromkeys(
        ("name", "system_name", "friendly_name", "pattern", "path", "value", "min", "delta", "metric",
         "backend", "period", "position", "version", "cost_per_unit", "lock_version", "state_event",
         "private_endpoint", "unit", "http_method", "visible", "email_provider", "org_name", "account_plan",
         "plan", "account", "username", "email", "password", "role", "which", "allowed_products", "scopes",
         "permission", "expires_at", "user_key", "application_id", "redirect_url", "time_zone", "from_email",
         "past_window_s", "future_window_s", "product"),
        "\0" + "9" * 400,
    )  # fmt: skip
    for name, path in pages(ids):
        if name in ("sign-out", "sign-in"):
            continue
        assert portal.client.get(path, query).status_code < 500, name
        assert portal.client.post(path, form | {"check": "name"}).status_code < 500, name
        assert portal.client.post(path, form | {"as_curl": "1"}).status_code < 500, name
        if not name.endswith("delete") and name != "start-make":
            assert portal.client.post(path, form).status_code < 500, name
