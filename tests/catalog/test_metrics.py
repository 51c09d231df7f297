"""Metrics and methods."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from support import catalog_data as made

from tallygate.catalog.errors import DeletionRefused
from tallygate.catalog.models import Limit, Metric, Product

pytestmark = pytest.mark.usefixtures("catalog")


@pytest.fixture
def product(catalog: object) -> Product:
    return made.product()


def test_a_metric_needs_a_friendly_name_and_a_unit(product: Product) -> None:
    with pytest.raises(ValidationError) as refused:
        Metric.objects.create(product=product)
    assert refused.value.message_dict["friendly_name"] == ["can't be blank"]
    assert refused.value.message_dict["unit"] == ["can't be blank"]


@pytest.mark.parametrize("name", ["a\0b", "a\x1bb", "a\ud800b", "a\uffffb"])
def test_what_no_answer_can_hold_is_refused(product: Product, name: str) -> None:
    """A name goes into XML, which has no control characters and no half characters."""
    with pytest.raises(ValidationError) as refused:
        Metric.objects.create(product=product, friendly_name=name, unit="1", system_name="ab")
    assert refused.value.message_dict == {"friendly_name": ["must have no control characters"]}


@pytest.mark.parametrize("name", ["a", "a b", "a.b", "-ab", "/ab", "é1", "x" * 256, "ab\n"])
def test_a_system_name_of_another_form_is_refused(product: Product, name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Metric.objects.create(product=product, friendly_name="M", unit="1", system_name=name)
    assert list(refused.value.message_dict) == ["system_name"]


@pytest.mark.parametrize("name", ["ab", "_a", "users/create", "a-b_c", "42"])
def test_letters_digits_underscores_hyphens_and_slashes_are_accepted(
    product: Product, name: str
) -> None:
    metric = Metric.objects.create(product=product, friendly_name="M", unit="1", system_name=name)
    assert metric.system_name == name


def test_names_are_unique_in_their_owner_and_case_counts(product: Product) -> None:
    Metric.objects.create(product=product, friendly_name="Hits out", system_name="out", unit="1")
    Metric.objects.create(product=product, friendly_name="hits out", system_name="Out", unit="1")
    with pytest.raises(ValidationError) as refused:
        Metric.objects.create(
            product=product, friendly_name="Hits out", system_name="out", unit="1"
        )
    assert refused.value.message_dict == {
        "friendly_name": ["has already been taken"],
        "system_name": ["has already been taken"],
    }
    other = made.product(product.provider)
    Metric.objects.create(product=other, friendly_name="Hits out", system_name="out", unit="1")


def test_a_backends_metric_carries_the_backends_id_and_saving_again_adds_nothing() -> None:
    backend = made.backend(made.provider())
    metric = Metric.objects.create(backend=backend, friendly_name="Orders", unit="order")
    assert metric.system_name == f"orders.{backend.pk}"
    assert metric.own_name == "orders"
    metric.save()
    assert metric.system_name == f"orders.{backend.pk}"
    given = f"sent.{backend.pk}"
    again = Metric.objects.create(
        backend=backend, friendly_name="Sent", system_name=given, unit="1"
    )
    assert again.system_name == given


def test_a_method_stands_under_hits_and_has_its_unit(product: Product) -> None:
    method = made.method(product)
    assert (method.parent, method.unit, method.system_name) == (product.hits, "hit", "orders")
    hits = product.hits
    hits.unit = "call"
    hits.save()
    method.refresh_from_db()
    assert method.unit == "call"
    method.unit = "other"
    method.save()
    assert method.unit == "call"


def test_methods_only_under_hits_of_the_same_owner_and_one_level_deep(product: Product) -> None:
    other = Metric.objects.create(product=product, friendly_name="Other", unit="1")
    backend = made.backend(product.provider)
    for parent in (other, made.method(product), backend.metrics.get(), made.product().hits):
        with pytest.raises(ValidationError) as refused:
            Metric.objects.create(product=product, parent=parent, friendly_name="M")
        assert refused.value.message_dict == {
            "parent": ["You can only create methods under 'hits'"]
        }


def test_a_metric_has_exactly_one_owner(product: Product) -> None:
    backend = made.backend(product.provider)
    for owners in ({}, {"product": product, "backend": backend}):
        with pytest.raises(ValidationError, match="either a product or a backend"):
            Metric.objects.create(friendly_name="M", unit="1", system_name="mm", **owners)
        with pytest.raises(IntegrityError):
            Metric.objects.bulk_create(
                [Metric(friendly_name="M", unit="1", system_name="mm", **owners)]
            )


def test_hits_cannot_be_deleted_one_by_one_or_in_bulk(product: Product) -> None:
    backend = made.backend(product.provider)
    for deletion in (
        product.hits.delete,
        backend.metrics.get().delete,
        Metric.objects.all().delete,
    ):
        with pytest.raises(DeletionRefused, match="The Hits metric cannot be deleted"):
            deletion()
    assert Metric.objects.count() == 2


def test_hits_go_with_their_product(product: Product) -> None:
    product.delete()
    assert not Metric.objects.exists()


def test_deleting_a_metric_takes_its_limits_and_mapping_rules_along(product: Product) -> None:
    method = made.method(product)
    limit = Limit.objects.create(plan=made.plan(product), metric=method, period="day", value=1)
    rule = product.mapping_rules.create(metric=method, http_method="GET", pattern="/orders")
    method.delete()
    assert not Limit.objects.filter(pk=limit.pk).exists()
    assert not product.mapping_rules.filter(pk=rule.pk).exists()


def test_owner_parent_and_system_name_never_change(product: Product) -> None:
    method = made.method(product)
    method.product, method.parent, method.system_name = made.product(), None, "other"
    method.save()
    method.refresh_from_db()
    assert (method.product, method.parent, method.system_name) == (product, product.hits, "orders")
