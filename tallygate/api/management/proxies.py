"""A product's proxy, its policies, and what gateways are told."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from tallygate.api.management.answer import Answer, Done, Listed, Shown
from tallygate.api.management.call import Call
from tallygate.api.management.endpoint import JSON_ONLY, Endpoint
from tallygate.api.management.parameter import Kind, Parameter
from tallygate.api.management.records import fill
from tallygate.api.management.representation import (
    CREATED_AT,
    UPDATED_AT,
    Representation,
    Value,
    field,
)
from tallygate.api.parameters import MissingParameter
from tallygate.catalog import deployment
from tallygate.catalog.access import NotFound, Refused, number_of
from tallygate.catalog.models import Proxy, ProxyConfig
from tallygate.catalog.models.proxy_config import ENVIRONMENTS

LATEST = "latest"


class UnknownEnvironment(Refused):
    status = 400
    body = {"error": "invalid environment"}


class UnknownEnvironmentOfAccount(UnknownEnvironment):
    status = 422


def _is_oidc(proxy: Proxy) -> bool:
    return proxy.product.backend_version == "oidc"


_TEXTS = (
    "endpoint", "credentials_location", "auth_app_key", "auth_app_id", "auth_user_key",
    "error_auth_failed", "error_headers_auth_failed",
    "error_auth_missing", "error_headers_auth_missing",
    "error_no_match", "error_headers_no_match",
    "error_limits_exceeded", "error_headers_limits_exceeded",
    "secret_token", "hostname_rewrite", "oauth_login_url", "sandbox_endpoint", "api_test_path",
)  # fmt: skip
_STATUSES = (
    "error_status_auth_failed", "error_status_auth_missing", "error_status_no_match",
    "error_status_limits_exceeded",
)  # fmt: skip
_OIDC = (
    "oidc_issuer_endpoint", "oidc_issuer_type", "jwt_claim_with_client_id",
    "jwt_claim_with_client_id_type",
)  # fmt: skip

# It has no id: there is one in each product, and clients put an id that they see into the path.
PROXY = Representation(
    "proxy",
    "proxies",
    (
        field("service_id", int, "product_id"),
        field("api_backend", null=True),
        *(field(name) for name in _TEXTS),
        *(field(name, int) for name in _STATUSES),
        field("deployment_option", str, "product.deployment_option"),
        field("policies_config", list[dict], only="json"),
        field("lock_version", int),
        *(field(name, when=_is_oidc) for name in _OIDC),
        CREATED_AT,
        UPDATED_AT,
    ),
    links=(
        ("mapping_rules", lambda of: f"services/{of.product_id}/proxy/mapping_rules"),
        ("self", lambda of: f"services/{of.product_id}/proxy"),
        ("service", lambda of: f"services/{of.product_id}"),
    ),
)
PROXY_CONFIG = Representation(
    "proxy_config",
    "proxy_configs",
    (
        field("id", int, "pk"),
        field("version", int),
        field("environment"),
        field("content", dict),
    ),
)

POLICIES = Value("policies_config", list[dict])

LOCK_VERSION = Parameter(
    "lock_version",
    Kind.INTEGER,
    "That of the proxy as it was read: another change since then is refused (409).",
    attribute=None,
)
PROXY_PARAMETERS = (
    Parameter("api_backend", attribute=None, description="The address of its backend at /; makes one if it has none."),
    *(Parameter(name) for name in (*_TEXTS, *_OIDC)),
    *(Parameter(name, Kind.INTEGER) for name in _STATUSES),
    LOCK_VERSION,
)  # fmt: skip
POLICIES_PARAMETERS = (
    Parameter("policies_config", Kind.JSON, "All policies, in their order.", required=True),
)
CONFIG_PARAMETERS = (
    Parameter("host", attribute=None, description="Only products with this host."),
    Parameter("version", attribute=None, description="A number, or latest."),
)
PROMOTE_PARAMETERS = (
    Parameter("to", attribute=None, required=True, choices=("sandbox", "production")),
)


def show(call: Call) -> Answer:
    return Shown(PROXY, call.product.proxy)


def update(call: Call) -> Answer:
    """Each change counts, also one to what was there: gateways get a new version."""
    proxy = call.product.proxy
    if call.given.get("lock_version", proxy.lock_version) != proxy.lock_version:
        return Done(409)
    if set(call.given) - {"lock_version"} or call.given.problems:
        _save(proxy, call)
    return Shown(PROXY, proxy)


def deploy(call: Call) -> Answer:
    deployment.deploy(call.product, call.listener_url, call.asker.user)
    return Shown(PROXY, call.product.proxy, status=201)


def policies(call: Call) -> Answer:
    return Shown(POLICIES, call.product.proxy.policies_config)


def update_policies(call: Call) -> Answer:
    proxy = call.product.proxy
    if "policies_config" not in call.given and not call.given.problems:
        raise MissingParameter("policies_config")
    _save(proxy, call)
    return policies(call)


def configs(call: Call) -> Answer:
    """All versions of an environment, the oldest first."""
    return Listed(PROXY_CONFIG, list(_of_product(call).order_by("version")))


def latest(call: Call) -> Answer:
    return _shown(_of_product(call).order_by("-version").first())


def version(call: Call) -> Answer:
    return _shown(_version(call))


def promote(call: Call) -> Answer:
    found = _version(call)
    if found is None:
        raise NotFound
    destination = call.given.get("to")
    if not destination:
        raise MissingParameter("to")
    if destination not in ENVIRONMENTS:
        raise UnknownEnvironment
    return Shown(PROXY_CONFIG, found.promote(destination, call.asker.user), status=201)


def configs_by_host(call: Call) -> Answer:
    """The newest of an environment of each product with this host."""
    found = _of_account(call, UnknownEnvironment, {"version": LATEST})
    if not call.given.get("host"):
        raise MissingParameter("host")
    return Listed(PROXY_CONFIG, list(found.order_by("pk")))


def configs_of_account(call: Call) -> Answer:
    """What gateways ask: of all products, page by page, the newest alone if so wanted."""
    given = {"version": call.given.get("version")}
    found = _of_account(call, UnknownEnvironmentOfAccount, given)
    records, pages = call.page(found.order_by("pk"))
    return Listed(PROXY_CONFIG, records, pages)


def _save(proxy: Proxy, call: Call) -> None:
    fill(proxy, call, (*PROXY_PARAMETERS, *POLICIES_PARAMETERS), _set_backend)
    deployment.save_proxy(proxy, call.listener_url, call.asker.user)


def _set_backend(proxy: Proxy, call: Call) -> None:
    try:
        if call.given.get("api_backend"):
            proxy.set_api_backend(call.given["api_backend"])
    except ValidationError as error:
        call.given.problems["api_backend"] = error.messages


def _environment(call: Call, unknown: type[Refused]) -> str:
    try:
        return ENVIRONMENTS[call.ids["environment"]]
    except KeyError:
        raise unknown from None


def _of_product(call: Call) -> QuerySet[ProxyConfig]:
    configs = call.product.proxy_configs
    return configs.filter(environment=_environment(call, UnknownEnvironment))


def _of_account(
    call: Call, unknown: type[Refused], given: Mapping[str, Any]
) -> QuerySet[ProxyConfig]:
    environment = _environment(call, unknown)
    which: dict[str, Any] = {
        "product__in": call.asker.products().order_by(),
        "environment": environment,
    }
    if given["version"] == LATEST:
        found = ProxyConfig.latest(**which)
    else:
        found = ProxyConfig.objects.filter(**which)
        if given["version"]:
            found = found.filter(version=number_of(given["version"]))
    host = call.given.get("host")
    return found.filter(hosts__contains=f"|{host}|") if host else found


def _version(call: Call) -> ProxyConfig | None:
    number = number_of(call.ids["version"])
    return None if number is None else _of_product(call).filter(version=number).first()


def _shown(config: ProxyConfig | None) -> Answer:
    if config is None:
        raise NotFound
    return Shown(PROXY_CONFIG, config)


_PROXY = "services/{service_id}/proxy"
_CONFIGS = f"{_PROXY}/configs/{{environment}}"
_ENDPOINT = partial(Endpoint, group="Proxy")
_CONFIG = partial(Endpoint, group="Proxy configurations", shape=PROXY_CONFIG, formats=JSON_ONLY)

ENDPOINTS = (
    _ENDPOINT("GET", _PROXY, show, "see_products", "Read a product's proxy", shape=PROXY),
    _ENDPOINT(
        "PUT", _PROXY, update, "edit_products",
        "Update a product's proxy, and deploy it to the sandbox",
        parameters=PROXY_PARAMETERS, shape=PROXY, wrapper="proxy",
    ),
    _ENDPOINT(
        "POST", f"{_PROXY}/deploy", deploy, "edit_products", "Deploy a product to the sandbox",
        shape=PROXY,
    ),
    _ENDPOINT(
        "GET", f"{_PROXY}/policies", policies, "see_products", "Read a product's policies",
        shape=POLICIES, formats=JSON_ONLY,
    ),
    _ENDPOINT(
        "PUT", f"{_PROXY}/policies", update_policies, "edit_policies", "Set a product's policies",
        parameters=POLICIES_PARAMETERS, shape=POLICIES, wrapper="proxy", formats=JSON_ONLY,
    ),
    _CONFIG(
        "GET", "services/proxy/configs/{environment}", configs_by_host, "see_products",
        "List the newest configurations with a host",
        parameters=CONFIG_PARAMETERS[:1], many=True,
    ),
    _CONFIG(
        "GET", "account/proxy_configs/{environment}", configs_of_account, "see_products",
        "List the configurations of all products",
        parameters=CONFIG_PARAMETERS, many=True, paged=True,
    ),
    _CONFIG(
        "GET", _CONFIGS, configs, "see_products", "List a product's configurations", many=True
    ),
    _CONFIG(
        "GET", f"{_CONFIGS}/latest", latest, "see_products",
        "Read a product's newest configuration",
    ),
    _CONFIG(
        "GET", f"{_CONFIGS}/{{version}}", version, "see_products",
        "Read a version of a product's configuration",
    ),
    _CONFIG(
        "POST", f"{_CONFIGS}/{{version}}/promote", promote, "edit_products",
        "Promote a version to another environment", parameters=PROMOTE_PARAMETERS,
    ),
)  # fmt: skip
