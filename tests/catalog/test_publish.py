"""The registry is equal to the catalog, after every change and on every path."""

import sqlite3
from collections.abc import Callable

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from support import catalog_data as made

from tallygate.catalog import publish
from tallygate.catalog.models import (
    Application,
    ApplicationKey,
    ApplicationPlan,
    Limit,
    Metric,
    Product,
    ReferrerFilter,
)
from tallygate.catalog.queryset import CatalogQuerySet
from tallygate.catalog.sources import SOURCES
from tallygate.settings import Settings

TABLES = (
    "service", "service_token", "application", "user_key", "application_key", "referrer_filter",
    "metric", "limit",
)  # fmt: skip
Contents = dict[str, set[tuple[object, ...]]]


def registry() -> Contents:
    """All rows of the registry, as the current connection sees them."""
    with connection.cursor() as cursor:
        return {
            table: set(cursor.execute(f"SELECT * FROM registry_{table}").fetchall())
            for table in TABLES
        }


def rows(table: str) -> set[tuple[object, ...]]:
    return registry()[table]


@pytest.fixture
def product(catalog: Settings) -> Product:
    return made.product()


@pytest.fixture
def plan(product: Product) -> ApplicationPlan:
    return made.plan(product)


@pytest.fixture
def application(plan: ApplicationPlan) -> Application:
    return made.application(plan, application_id="app1", user_key="key1")


def test_a_product_is_a_service_and_the_providers_first_is_the_default(product: Product) -> None:
    key = product.provider.provider_key
    second = made.product(product.provider, backend_version="2", referrer_filters_required=True)
    assert rows("service") == {
        (str(product.pk), key, "1", "active", 0, 1, None, None),
        (str(second.pk), key, "2", "active", 1, 0, None, None),
    }


def test_when_the_first_product_goes_the_next_becomes_the_default(product: Product) -> None:
    second = made.product(product.provider)
    Product.objects.filter(pk=product.pk).delete()
    assert rows("service") == {
        (str(second.pk), product.provider.provider_key, "1", "active", 0, 1, None, None)
    }


def test_a_new_provider_key_and_a_suspension_reach_all_services(product: Product) -> None:
    made.product(product.provider)
    product.provider.provider_key = "another"
    product.provider.state = "suspended"
    product.provider.save()
    assert {row[1:4] for row in rows("service")} == {("another", "1", "suspended")}


def test_a_service_token_is_published_replaced_and_withdrawn(product: Product) -> None:
    token = product.service_tokens.get()
    assert rows("service_token") == {(str(product.pk), token.value)}
    token.value = "rotated"
    token.save()
    assert rows("service_token") == {(str(product.pk), "rotated")}
    token.delete()
    assert rows("service_token") == set()


def test_a_method_is_published_under_hits(product: Product) -> None:
    method = made.method(product)
    service, hits = str(product.pk), str(product.hits.pk)
    assert rows("metric") == {
        (service, hits, "hits", ""),
        (service, str(method.pk), "orders", hits),
    }
    method.delete()
    assert rows("metric") == {(service, hits, "hits", "")}


def test_a_backends_metrics_stand_in_each_product_that_uses_it_under_its_hits(
    product: Product,
) -> None:
    other = made.product(product.provider)
    backend = made.backend(product.provider)
    usage = made.use(product, backend)
    made.use(other, backend)
    hits = backend.metrics.get()
    method = made.method(backend)
    published = {row for row in rows("metric") if "." in str(row[2])}
    assert published == {
        (str(user.pk), str(metric.pk), metric.system_name, parent)
        for user in (product, other)
        for metric, parent in ((hits, str(user.hits.pk)), (method, str(hits.pk)))
    }
    usage.delete()
    assert {row[0] for row in rows("metric") if "." in str(row[2])} == {str(other.pk)}


def test_limits_are_published_changed_and_withdrawn(plan: ApplicationPlan) -> None:
    hits = plan.product.hits
    limit = Limit.objects.create(plan=plan, metric=hits, period="day", value=5)
    where = (str(plan.product_id), str(plan.pk), str(hits.pk))
    assert rows("limit") == {(*where, "day", 5)}
    limit.period, limit.value = "hour", 3
    limit.save()
    assert rows("limit") == {(*where, "hour", 3)}
    plan.limits.update(value=9)
    assert rows("limit") == {(*where, "hour", 9)}
    plan.delete()
    assert rows("limit") == set()


