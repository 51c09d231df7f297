"""A large provider for the portal's benchmark: products, applications, metrics, rules, plans, usage."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

PRODUCTS = 1_000
APPLICATIONS = 100_000
OF_THE_FIRST = 50_000
"""Applications of the product that the pages are about."""
ACCOUNTS = 10_000
DEVELOPERS = 1_000
"""Users of the first account, which has every twentieth application."""
USERS = 200
CHANGES = 100_000
"""Entries in the record of changes."""
METRICS = 500
RULES = 500
PLANS = 100
BACKENDS = 200
USED_BACKENDS = 20
RULES_OF_A_BACKEND = 20
VERSIONS = 50
ROLLUP_ROWS = 2_000_000
DAYS = 30
AT_ONCE = 5_000


def fill() -> None:
    """Fills the home of the environment, on which nothing runs; prints how much there is, as JSON."""
    from tallygate.catalog.bootstrap import set_up
    from tallygate.settings import load

    settings = load()
    set_up(settings)
    from django.db import transaction

    with transaction.atomic():
        counts = _catalog()
    counts["roll-up rows"] = _history(settings)
    print(json.dumps(counts))


def _catalog() -> dict[str, int]:
    from tallygate.catalog.models import Account, Application, Backend, Product, Provider

    provider = Provider.objects.get()
    _products(provider)
    _accounts(provider)
    _applications()
    _many(
        Backend,
        (
            Backend(
                provider=provider,
                name=f"Backend {number}",
                system_name=f"backend_{number}",
                private_endpoint=f"https://b{number}.internal",
            )
            for number in range(BACKENDS)
        ),
    )
    first = Product.objects.order_by("pk").first()
    _metrics_and_rules(first)
    _terms(first)
    _backends(first)
    _versions(first)
    _credentials(Application.objects.order_by("pk").first())
    _users(provider)
    _changes(provider)
    return {
        "products": Product.objects.count(),
        "applications": Application.objects.count(),
        "accounts": Account.objects.count(),
    }


def _products(provider: Any) -> None:
    """Each with a plan."""
    from tallygate.catalog.models import ApplicationPlan, Product

    _many(
        Product,
        (
            Product(provider=provider, name=f"Product {number}", system_name=f"product_{number}")
            for number in range(PRODUCTS - 1)
        ),
    )
    without = Product.objects.filter(application_plans=None).order_by("pk")
    _many(
        ApplicationPlan,
        (
            ApplicationPlan(product=each, name="Basic", system_name=f"basic_{each.pk}")
            for each in list(without)
        ),
    )


def _accounts(provider: Any) -> None:
    """Each with a developer."""
    from tallygate.catalog.models import Account, Developer

    plan, first = provider.default_account_plan, Account.objects.get()
    _many(
        Account,
        (
            Account(provider=provider, plan=plan, org_name=f"Organisation {number}")
            for number in range(ACCOUNTS)
        ),
    )
    _many(
        Developer,
        (
            Developer(account=each, username=f"dev{each.pk}", email=f"d{each.pk}@example.com")
            for each in list(Account.objects.select_related("provider"))
        ),
    )
    _many(
        Developer,
        (
            Developer(account=first, username=f"first{number}", email=f"f{number}@example.com")
            for number in range(DEVELOPERS)
        ),
    )


def _applications() -> None:
    """Half of them of the first product."""
    from tallygate.catalog.models import Account, Application, ApplicationPlan

    accounts = list(Account.objects.order_by("pk"))
    first, *plans = ApplicationPlan.objects.select_related("product").order_by("pk")
    _many(
        Application,
        (
            Application(
                account=accounts[number % len(accounts) if number % 20 else 0],
                plan=first if number < OF_THE_FIRST else plans[number % len(plans)],
                name=f"Application {number}",
                application_id=f"{number:08x}",
                user_key=f"{number:032x}",
            )
            for number in range(APPLICATIONS)
        ),
    )


def _metrics_and_rules(product: Any) -> None:
    from tallygate.catalog.models import MappingRule, Metric

    hits = product.hits
    _many(
        Metric,
        (
            Metric(
                product=product,
                parent=hits,
                friendly_name=f"Method {number}",
                system_name=f"method_{number}",
            )
            for number in range(METRICS)
        ),
    )
    methods = list(product.metrics.exclude(parent=None))
    _many(
        MappingRule,
        (
            MappingRule(
                product=product,
                metric=methods[number % len(methods)],
                http_method="GET",
                pattern=f"/v1/resource{number}/{{id}}",
                position=number + 2,
            )
            for number in range(RULES)
        ),
    )


def _terms(product: Any) -> None:
    """Many plans, of which the first has terms for every metric."""
    from tallygate.catalog.models import ApplicationPlan, Limit, PricingRule

    plan, metrics = product.application_plans.order_by("pk").first(), list(product.metrics.all())
    _many(
        ApplicationPlan,
        (
            ApplicationPlan(product=product, name=f"Plan {number}", system_name=f"plan_{number}")
            for number in range(PLANS)
        ),
    )
    _many(Limit, (Limit(plan=plan, metric=each, period="day", value=1_000) for each in metrics))
    _many(PricingRule, (PricingRule(plan=plan, metric=each, cost_per_unit=1) for each in metrics))


def _backends(product: Any) -> None:
    """Backends that the product uses, with rules of their own."""
    from tallygate.catalog.models import Backend, BackendUsage, MappingRule

    for number, backend in enumerate(Backend.objects.order_by("pk")[:USED_BACKENDS]):
        BackendUsage.objects.create(product=product, backend=backend, path=f"/b{number}")
        hits = backend.metrics.get()
        _many(
            MappingRule,
            (
                MappingRule(
                    backend=backend,
                    metric=hits,
                    http_method="GET",
                    pattern=f"/r{place}",
                    position=place,
                )
                for place in range(1, RULES_OF_A_BACKEND + 1)
            ),
        )


def _versions(product: Any) -> None:
    """Versions of the configuration, each promoted."""
    from tallygate.catalog.deployment import deploy

    for number in range(VERSIONS):
        product.proxy.hostname_rewrite = f"h{number}.internal"
        product.proxy.save()
        config = deploy(product, "http://listener", None)
        assert config is not None, "the product uses backends"
        config.promote("production", None)


def _credentials(application: Any) -> None:
    """As many keys and filters as an application may have."""
    from tallygate.catalog.models.application import MAX_KEYS, MAX_REFERRER_FILTERS

    for number in range(MAX_KEYS):
        application.keys.create(value=f"key-{number}")
    for number in range(MAX_REFERRER_FILTERS):
        application.referrer_filters.create(value=f"*.r{number}.example.com")


def _users(provider: Any) -> None:
    """Members with some of the products; the admin has many tokens."""
    from tallygate.catalog.models import AccessToken, Product, User

    products = list(Product.objects.values_list("pk", flat=True))
    _many(
        User,
        (
            User(
                provider=provider,
                username=f"member{number}",
                email=f"m{number}@example.com",
                password="!",
                allowed_sections=["plans", "partners"],
                allowed_product_ids=products[number : number + 50],
            )
            for number in range(USERS)
        ),
    )
    admin = User.objects.order_by("pk").first()
    for number in range(USERS):
        AccessToken.issue(admin, f"script {number}", ["stats"], "ro")


def _changes(provider: Any) -> None:
    from tallygate.catalog.models import AuditEntry

    _many(
        AuditEntry,
        (
            AuditEntry(
                provider=provider,
                actor_id=number % USERS,
                actor_name=f"member{number % USERS}",
                via="portal",
                action="update",
                kind=("application", "account", "limit")[number % 3],
                record_id=number % ACCOUNTS + 1,
                record_name=f"Application {number}",
                before={"name": f"App {number}", "state": "pending"},
                after={"name": f"Application {number}", "state": "live"},
            )
            for number in range(CHANGES)
        ),
    )


def _many(model: Any, records: Iterator[Any]) -> None:
    while chunk := list(islice(records, AT_ONCE)):
        model.objects.bulk_create(chunk)


def _history(settings: Any) -> int:
    """Each product's hits by the hour, then applications' of the first product; 30 days."""
    from tallygate.catalog.models import Metric
    from tallygate.history.engine import ChdbEngine
    from tallygate.history.schema import MINUTE, QUARTER, create_tables

    hits = Metric.objects.filter(system_name="hits").order_by("pk").values_list("pk", "product_id")
    pairs = [(f"m:{pk}", str(product)) for pk, product in hits]
    begin = int(time.time()) // 86_400 * 86_400 - (DAYS - 1) * 86_400
    engine = ChdbEngine(settings.history, create_tables)
    hours = DAYS * 24
    for start in range(0, len(pairs), 100):
        chunk = pairs[start : start + 100]
        _insert(engine, QUARTER.name, _names(chunk), "''", begin, hours * len(chunk), len(chunk))
    totals = hours * len(pairs)
    one, rest = pairs[0], (ROLLUP_ROWS - totals) // 2
    for table in (QUARTER.name, MINUTE.name):
        applications = f"lower(hex(reinterpretAsFixedString(toUInt32(number % {OF_THE_FIRST}))))"
        _insert(engine, table, _names([one]), applications, begin, rest, 1)
    counted = sum(
        int(engine.query(f"SELECT count() FROM {table.name} WHERE series != ''")[0][0])
        for table in (QUARTER, MINUTE)
    )
    engine.close()
    return counted


def _names(pairs: Sequence[tuple[str, str]]) -> tuple[str, str]:
    series, products = zip(*pairs, strict=True)
    return f"[{', '.join(map(repr, series))}]", f"[{', '.join(map(repr, products))}]"


def _insert(
    engine: Any,
    table: str,
    names: tuple[str, str],
    application: str,
    begin: int,
    rows: int,
    of: int,
) -> None:
    """Rows of these series, one after the other, an hour further each time all have had theirs."""
    which = f"number % {of} + 1"
    engine.execute(
        f"INSERT INTO {table} SELECT {names[0]}[{which}], {names[1]}[{which}], {application},"
        f" {begin} + intDiv(number, {of}) % {DAYS * 24} * 3600 + intDiv(number, {of * DAYS * 24}) % 4 * 900,"
        f" number % 97 + 1 FROM numbers({rows}) SETTINGS max_partitions_per_insert_block = 1000"
    )


if __name__ == "__main__":
    sys.exit(fill())
