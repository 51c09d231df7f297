"""Who changed what is on record, in the transaction of the change."""

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from support import catalog_data as made

from tallygate.catalog import audit
from tallygate.catalog.models import (
    AccessToken,
    Application,
    ApplicationKey,
    AuditEntry,
    MappingRule,
    Product,
    Provider,
    User,
)


@pytest.fixture
def product(catalog: object) -> Product:
    return made.product()


@pytest.fixture
def actor(product: Product) -> audit.Actor:
    user = User.objects.create_user(product.provider, "ada", "correct horse", role="admin")
    return audit.Actor(product.provider, user, "api")


def entries() -> list[AuditEntry]:
    return list(AuditEntry.objects.order_by("pk"))


def test_nothing_is_recorded_where_nobody_says_who_they_are(product: Product) -> None:
    product.name = "Other"
    product.save()
    assert not entries()


def test_a_change_is_recorded_with_who_what_before_and_after(
    product: Product, actor: audit.Actor
) -> None:
    with audit.by(actor):
        product.name = "Other"
        product.save()
    (entry,) = entries()
    assert (entry.actor_id, entry.actor_name, entry.via) == (actor.user.pk, "ada", "api")
    assert (entry.action, entry.kind, entry.record_id) == ("update", "product", product.pk)
    assert (entry.record_name, entry.before, entry.after) == (
        "Other",
        {"name": "Echo"},
        {"name": "Other"},
    )
    assert entry.provider == product.provider
    assert entry.at is not None


def test_saving_what_is_the_same_is_no_change(product: Product, actor: audit.Actor) -> None:
    with audit.by(actor):
        product.save()
        Product.objects.filter(pk=product.pk).update(name=product.name)
    assert not entries()


def test_a_creation_has_no_before_and_a_deletion_no_after(
    product: Product, actor: audit.Actor
) -> None:
    with audit.by(actor):
        plan = made.plan(product, name="Gold")
        plan.delete()
    first, last = entries()
    assert (first.action, first.before, first.after["name"]) == ("create", None, "Gold")
    assert (last.action, last.before["name"], last.after) == ("delete", "Gold", None)
    assert last.record_id == first.record_id


def test_what_comes_along_with_a_change_has_no_entry_of_its_own(
    product: Product, actor: audit.Actor
) -> None:
    """A product is born with metric, rule, token and proxy; they go with it; rules make room."""
    with audit.by(actor):
        other = made.product(product.provider, name="New")
        rule = MappingRule.objects.create(
            product=other, metric=other.hits, http_method="GET", pattern="/x", position=1
        )
        rule.delete()
        other.delete()
    assert [(entry.action, entry.kind) for entry in entries()] == [
        ("create", "product"),
        ("create", "mappingrule"),
        ("delete", "mappingrule"),
        ("delete", "product"),
    ]


def test_changes_of_many_at_once_are_recorded_one_by_one(
    product: Product, actor: audit.Actor
) -> None:
    plan = made.plan(product)
    applications = [made.application(plan, name=f"App {number}") for number in range(3)]
    with audit.by(actor):
        Application.objects.filter(plan=plan).update(state="suspended")
        Application.objects.filter(plan=plan).delete()
    recorded = entries()
    assert [entry.action for entry in recorded] == ["update"] * 3 + ["delete"] * 3
    assert {entry.record_id for entry in recorded[:3]} == {each.pk for each in applications}
    assert all(entry.after == {"state": "suspended"} for entry in recorded[:3])


def test_what_was_taken_back_is_not_on_record(product: Product, actor: audit.Actor) -> None:
    with audit.by(actor):
        with transaction.atomic():
            product.name = "Other"
            product.save()
            transaction.set_rollback(True)
        with pytest.raises(ValidationError):
            made.plan(product, name="")
    assert not entries()


def test_of_secrets_the_record_has_the_tail_and_of_hashes_nothing(
    product: Product, actor: audit.Actor
) -> None:
    application = made.application(made.plan(product))
    with audit.by(actor):
        application.user_key = "0123456789"
        application.save()
        key = ApplicationKey.objects.create(application=application)
        actor.user.set_password("another password")
        actor.user.save()
        token, value = AccessToken.issue(actor.user, "x", ["stats"], "ro")
    changed, added, user, issued = entries()
    assert changed.after == {"user_key": "…6789"}
    assert added.after["value"] == f"…{key.value[-4:]}"
    assert (user.before, user.after) == ({"password": "…"}, {"password": "…"})
    assert issued.after["digest"] == "…"
    stored = repr([(entry.before, entry.after) for entry in entries()])
    assert key.value not in stored
    assert value not in stored
    assert token.digest not in stored


def test_the_record_outlives_the_user_who_made_it(product: Product, actor: audit.Actor) -> None:
    User.objects.create_user(product.provider, "bob", "correct horse", role="admin")
    with audit.by(actor):
        product.name = "Other"
        product.save()
    User.objects.get(username="ada").delete()
    assert [entry.actor_name for entry in entries()] == ["ada"]


def test_the_provider_key_is_an_actor_without_a_user(product: Product) -> None:
    with audit.by(audit.Actor(product.provider, None, "api")):
        product.name = "Other"
        product.save()
    (entry,) = entries()
    assert (entry.actor_id, entry.actor_name) == (None, "provider key")


def test_every_kind_of_record_can_be_recorded(product: Product, actor: audit.Actor) -> None:
    """What the record holds of each kind of new record is JSON."""
    with audit.by(actor):
        provider = Provider.objects.create(name="Another")
    assert [entry.kind for entry in entries()] == ["provider"]
    assert entries()[0].after["provider_key"] == f"…{provider.provider_key[-4:]}"
