"""Whatever is done to the catalog, in any order: the registry is what a rebuild would make of it."""

import random
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from support import catalog_data as made

from tallygate.catalog import publish
from tallygate.catalog.errors import DeletionRefused
from tallygate.catalog.models import (
    Account,
    Application,
    ApplicationKey,
    ApplicationPlan,
    Backend,
    BackendUsage,
    Limit,
    Metric,
    Product,
    Provider,
    ReferrerFilter,
    ServiceToken,
)
from tallygate.registry.records import PERIODS

STEPS = 60
TABLES = (
    "service", "service_token", "application", "user_key", "application_key", "referrer_filter",
    "metric", "limit",
)  # fmt: skip


def registry() -> dict[str, list[tuple[object, ...]]]:
    with connection.cursor() as cursor:
        return {
            table: sorted(cursor.execute(f"SELECT * FROM registry_{table}").fetchall())
            for table in TABLES
        }


class Provoker:
    """Does one thing at random; what the rules refuse is refused."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.actions: list[Callable[[], object]] = [
            self.add_product, self.add_backend, self.use_backend, self.add_metric, self.add_plan,
            self.add_limit, self.add_application, self.add_many_applications, self.add_key,
            self.add_filter, self.add_token, self.change_one, self.change_one, self.change_many,
            self.delete_one, self.delete_many,
        ]  # fmt: skip

    def step(self) -> str:
        action = self.random.choice(self.actions)
        try:
            action()
        except (ValidationError, IntegrityError, DeletionRefused, IndexError) as error:
            return f"{action.__name__}: {error}"
        return action.__name__

    def any(self, model: type) -> object:
        return self.random.choice(list(model.objects.all()))  # type: ignore[attr-defined]

    def word(self) -> str:
        return f"word-{self.random.randrange(10**9)}"

    def add_product(self) -> None:
        version = self.random.choice(["1", "2", "oauth"])
        made.product(self.any(Provider), name=self.word(), backend_version=version)

    def add_backend(self) -> None:
        made.backend(self.any(Provider), name=self.word())

    def use_backend(self) -> None:
        made.use(self.any(Product), self.any(Backend), self.word())

    def add_metric(self) -> None:
        owner = self.any(self.random.choice([Product, Backend]))
        if self.random.random() < 0.5:
            made.method(owner, self.word())
        else:
            owner.metrics.create(friendly_name=self.word(), unit="1")

    def add_plan(self) -> None:
        made.plan(self.any(Product), name=self.word())

    def add_limit(self) -> None:
        plan = self.any(ApplicationPlan)
        metric = self.random.choice(list(plan.product.all_metrics()))
        period = self.random.choice(PERIODS)
        Limit.objects.create(plan=plan, metric=metric, period=period, value=5)

    def add_application(self) -> None:
        made.application(self.any(ApplicationPlan), name=self.word())

    def add_many_applications(self) -> None:
        plan = self.any(ApplicationPlan)
        account = Account.objects.create(provider=plan.product.provider, org_name="Many")
        Application.objects.bulk_create(
            Application(account=account, plan=plan, name=str(number)) for number in range(3)
        )

    def add_key(self) -> None:
        self.any(Application).keys.create()

    def add_filter(self) -> None:
        self.any(Application).referrer_filters.create(value=self.word())

    def add_token(self) -> None:
        self.any(Product).service_tokens.create()

    def change_one(self) -> None:
        record, field, value = self.change()
        setattr(record, field, value)
        record.save()

    def change_many(self) -> None:
        record, field, value = self.change()
        records = type(record).objects.all()
        if field in ("user_key", "provider_key", "period") or type(record) is ServiceToken:
            records = records.filter(pk=record.pk)  # unique
        records.update(**{field: value})

    def change(self) -> tuple[object, str, object]:
        model, field, value = self.random.choice(
            [
                (Provider, "provider_key", self.word()),
                (Provider, "state", self.random.choice(Provider.State.values)),
                (Product, "backend_version", self.random.choice(["1", "2", "oauth"])),
                (Product, "referrer_filters_required", self.random.random() < 0.5),
                (ApplicationPlan, "name", self.word()),
                (Application, "state", self.random.choice(Application.State.values)),
                (Application, "user_key", self.word()),
                (Application, "redirect_url", self.word()),
                (Limit, "value", self.random.randrange(100)),
                (Limit, "period", self.random.choice(PERIODS)),
                (ServiceToken, "value", self.word()),
            ]
        )
        return self.any(model), field, value

    def delete_one(self) -> None:
        self.any(self.kind_to_delete()).delete()

    def delete_many(self) -> None:
        model = self.kind_to_delete()
        keys = [record.pk for record in model.objects.all() if self.random.random() < 0.2]
        model.objects.filter(pk__in=keys).delete()

    def kind_to_delete(self) -> type:
        return self.random.choice(
            [
                Product, Backend, BackendUsage, Metric, ApplicationPlan, Limit, Application,
                ApplicationKey, ReferrerFilter, ServiceToken, Account,
            ]
        )  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_the_registry_is_what_a_rebuild_would_make(catalog: object, seed: int) -> None:
    made.provider(), made.provider()
    provoker = Provoker(seed)
    done = []
    for _ in range(STEPS):
        done.append(provoker.step())
        before = registry()
        publish.rebuild_registry()
        assert registry() == before, done
    assert sum(map(len, registry().values())) > 0