def test_limits_on_a_backends_metrics_go_when_it_is_no_longer_used(plan: ApplicationPlan) -> None:
    backend = made.backend(plan.product.provider)
    usage = made.use(plan.product, backend)
    Limit.objects.create(plan=plan, metric=backend.metrics.get(), period="day", value=5)
    usage.delete()
    assert rows("limit") == set()


def test_only_a_live_application_is_active(application: Application) -> None:
    def state() -> object:
        return {row[2] for row in rows("application")}

    assert state() == {"active"}
    application.suspend()
    assert state() == {"suspended"}
    application.resume()
    application.deprecate()
    assert state() == {"deprecated"}


def test_a_changed_user_key_replaces_the_old_one(application: Application) -> None:
    assert rows("user_key") == {(str(application.product_id), "key1", "app1")}
    application.user_key = "key2"
    application.save()
    assert rows("user_key") == {(str(application.product_id), "key2", "app1")}
    Application.objects.update(user_key="key3")
    assert rows("user_key") == {(str(application.product_id), "key3", "app1")}


def test_keys_and_referrer_filters_are_published_and_withdrawn(application: Application) -> None:
    where = (str(application.product_id), "app1")
    key = application.keys.create(value="secret")
    referrer = application.referrer_filters.create(value="*.example.org")
    assert rows("application_key") == {(*where, "secret")}
    assert rows("referrer_filter") == {(*where, "*.example.org")}
    referrer.value = "example.org"
    referrer.save()
    assert rows("referrer_filter") == {(*where, "example.org")}
    key.delete()
    referrer.delete()
    assert rows("application_key") == rows("referrer_filter") == set()


def test_a_plans_name_and_a_change_of_plan_reach_its_applications(
    application: Application, plan: ApplicationPlan
) -> None:
    plan.name = "Gold"
    plan.save()
    assert {row[3:5] for row in rows("application")} == {(str(plan.pk), "Gold")}
    other = made.plan(plan.product, name="Silver")
    application.plan = other
    application.save()
    assert {row[3:5] for row in rows("application")} == {(str(other.pk), "Silver")}


def test_applications_made_in_bulk_are_published(plan: ApplicationPlan) -> None:
    account = made.application(plan).account
    Application.objects.bulk_create(
        Application(account=account, plan=plan, name=str(number), application_id=f"bulk{number}")
        for number in range(1200)
    )
    assert len({row[1] for row in rows("application")}) == 1201
    assert len(rows("user_key")) == 1201


def test_bulk_updates_are_published(plan: ApplicationPlan) -> None:
    made.application(plan), made.application(plan)
    applications = list(Application.objects.all())
    for application in applications:
        application.redirect_url = "https://example.org/"
    Application.objects.bulk_update(applications, ["redirect_url"])
    assert {row[5] for row in rows("application")} == {"https://example.org/"}


def test_nothing_of_a_deleted_product_or_provider_is_left(application: Application) -> None:
    product = application.product
    product.backend_version = "2"
    product.save()
    application.keys.create()
    application.referrer_filters.create(value="a.b")
    made.use(product, made.backend(product.provider))
    Limit.objects.create(plan=application.plan, metric=product.hits, period="day", value=1)
    assert all(registry().values())
    product.delete()
    assert not any(registry().values())
    again = made.product(product.provider)
    again.provider.delete()
    assert not any(registry().values())


def test_an_account_takes_its_applications_out_of_the_registry(application: Application) -> None:
    application.account.delete()
    assert rows("application") == rows("user_key") == set()


