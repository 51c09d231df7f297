"""A product's configuration as the gateway carries it out, from the form that the portal gives it."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from tallygate.domain.mapping_rules import Backend, Rule, RuleSet
from tallygate.middleware.credentials import Credentialing

_ROUTE: Final = re.compile(r"\^\((/.*)/\.\*\|\1/\?\)")
_ROOT_ROUTE: Final = "^(/.*)"

CARRIED_OUT: Final = frozenset({"apicast", "routing"})
"""The policies that the gateway carries out."""

Status = Annotated[int, msgspec.Meta(ge=200, le=599)]
Text = Annotated[str, msgspec.Meta(pattern=r"\A[^\r\n\0]*\Z")]


class Unusable(ValueError):
    """A configuration that cannot be carried out; the message says why."""


class _Rule(msgspec.Struct):
    http_method: str
    pattern: str
    metric_system_name: str
    delta: int | None = 0
    last: bool | None = False
    owner_id: int | str | None = None
    owner_type: str | None = None
    querystring_parameters: dict[str, str] | None = None


class _Policy(msgspec.Struct):
    name: str
    configuration: Any = None


class _BackendPlace(msgspec.Struct):
    endpoint: str


class _Proxy(msgspec.Struct):
    backend: _BackendPlace
    hosts: list[str] = []
    api_backend: str | None = None
    policy_chain: list[_Policy] | None = None
    proxy_rules: list[_Rule] | None = None
    credentials_location: Literal["query", "headers", "authorization"] | None = None
    auth_user_key: str | None = None
    auth_app_id: str | None = None
    auth_app_key: str | None = None
    error_auth_failed: Text | None = None
    error_status_auth_failed: Status | None = None
    error_headers_auth_failed: Text | None = None
    error_auth_missing: Text | None = None
    error_status_auth_missing: Status | None = None
    error_headers_auth_missing: Text | None = None
    error_no_match: Text | None = None
    error_status_no_match: Status | None = None
    error_headers_no_match: Text | None = None
    error_limits_exceeded: Text | None = None
    error_status_limits_exceeded: Status | None = None
    error_headers_limits_exceeded: Text | None = None
    secret_token: Text | None = None
    hostname_rewrite: Text | None = None


class _Content(msgspec.Struct):
    id: int | str
    backend_version: str
    backend_authentication_value: str
    proxy: _Proxy
    backend_authentication_type: Literal["service_token", "provider_key"] = "service_token"


class Refusal(NamedTuple):
    """How a call that may not pass is answered."""

    status: int
    content_type: str
    body: str


class Upstream(NamedTuple):
    """Where calls go.

    Attributes:
        url: Scheme, host and port, without a slash at the end.
        path: The path at that place under which the API is; no slash at the end.
        host: What is sent as Host.
        mounted: The path under which the product has it; it is taken off. No slash at the end.
    """

    url: str
    path: str
    host: str
    mounted: str


class Product(NamedTuple):
    """Attributes:
    id: The product's id.
    token: Its service token.
    listener: Where it is asked, and reports are sent; no slash at the end.
    hosts: The names under which it is called, in lower case.
    upstreams: By the id of the backend; None = where all calls go.
    reads_forms: Whether a rule may depend on a form in a call's body.
    """

    id: str
    token: str
    listener: str
    hosts: tuple[str, ...]
    credentialing: Credentialing
    rules: RuleSet
    upstreams: Mapping[str | None, Upstream]
    secret_token: str
    auth_failed: Refusal
    auth_missing: Refusal
    no_match: Refusal
    limits_exceeded: Refusal
    reads_forms: bool


def read(content: object, listener: str = "") -> Product:
    """A product from its configuration, the `content` of a version.

    Args:
        listener: Where the listener is; '' = where the configuration says.

    Raises:
        Unusable: It cannot be carried out.
    """
    try:
        found = msgspec.convert(content, _Content)
        return _product(found, listener)
    except (msgspec.ValidationError, re.error) as error:
        raise Unusable(str(error)) from None


def named(content: object) -> str:
    """The id of a configuration's product, for people; '?' if there is none."""
    return str(content.get("id", "?")) if isinstance(content, dict) else "?"


