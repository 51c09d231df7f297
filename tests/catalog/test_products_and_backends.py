"""Products, backends and their uses."""

import msgspec
import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from support import catalog_data as made

from tallygate.catalog.errors import DeletionRefused
from tallygate.catalog.models import Backend, Limit, PricingRule, Product

pytestmark = pytest.mark.usefixtures("catalog")


def test_a_product_is_born_with_hits_a_rule_that_counts_every_get_and_a_service_token() -> None:
    product = made.product()
    hits = product.hits
    assert (hits.friendly_name, hits.system_name, hits.unit) == ("Hits", "hits", "hit")
    rule = product.mapping_rules.get()
    assert (rule.http_method, rule.pattern, rule.delta, rule.metric) == ("GET", "/", 1, hits)
    assert len(product.service_tokens.get().value) == 64


def test_products_made_in_bulk_are_born_with_the_same() -> None:
    owner = made.provider()
    products = Product.objects.bulk_create(
        Product(provider=owner, name=f"API {number}") for number in range(3)
    )
    assert [product.hits.unit for product in products] == ["hit"] * 3
    assert [product.system_name for product in products] == ["api_0", "api_1", "api_2"]


def test_a_backend_is_born_with_hits_of_its_own_and_no_rule() -> None:
    backend = made.backend(made.provider())
    assert backend.metrics.get().system_name == f"hits.{backend.pk}"
    assert not backend.mapping_rules.exists()


@pytest.mark.parametrize(
    ("name", "system_name"),
    [("Echo API", "echo_api"), ("Büro-Dienst 2", "buro_dienst_2"), ("a_b", "a_b")],
)
def test_a_system_name_is_made_from_the_name(name: str, system_name: str) -> None:
    assert made.product(name=name).system_name == system_name


def test_a_name_without_usable_letters_gives_a_random_system_name() -> None:
    assert made.product(name="日本").system_name.startswith("service_")


def test_the_same_name_twice_gives_two_system_names() -> None:
    owner = made.provider()
    assert made.product(owner).system_name == "echo"
    assert made.product(owner).system_name == "echo_2"


def test_a_given_system_name_is_taken_once_per_provider() -> None:
    owner = made.provider()
    made.product(owner, system_name="echo")
    with pytest.raises(ValidationError) as refused:
        made.product(owner, system_name="echo")
    assert refused.value.message_dict == {"system_name": ["has already been taken"]}
    made.product(made.provider(), system_name="echo")


def test_a_system_name_never_changes() -> None:
    product = made.product(system_name="echo")
    product.system_name = "other"
    product.save()
    product.refresh_from_db()
    assert product.system_name == "echo"
    with pytest.raises(ValueError, match="system_name cannot change"):
        Product.objects.update(system_name="other")
    with pytest.raises(ValueError, match="provider cannot change"):
        Product.objects.update(provider_id=made.provider().pk)


def test_all_metrics_are_those_of_the_product_and_of_the_backends_that_it_uses() -> None:
    owner = made.provider()
    used, _unused = made.backend(owner), made.backend(owner, name="Other")
    product = made.product(owner)
    made.use(product, used)
    made.method(product)
    names = list(product.all_metrics().values_list("system_name", flat=True))
    assert names == ["hits", "orders", f"hits.{used.pk}"]


def test_a_backend_is_used_once_per_product_and_a_path_is_taken_once() -> None:
    product = made.product()
    first, second = made.backend(product.provider), made.backend(product.provider, name="Other")
    assert made.use(product, first, "stock/").path == "/stock"
    with pytest.raises(ValidationError) as twice:
        made.use(product, first, "/elsewhere")
    assert twice.value.message_dict == {"backend": ["has already been taken"]}
    with pytest.raises(ValidationError) as taken:
        made.use(product, second, "/stock")
    assert taken.value.message_dict == {
        "path": ["This path is already taken. Specify a different path."]
    }


def test_another_providers_backend_cannot_be_used() -> None:
    with pytest.raises(ValidationError) as refused:
        made.use(made.product(), made.backend(made.provider()))
    assert refused.value.message_dict == {"backend": ["not found"]}


def test_a_backend_in_use_cannot_be_deleted() -> None:
    product = made.product()
    backend = made.backend(product.provider)
    usage = made.use(product, backend)
    for deletion in (backend.delete, Backend.objects.all().delete):
        with pytest.raises(DeletionRefused, match="it is used by at least one Product"):
            deletion()
    usage.delete()
    backend.delete()


def test_when_a_backend_is_no_longer_used_the_plans_have_no_terms_on_its_metrics() -> None:
    product = made.product()
    backend = made.backend(product.provider)
    usage = made.use(product, backend)
    plan = made.plan(product)
    for metric in product.all_metrics():
        Limit.objects.create(plan=plan, metric=metric, period="day", value=1)
        PricingRule.objects.create(plan=plan, metric=metric, cost_per_unit="0.1")
    usage.delete()
    assert [limit.metric for limit in plan.limits.all()] == [product.hits]
    assert [price.metric for price in plan.pricing_rules.all()] == [product.hits]


@pytest.mark.parametrize("endpoint", ["", "stock", "ftp://stock", "http://", "http://a b"])
def test_a_backends_endpoint_is_an_http_or_websocket_url(endpoint: str) -> None:
    with pytest.raises(ValidationError) as refused:
        made.backend(made.provider(), private_endpoint=endpoint)
    assert list(refused.value.message_dict) == ["private_endpoint"]


def test_deleting_a_provider_takes_everything_of_theirs_along() -> None:
    product = made.product()
    made.use(product, made.backend(product.provider))
    made.application(made.plan(product))
    product.provider.delete()
    assert not Product.objects.exists()


@pytest.mark.parametrize("zone", ["Europe/Madrid", "Asia/Kathmandu", "UTC"])
def test_a_providers_zone_is_any_iana_zone(zone: str) -> None:
    assert made.provider(time_zone=zone).time_zone == zone


@pytest.mark.parametrize(
    "zone", ["", "Madrid", "../../etc/passwd", "/etc/passwd", "Europe", "a\0b"]
)
def test_what_is_not_a_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError) as refused:
        made.provider(time_zone=zone)
    assert list(refused.value.message_dict) == ["time_zone"]


@pytest.mark.parametrize(
    ("template", "address"),
    [
        ("", ""),
        ("https://{product}.staging.example.com", "https://own-api.staging.example.com"),
        ("http://{loopback}:8080", "http://127.1.0.2:8080"),
    ],
)
def test_a_new_product_gets_its_staging_address_from_the_setting(
    monkeypatch: pytest.MonkeyPatch, template: str, address: str
) -> None:
    """By its name, or with a loopback address that no other product has; without the setting it has none."""
    changed = msgspec.structs.replace(django_settings.TALLYGATE, gateway_url=template)
    monkeypatch.setattr(django_settings, "TALLYGATE", changed)
    product = Product.objects.create(
        pk=65_538, provider=made.provider(), name="Own API", system_name="own_api"
    )
    assert product.proxy.sandbox_endpoint == address