CHANGES: dict[str, Callable[[Application], object]] = {
    "saving": lambda application: application.suspend(),
    "creating": lambda application: application.keys.create(),
    "updating": lambda application: Application.objects.update(user_key="other"),
    "deleting": lambda application: application.delete(),
    "making in bulk": lambda application: ReferrerFilter.objects.bulk_create(
        [ReferrerFilter(application=application, value="a.b")]
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_change_and_its_publication_are_taken_back_together(
    application: Application, change: Callable[[Application], object]
) -> None:
    before = registry()
    with transaction.atomic():
        change(Application.objects.get())
        assert registry() != before
        transaction.set_rollback(True)
    assert registry() == before


def test_others_see_a_change_and_its_publication_at_the_same_moment(
    catalog: Settings, application: Application
) -> None:
    other = sqlite3.connect(catalog.database)

    def seen() -> tuple[object, object]:
        return (
            other.execute("SELECT state FROM catalog_application").fetchone()[0],
            other.execute("SELECT state FROM registry_application").fetchone()[0],
        )

    try:
        with transaction.atomic():
            application.suspend()
            assert seen() == ("live", "active")
        assert seen() == ("suspended", "suspended")
    finally:
        other.close()


def test_a_refused_record_changes_neither_catalog_nor_registry(application: Application) -> None:
    before = registry()
    with pytest.raises(Exception, match="has already been taken"):
        made.application(application.plan, user_key="key1")
    assert registry() == before
    assert Application.objects.count() == 1


def test_every_change_is_noted_in_the_journal(application: Application) -> None:
    with connection.cursor() as cursor:
        (before,) = cursor.execute("SELECT max(revision) FROM registry_journal").fetchone()
        application.suspend()
        noted = cursor.execute(
            "SELECT DISTINCT service_id, application_id FROM registry_journal WHERE revision > %s",
            [before],
        ).fetchall()
    assert noted == [(str(application.product_id), "app1")]


def test_what_the_registry_does_not_hold_causes_no_publication(application: Application) -> None:
    def revision() -> int:
        with connection.cursor() as cursor:
            return cursor.execute("SELECT max(revision) FROM registry_journal").fetchone()[0]

    before = revision()
    application.name = "Renamed"
    application.save()
    Application.objects.update(description="x")
    application.plan.state = "published"
    application.plan.save()
    assert revision() == before


def test_rebuilding_restores_the_whole_registry(application: Application) -> None:
    product = application.product
    application.keys.create()
    application.referrer_filters.create(value="a.b")
    made.use(product, made.backend(product.provider))
    Limit.objects.create(plan=application.plan, metric=product.hits, period="day", value=1)
    whole = registry()
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DELETE FROM registry_{table}")
        cursor.execute(
            "INSERT INTO registry_user_key VALUES (%s, 'stale', 'app1')", [str(product.pk)]
        )
        cursor.execute("INSERT INTO registry_service_token VALUES ('foreign', 'token')")
    publish.rebuild_registry()
    whole["service_token"].add(("foreign", "token"))
    assert registry() == whole


def test_every_published_kind_of_record_uses_the_query_set_that_publishes() -> None:
    for model in SOURCES:
        for manager in (model._default_manager, model._base_manager):
            assert isinstance(manager.all(), CatalogQuerySet), model


def test_every_field_on_which_the_registry_depends_exists() -> None:
    for model, source in SOURCES.items():
        assert source.fields <= {field.name for field in model._meta.fields}, model


def test_every_kind_of_record_is_either_published_or_known_not_to_be() -> None:
    private = {
        "AccessToken", "Account", "AccountPlan", "ActiveDoc", "Alert", "AuditEntry", "Backend",
        "ChartAnnotation", "Developer", "Feature", "MappingRule", "PlanFeature", "PlanMetric",
        "PortalSettings", "PricingRule", "Proxy", "ProxyConfig", "SavedView", "SignInAttempt", "User",
    }  # fmt: skip
    published = {model.__name__ for model in SOURCES}
    everything = {model.__name__ for model in apps.get_app_config("catalog").get_models()}
    assert published | private == everything
    assert not published & private


def test_a_change_that_goes_round_the_models_own_transaction_is_refused(product: Product) -> None:
    token = product.service_tokens.get()
    with pytest.raises(transaction.TransactionManagementError):
        models.Model.save_base(token, raw=True)


def test_ids_are_never_used_twice(application: Application) -> None:
    """What the history holds about a deleted application is never taken for a new one's."""
    metric = made.method(application.product)
    keys = (application.pk, metric.pk)
    application.delete()
    metric.delete()
    again = made.application(application.plan)
    method = made.method(application.product)
    assert again.pk > keys[0]
    assert method.pk > keys[1]
    assert ApplicationKey.objects.count() == 0
    assert Metric.objects.filter(pk=keys[1]).count() == 0


def test_the_levels_of_which_anybody_is_told_are_published(product: Product) -> None:
    """Each once, whoever is told; those that nobody is told of any more go."""

    def levels() -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT level FROM registry_alert_limit ORDER BY level")
            return [level for (level,) in cursor.fetchall()]

    product.notification_settings = {"web_provider": [50, 100], "email_buyer": [100, 300]}
    product.save()
    assert levels() == [50, 100, 300]
    product.notification_settings = {"web_buyer": [80]}
    product.save()
    assert levels() == [80]
    for wrong in ({"web_buyer": [81]}, {"nobody": [80]}, {"web_buyer": 80}):
        product.notification_settings = wrong
        with pytest.raises(ValidationError):
            product.save()
    assert levels() == [80]


def test_openid_connect_is_oauth_to_the_listener(product: Product) -> None:
    product.backend_version = "oidc"
    product.save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT backend_version FROM registry_service")
        assert cursor.fetchall() == [("oauth",)]