def _product(content: _Content, listener: str) -> Product:
    proxy = content.proxy
    if content.backend_version not in ("1", "2"):
        raise Unusable(
            f"the gateway knows user keys and application ids, not {content.backend_version}"
        )
    if content.backend_authentication_type != "service_token":
        raise Unusable("the gateway authorizes with service tokens, not with provider keys")
    for policy in proxy.policy_chain or ():
        if policy.name not in CARRIED_OUT:
            raise Unusable(f"the gateway does not know the policy {policy.name}")
    routes = _routes(proxy)
    rules = [_rule(each) for each in proxy.proxy_rules or ()]
    return Product(
        id=str(content.id),
        token=content.backend_authentication_value,
        listener=(listener or proxy.backend.endpoint).rstrip("/"),
        hosts=tuple(host.lower() for host in proxy.hosts),
        credentialing=Credentialing(
            proxy.credentials_location or "query",
            content.backend_version == "1",
            proxy.auth_user_key or "user_key",
            proxy.auth_app_id or "app_id",
            proxy.auth_app_key or "app_key",
        ),
        rules=RuleSet(rules, routes),
        upstreams=_upstreams(proxy),
        secret_token=proxy.secret_token or "",
        auth_failed=_refusal(proxy, "auth_failed", 403, "Authentication failed"),
        auth_missing=_refusal(proxy, "auth_missing", 401, "Authentication parameters missing"),
        no_match=_refusal(proxy, "no_match", 404, "No Mapping Rule matched"),
        limits_exceeded=_refusal(proxy, "limits_exceeded", 429, "Limits exceeded"),
        reads_forms=any("?" in rule.pattern for rule in rules),
    )


def _refusal(proxy: _Proxy, kind: str, status: int, body: str) -> Refusal:
    """Null or nothing is the default: a status that is missing must not let calls pass."""
    said = getattr(proxy, f"error_{kind}")
    return Refusal(
        getattr(proxy, f"error_status_{kind}") or status,
        getattr(proxy, f"error_headers_{kind}") or "text/plain; charset=us-ascii",
        body if said is None else said,
    )


def _rule(rule: _Rule) -> Rule:
    asked = rule.querystring_parameters or {}
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    path = rule.pattern.partition("?")[0]
    return Rule(
        rule.http_method,
        f"{path}?{query}" if query else path,
        rule.metric_system_name,
        rule.delta or 0,
        bool(rule.last),
        str(rule.owner_id) if rule.owner_type == "BackendApi" else "",
    )


class _Operation(msgspec.Struct):
    match: Literal["path"]
    op: Literal["matches"]
    value: str


class _Condition(msgspec.Struct):
    operations: Annotated[list[_Operation], msgspec.Meta(min_length=1, max_length=1)]


class _Route(msgspec.Struct):
    url: str
    owner_id: int | str
    condition: _Condition

    @property
    def path(self) -> str:
        value = self.condition.operations[0].value
        if value == _ROOT_ROUTE:
            return "/"
        found = _ROUTE.fullmatch(value)
        if found is None:
            raise Unusable(f"the gateway routes by the beginning of the path, not by {value!r}")
        return found[1]


class _Routing(msgspec.Struct):
    rules: list[_Route]


def _configured_routes(proxy: _Proxy) -> Sequence[_Route]:
    return [
        route
        for policy in proxy.policy_chain or ()
        if policy.name == "routing"
        for route in msgspec.convert(policy.configuration, _Routing).rules
    ]


def _routes(proxy: _Proxy) -> list[Backend]:
    return [Backend(str(route.owner_id), route.path, ()) for route in _configured_routes(proxy)]


def _upstreams(proxy: _Proxy) -> dict[str | None, Upstream]:
    found: dict[str | None, Upstream] = {
        str(route.owner_id): _upstream(route.url, route.path.rstrip("/"), proxy)
        for route in _configured_routes(proxy)
    }
    if proxy.api_backend:
        found[None] = _upstream(proxy.api_backend, "", proxy)
    return found


def _upstream(url: str, mounted: str, proxy: _Proxy) -> Upstream:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Unusable(f"{url!r}: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        raise Unusable(f"the gateway passes calls on to http and https, not to {url!r}")
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    place = name if port is None else f"{name}:{port}"
    return Upstream(
        f"{parts.scheme}://{place}",
        parts.path.rstrip("/"),
        proxy.hostname_rewrite or place,
        mounted,
    )
