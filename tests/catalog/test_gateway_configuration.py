"""What gateways are told of a product, and when they are told something new."""

import pytest
from django.core.exceptions import ValidationError
from support import catalog_data as made

from tallygate.catalog.deployment import deploy
from tallygate.catalog.errors import DeletionRefused
from tallygate.catalog.models import Backend, MappingRule, Metric, Product, ProxyConfig

LISTENER = "https://listener.example:3001"


@pytest.fixture
def product(catalog: object) -> Product:
    return made.product(name="Echo API")


def rule(of: Product | Backend, metric: Metric, pattern: str, **values: object) -> MappingRule:
    owner = {"product": of} if isinstance(of, Product) else {"backend": of}
    return MappingRule.objects.create(
        **owner, metric=metric, http_method="GET", pattern=pattern, **values
    )


def deployed(product: Product) -> ProxyConfig:
    made = deploy(Product.objects.get(pk=product.pk), LISTENER, None)
    assert made is not None
    return made


def versions(product: Product, environment: str = "sandbox") -> list[int]:
    found = product.proxy_configs.filter(environment=environment).order_by("pk")
    return list(found.values_list("version", flat=True))


def refusal(error: "pytest.ExceptionInfo[ValidationError]") -> dict[str, list[str]]:
    return error.value.message_dict


def test_a_product_is_born_with_a_proxy(product: Product) -> None:
    proxy = product.proxy
    assert (proxy.credentials_location, proxy.auth_user_key) == ("query", "user_key")
    assert proxy.secret_token.startswith("Shared_secret_sent_from_proxy_to_API_backend_")
    assert [policy["name"] for policy in proxy.policies_config] == ["apicast"]
    assert proxy.api_backend is None


def test_naming_the_address_of_a_backend_makes_one_and_then_changes_it(product: Product) -> None:
    product.proxy.set_api_backend("https://echo.example:443")
    usage = product.backend_usages.get()
    assert (usage.path, usage.backend.name) == ("/", "Echo API Backend")
    assert product.proxy.api_backend == "https://echo.example:443"
    product.proxy.set_api_backend("https://other.example")
    assert Backend.objects.get().private_endpoint == "https://other.example"
    with pytest.raises(ValidationError) as refused:
        product.proxy.set_api_backend("echo")
    assert list(refusal(refused)) == ["private_endpoint"]


def test_a_product_without_a_backend_has_no_configuration(product: Product) -> None:
    assert deploy(product, LISTENER, None) is None


def test_a_new_version_is_made_when_something_has_changed_and_not_before(
    product: Product,
) -> None:
    backend = made.backend(product.provider)
    made.use(product, backend)
    assert deployed(product).version == 1
    assert deployed(product).version == 1
    changes = (
        lambda: rule(product, product.hits, "/x"),
        lambda: rule(backend, backend.metrics.get(), "/y"),
        lambda: move(backend),
        lambda: Product.objects.filter(pk=product.pk).update(backend_version="2"),
    )
    for number, change in enumerate(changes, start=2):
        change()
        assert deployed(product).version == number
        assert deployed(product).version == number
    assert versions(product) == [1, 2, 3, 4, 5]


def move(backend: Backend) -> None:
    backend.private_endpoint = "http://moved.internal"
    backend.save()


def test_what_a_gateway_reads_of_a_product_with_one_backend(product: Product) -> None:
    proxy = product.proxy
    proxy.endpoint = "https://api.example:443"
    proxy.sandbox_endpoint = "https://staging.example/x"
    proxy.save()
    made.use(product, made.backend(product.provider, private_endpoint="http://stock.internal"))
    content = deployed(product).content
    assert content["id"] == product.pk
    assert content["backend_version"] == "1"
    assert content["backend_authentication_type"] == "service_token"
    assert content["backend_authentication_value"] == product.service_tokens.get().value
    told = content["proxy"]
    assert told["hosts"] == ["api.example", "staging.example"]
    assert told["api_backend"] == "http://stock.internal"
    assert told["backend"] == {"endpoint": LISTENER, "host": "listener.example:3001"}
    assert told["policy_chain"] == [{"name": "apicast", "version": "builtin", "configuration": {}}]
    assert told["error_status_limits_exceeded"] == 429
    (only,) = told["proxy_rules"]
    assert (only["http_method"], only["pattern"], only["delta"]) == ("GET", "/", 1)
    assert (only["metric_system_name"], only["last"]) == ("hits", False)
    assert (only["owner_type"], only["owner_id"]) == ("Proxy", proxy.pk)


