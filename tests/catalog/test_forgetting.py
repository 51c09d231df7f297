"""What goes with an account or an application is found, goes, and is not told by the record of changes any more."""

import json

import pytest
from support import catalog_data as made

from tallygate.catalog import audit, forgetting
from tallygate.catalog.models import (
    Account,
    Application,
    ApplicationKey,
    ApplicationPlan,
    AuditEntry,
    Developer,
    Product,
    ReferrerFilter,
)

NAME = "whom-nobody-shall-know"


@pytest.fixture
def plan(catalog: object) -> ApplicationPlan:
    return made.plan(made.product())


@pytest.fixture
def other(plan: ApplicationPlan) -> Application:
    return made.application(plan, name="other")


@pytest.fixture
def account(plan: ApplicationPlan) -> Account:
    """With a user, an application that was changed, and one that is deleted; all on record."""
    with audit.by(audit.Actor(plan.product.provider, None, "api")):
        account = Account.objects.create(provider=plan.product.provider, org_name=NAME)
        Developer.objects.create(account=account, username=NAME, email=f"{NAME}@example.org")
        former = made.application(plan, account=account, application_id=f"{NAME}-0", name=NAME)
        former.delete()
        one = made.application(plan, account=account, application_id=f"{NAME}-1", name=NAME)
        one.user_key = f"{NAME}-new-key"
        one.save()
        ReferrerFilter.objects.create(application=one, value=f"{NAME}.org")
        ApplicationKey.objects.create(application=one, value=f"{NAME}-key")
    return account


def told() -> str:
    """All that the record of changes tells."""
    return json.dumps(list(AuditEntry.objects.values_list("record_name", "before", "after")))


def ids(found: forgetting.Found) -> set[str]:
    return {consumer.application for consumer in found.consumers}


def test_an_account_goes_with_all_that_it_has_and_had(account: Account, other: Application) -> None:
    entries = AuditEntry.objects.count()
    found = forgetting.of_account(account.pk)
    assert found is not None
    assert ids(found) == {f"{NAME}-0", f"{NAME}-1"}
    assert forgetting.traces(found.records) == {"catalog": 5, "record of changes": entries}
    forgetting.erase(found.records)
    assert forgetting.traces(found.records) == {"catalog": 0, "record of changes": 0}
    assert NAME not in told()
    assert AuditEntry.objects.count() == entries, "that there were changes stays on record"
    assert list(Application.objects.all()) == [other]
    assert list(Account.objects.all()) == [other.account]
    assert forgetting.of_account(account.pk) is None
    forgetting.erase(found.records)


def test_an_account_that_is_deleted_already_is_found_by_its_record(account: Account) -> None:
    number = account.pk
    with audit.by(audit.Actor(account.provider, None, "api")):
        account.delete()
    found = forgetting.of_account(number)
    assert found is not None
    assert ids(found) == {f"{NAME}-0", f"{NAME}-1"}
    forgetting.erase(found.records)
    assert NAME not in told()


def test_an_application_goes_alone(account: Account, other: Application) -> None:
    number = account.applications.get().pk
    found = forgetting.of_application(number)
    assert found is not None
    assert ids(found) == {f"{NAME}-1"}
    assert {f"{NAME}-new-key", "…-key"} < set(found.consumers[0].user_keys)
    forgetting.erase(found.records)
    assert set(Account.objects.all()) == {other.account, account}
    assert list(Application.objects.all()) == [other]
    assert f"{NAME}-1" not in told()
    assert f"{NAME}-0" in told()
    assert forgetting.of_application(number) is None


def test_the_ids_of_the_protocol_name_it_too(account: Account, plan: ApplicationPlan) -> None:
    """Also when it is deleted, or was never in the catalog."""
    product = str(plan.product_id)
    assert forgetting.of_consumer(product, f"{NAME}-0").records["application"] != []
    one = forgetting.of_consumer(product, f"{NAME}-1")
    assert one.records["application"] == [account.applications.get().pk]
    for service in (product, "77", "no number"):
        found = forgetting.of_consumer(service, "never")
        assert [each[:2] for each in found.consumers] == [(service, "never")]
        assert not any(found.records.values())


def test_the_same_id_of_another_product_is_somebody_else(plan: ApplicationPlan) -> None:
    second = made.plan(Product.objects.create(provider=plan.product.provider, name="Second"))
    for under in (plan, second):
        made.application(under, application_id="same-id", account=Account.objects.first())
    found = forgetting.of_consumer(str(plan.product_id), "same-id")
    forgetting.erase(found.records)
    assert [each.product_id for each in Application.objects.all()] == [second.product_id]
