"""An older catalog comes through an upgrade with all it had."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import StateApps
from support import catalog_data as made

from tallygate.catalog.models import Account, Product, User
from tallygate.settings import Settings


@pytest.fixture
def first_version(catalog: Settings) -> StateApps:
    """The tables as the first version had them, empty; gives its models."""
    connection.close()
    for part in catalog.home.glob("tallygate.db*"):
        part.unlink()
    return MigrationExecutor(connection).migrate([("catalog", "0001_initial")]).apps


def test_accounts_products_and_users_get_what_new_ones_are_born_with(
    first_version: StateApps,
) -> None:
    old = first_version
    provider = old.get_model("catalog", "Provider").objects.create(name="Acme")
    old.get_model("catalog", "Account").objects.create(provider=provider, org_name="Consumer")
    old.get_model("catalog", "Product").objects.create(provider=provider, name="Echo")
    for name, active in (("ada", True), ("bob", False)):
        old.get_model("catalog", "User").objects.create(
            provider=provider, username=name, is_active=active
        )
    call_command("migrate", verbosity=0)
    account = Account.objects.get()
    assert account.plan.is_default
    assert account.provider.settings.signups_enabled
    assert Product.objects.get().proxy.secret_token
    states = dict(User.objects.values_list("username", "state"))
    assert states == {"ada": "active", "bob": "suspended"}
    assert made.plan(Product.objects.get()).state == "hidden"