def test_backends_under_paths_are_routed_longest_path_first(product: Product) -> None:
    one, two = (made.backend(product.provider, name=name) for name in ("One", "Two"))
    made.use(product, one, "/bin")
    made.use(product, two, "/bin/lib")
    rule(two, two.metrics.get(), "/p/{id}?a={x}&b=1")
    told = deployed(product).content["proxy"]
    assert told["api_backend"] is None
    routing, apicast = told["policy_chain"]
    assert (routing["name"], apicast["name"]) == ("routing", "apicast")
    longest, shortest = routing["configuration"]["rules"]
    assert longest == {
        "url": "http://stock.internal",
        "owner_id": two.pk,
        "owner_type": "BackendApi",
        "condition": {
            "operations": [{"match": "path", "op": "matches", "value": "^(/bin/lib/.*|/bin/lib/?)"}]
        },
        "replace_path": "{{uri | remove_first: '/bin/lib'}}",
    }
    assert shortest["owner_id"] == one.pk
    own, behind = told["proxy_rules"]
    assert own["pattern"] == "/"
    assert behind["pattern"] == "/bin/lib/p/{id}?a={x}&b=1"
    assert behind["metric_system_name"] == f"hits.{two.pk}"
    assert behind["parameters"] == ["id"]
    assert behind["querystring_parameters"] == {"a": "{x}", "b": "1"}
    assert (behind["owner_type"], behind["owner_id"]) == ("BackendApi", two.pk)


def test_policies_that_are_not_enabled_are_not_told(product: Product) -> None:
    made.use(product, made.backend(product.provider))
    logging = {"name": "logging", "version": "builtin", "configuration": {}}
    product.proxy.policies_config = [
        {**logging, "enabled": False},
        *product.proxy.policies_config,
        {**logging, "enabled": True},
    ]
    product.proxy.save()
    chain = deployed(product).content["proxy"]["policy_chain"]
    assert [policy["name"] for policy in chain] == ["apicast", "logging"]


@pytest.mark.parametrize(
    "wrong",
    [
        "apicast",
        [],
        ["apicast"],
        [{"name": "apicast"}],
        [{"name": "apicast", "version": "builtin"}],
        [{"name": "logging", "version": "builtin", "configuration": {}}],
        [{"name": "apicast", "version": "builtin", "configuration": {}}] * 101,
    ],
)
def test_policies_have_a_name_a_version_and_a_configuration(
    product: Product, wrong: object
) -> None:
    product.proxy.policies_config = wrong
    with pytest.raises(ValidationError) as refused:
        product.proxy.save()
    assert list(refusal(refused)) == ["policies_config"]


def test_gateways_of_openid_connect_are_told_of_oauth_and_the_issuer(product: Product) -> None:
    made.use(product, made.backend(product.provider))
    product.backend_version = "oidc"
    product.save()
    product.proxy.oidc_issuer_endpoint = "https://id.example/realm"
    product.proxy.save()
    content = deployed(product).content
    assert content["backend_version"] == "oauth"
    assert content["proxy"]["authentication_method"] == "oidc"
    assert content["proxy"]["oidc_issuer_endpoint"] == "https://id.example/realm"


def test_a_version_is_promoted_once_and_keeps_its_number(product: Product) -> None:
    made.use(product, made.backend(product.provider))
    deployed(product)
    rule(product, product.hits, "/x")
    second = deployed(product)
    promoted = second.promote("production", None)
    assert (promoted.version, promoted.content) == (2, second.content)
    assert (versions(product), versions(product, "production")) == ([1, 2], [2])
    with pytest.raises(ValidationError) as again:
        second.promote("production", None)
    assert refusal(again) == {"version": ["has already been taken"]}
    with pytest.raises(ValidationError) as nowhere:
        second.promote("moon", None)
    assert list(refusal(nowhere)) == ["environment"]


def test_the_latest_of_many_products_is_the_highest_version_of_each(product: Product) -> None:
    other = made.product(product.provider)
    for each in (product, other):
        made.use(each, made.backend(product.provider))
        deployed(each)
    rule(product, product.hits, "/x")
    deployed(product)
    product.proxy_configs.get(version=2).promote("production", None)
    product.proxy_configs.get(environment="sandbox", version=1).promote("production", None)
    assert [each.version for each in ProxyConfig.latest(environment="production")] == [2]
    found = ProxyConfig.latest(environment="sandbox")
    assert {(each.product_id, each.version) for each in found} == {(product.pk, 2), (other.pk, 1)}


def test_what_the_latest_configuration_counts_on_stays(product: Product) -> None:
    backend = made.backend(product.provider)
    made.use(product, backend)
    own, behind = made.method(product), made.method(backend)
    rules = [rule(product, own, "/own"), rule(backend, behind, "/behind")]
    deployed(product).promote("production", None)
    for each in rules:
        each.delete()
    for metric in (own, behind):
        with pytest.raises(DeletionRefused, match="Method is used by the latest gateway"):
            metric.delete()
    deployed(product)
    with pytest.raises(DeletionRefused, match="latest gateway"):  # still in production
        own.delete()
    deployed(product).promote("production", None)
    own.delete()
    behind.delete()


def test_a_metric_that_was_never_deployed_goes_with_its_rules(product: Product) -> None:
    metric = made.method(product)
    rule(product, metric, "/x")
    metric.delete()
    assert product.mapping_rules.count() == 1


def test_an_owner_goes_with_what_was_deployed_of_it(product: Product) -> None:
    made.use(product, made.backend(product.provider))
    deployed(product)
    product.delete()
    assert not ProxyConfig.objects.exists()
