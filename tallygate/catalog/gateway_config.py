"""What a gateway must know of a product, as APIcast reads it."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from tallygate.catalog.models import (
    BackendUsage,
    MappingRule,
    Product,
    Proxy,
)

_VARIABLE = re.compile(r"\{(\w+)\}", re.ASCII)
_SLASHES = re.compile("/{2,}")

_OF_PROXY = (
    "endpoint", "sandbox_endpoint", "credentials_location", "auth_user_key", "auth_app_id",
    "auth_app_key", "error_auth_failed", "error_status_auth_failed", "error_headers_auth_failed",
    "error_auth_missing", "error_status_auth_missing", "error_headers_auth_missing",
    "error_no_match", "error_status_no_match", "error_headers_no_match", "error_limits_exceeded",
    "error_status_limits_exceeded", "error_headers_limits_exceeded", "secret_token",
    "hostname_rewrite", "oauth_login_url", "api_test_path", "hosts", "lock_version",
)  # fmt: skip
_OF_OIDC = (
    "oidc_issuer_endpoint", "oidc_issuer_type", "jwt_claim_with_client_id",
    "jwt_claim_with_client_id_type",
)  # fmt: skip

Json = dict[str, Any]


def content(product: Product, listener_url: str) -> Json:
    """The configuration of a product that has a service token.

    Args:
        listener_url: Where the gateway authorizes and reports.
    """
    proxy = product.proxy
    usages = list(product.backend_usages.select_related("backend").order_by("pk"))
    token = product.service_tokens.order_by("pk").first()
    backend_version = "oauth" if product.is_oauth else product.backend_version
    return {
        "id": product.pk,
        "account_id": product.provider_id,
        "name": product.name,
        "system_name": product.system_name,
        "backend_version": backend_version,
        "deployment_option": product.deployment_option,
        "support_email": product.support_email,
        "backend_authentication_type": "service_token",
        "backend_authentication_value": None if token is None else token.value,
        "proxy": _proxy(product, proxy, usages, listener_url),
    }


def metric_ids(made: Json) -> list[int]:
    """The metrics on which a configuration's rules count, ascending."""
    return sorted({rule["metric_id"] for rule in made["proxy"]["proxy_rules"]})


def _proxy(
    product: Product, proxy: Proxy, usages: Sequence[BackendUsage], listener_url: str
) -> Json:
    routed = any(usage.path != "/" for usage in usages)
    made = {name: getattr(proxy, name) for name in _OF_PROXY}
    if product.backend_version == Product.BackendVersion.OIDC:
        made |= {name: getattr(proxy, name) or None for name in _OF_OIDC}
    return made | {
        "id": proxy.pk,
        "service_id": product.pk,
        "hostname_rewrite": proxy.hostname_rewrite or None,
        "authentication_method": product.backend_version,
        "api_backend": None if routed or not usages else usages[0].backend.private_endpoint,
        "backend": {"endpoint": listener_url, "host": _host(listener_url)},
        "policy_chain": _policies(proxy.policies_config, usages if routed else ()),
        "proxy_rules": [*_own_rules(product, proxy), *_backend_rules(usages, proxy)],
    }


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2]


def _policies(config: Sequence[Json], usages: Sequence[BackendUsage]) -> list[Json]:
    """The policies in force; with several backends a routing policy stands before the gateway's own."""
    chain = [
        {name: policy[name] for name in ("name", "version", "configuration")}
        for policy in config
        if policy.get("enabled", True)
    ]
    if usages:
        place = next((at for at, each in enumerate(chain) if each["name"] == "apicast"), len(chain))
        chain.insert(place, _routing(usages))
    return chain


def _routing(usages: Iterable[BackendUsage]) -> Json:
    """Calls go to the backend with the longest path that they begin with."""
    longest_first = sorted(usages, key=lambda usage: (-len(usage.path), usage.path))
    return {
        "name": "routing",
        "version": "builtin",
        "configuration": {"rules": [_route(usage) for usage in longest_first]},
    }


def _route(usage: BackendUsage) -> Json:
    path = usage.path.rstrip("/")
    pattern = f"^({path}/.*|{path}/?)" if path else "^(/.*)"
    rule: Json = {
        "url": usage.backend.private_endpoint,
        "owner_id": usage.backend_id,
        "owner_type": "BackendApi",
        "condition": {"operations": [{"match": "path", "op": "matches", "value": pattern}]},
    }
    if path:
        rule["replace_path"] = f"{{{{uri | remove_first: '{path}'}}}}"
    return rule


def _own_rules(product: Product, proxy: Proxy) -> list[Json]:
    rules = product.mapping_rules.select_related("metric")
    return [_rule(rule, rule.pattern, proxy, "Proxy", proxy.pk) for rule in rules]


def _backend_rules(usages: Sequence[BackendUsage], proxy: Proxy) -> list[Json]:
    """Behind the product's own, backend by backend, each under its path."""
    rules: dict[int, list[MappingRule]] = {}
    backends = [usage.backend_id for usage in usages]
    for rule in MappingRule.objects.filter(backend__in=backends).select_related("metric"):
        rules.setdefault(rule.backend_id, []).append(rule)
    return [
        _rule(
            rule, _SLASHES.sub("/", f"{usage.path}/{rule.pattern}"),
            proxy, "BackendApi", usage.backend_id,
        )
        for usage in usages
        for rule in rules.get(usage.backend_id, ())
    ]  # fmt: skip


def _rule(rule: MappingRule, pattern: str, proxy: Proxy, owner_type: str, owner_id: int) -> Json:
    path, _, query = pattern.partition("?")
    return {
        "id": rule.pk,
        "proxy_id": proxy.pk,
        "http_method": rule.http_method,
        "pattern": pattern,
        "metric_id": rule.metric_id,
        "metric_system_name": rule.metric.system_name,
        "delta": rule.delta,
        "position": rule.position,
        "last": rule.last,
        "parameters": _VARIABLE.findall(path),
        "querystring_parameters": {
            name: value
            for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)
        },
        "owner_type": owner_type,
        "owner_id": owner_id,
    }
