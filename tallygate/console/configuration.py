"""What gateways are told about a product: versions, what is different between them, promoting."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from tallygate.catalog import deployment, gateway_config
from tallygate.catalog.access import Principal, number_of
from tallygate.catalog.config_difference import differences
from tallygate.catalog.models import Product, ProxyConfig
from tallygate.console.changes import attempt, sentences
from tallygate.console.curl import Api, Command
from tallygate.console.listing import Column, Filter, Listing
from tallygate.console.pages import action, api_of, find_product, page, show

SHOWN = 200
"""How many differences a page has."""

_SANDBOX, _PRODUCTION = ProxyConfig.Environment.SANDBOX, ProxyConfig.Environment.PRODUCTION
NAMES = {_SANDBOX: "Staging", _PRODUCTION: "Production"}
"""Environment -> what people call it."""

_COLUMNS = (
    Column("Version", "version", "version", number=True),
    Column("Environment", "environment", "environment"),
    Column("Made", "made", "created_at"),
    Column("By", wide=True),
    Column(""),
)
_ENVIRONMENTS = Filter(
    "environment",
    "Environment",
    tuple(NAMES.items()),
    lambda environment: Q(environment=environment),
)
_CONFIGS = "services/{service_id}/proxy/configs/{environment}"


@page
def overview(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """The newest version of each environment, what is not in it yet, and all versions."""
    principal.require("see_products")
    product = find_product(principal, product_id)
    sandbox, production = _latest(product, _SANDBOX), _latest(product, _PRODUCTION)
    shown = Listing(
        request.GET, product.proxy_configs.select_related("user").defer("content"), _COLUMNS,
        noun="version", filters=[_ENVIRONMENTS], order="-made",
    )  # fmt: skip
    context = {
        "title": "Configuration",
        "product": product,
        "sandbox": sandbox,
        "production": production,
        "deployable": product.backend_usages.exists(),
        "to_deploy": _counted(sandbox, _now(product)),
        "to_promote": _counted(production, sandbox.content if sandbox else None),
        "listing": shown,
        "names": NAMES,
        "calls": _calls(request, product, sandbox),
    }
    return show(request, principal, "console/configuration.html", "configuration", context)


@action
def deploy(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """Makes a new version for staging, if it would differ from the last."""
    principal.require("edit_products")
    product = find_product(principal, product_id)
    before = _latest(product, _SANDBOX)

    def do() -> str:
        made = deployment.deploy(product, settings.TALLYGATE.listener_url, principal.user)
        if made is None:
            return "There is nothing to deploy: the product uses no backend"
        return "Nothing has changed" if made == before else f"Version {made.version} is in staging"

    return _done(request, principal, product, do)


@action
def promote(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """Puts a version of staging into production; `version` says which."""
    principal.require("edit_products")
    product = find_product(principal, product_id)
    version = number_of(request.POST.get("version", ""))
    configs = product.proxy_configs.filter(environment=_SANDBOX)
    found = None if version is None else configs.filter(version=version).first()
    if found is None:
        raise Http404

    def do() -> str:
        found.promote(_PRODUCTION, principal.user)
        return f"Version {version} is in production"

    return _done(request, principal, product, do)


@page
def compare(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """What is different between two versions: `from` and `to` are their numbers in the database, or
    `now` for what the product would be deployed as."""
    principal.require("see_products")
    product = find_product(principal, product_id)
    before = _chosen(product, request.GET.get("from", ""))
    after = _chosen(product, request.GET.get("to", "now"))
    found = differences(before.get("content"), after.get("content"))
    api = api_of(request)
    context = {
        "title": "Compare versions",
        "product": product,
        "before": before,
        "after": after,
        "differences": found[:SHOWN],
        "more": max(len(found) - SHOWN, 0),
        "choices": _choices(product),
        "calls": [
            api.call("GET", _CONFIGS, service_id=product_id, environment=_SANDBOX),
            *(_read(api, each["config"]) for each in (before, after) if each["config"]),
        ],
    }
    return show(request, principal, "console/compare.html", "configuration", context)


@page
def version(
    request: HttpRequest, principal: Principal, product_id: int, config_id: int
) -> HttpResponse:
    """One version as gateways read it."""
    principal.require("see_products")
    product = find_product(principal, product_id)
    config = product.proxy_configs.select_related("user").filter(pk=config_id).first()
    if config is None:
        raise Http404
    context = {
        "title": f"{NAMES[config.environment]}, version {config.version}",
        "product": product,
        "config": config,
        "content": msgspec.json.format(msgspec.json.encode(config.content), indent=2).decode(),
        "calls": [_read(api_of(request), config)],
    }
    return show(request, principal, "console/version.html", "configuration", context)


def _read(api: Api, config: ProxyConfig) -> Command:
    which = {"environment": config.environment, "version": config.version}
    return api.call("GET", f"{_CONFIGS}/{{version}}", service_id=config.product_id, **which)


def _calls(
    request: HttpRequest, product: Product, sandbox: ProxyConfig | None
) -> Sequence[Command]:
    api, ids = api_of(request), {"service_id": product.pk}
    calls = [
        api.call("GET", _CONFIGS, **ids, environment=_SANDBOX),
        api.call("POST", "services/{service_id}/proxy/deploy", **ids),
    ]
    if sandbox is not None:
        path = f"{_CONFIGS}/{{version}}/promote"
        which = {"environment": _SANDBOX, "version": sandbox.version}
        calls.append(api.call("POST", path, {"to": _PRODUCTION}, **ids, **which))
    return calls


def _done(
    request: HttpRequest, principal: Principal, product: Product, do: Callable[[], str]
) -> HttpResponse:
    """Makes the change, says what came of it, and shows the page again."""

    def refuse(error: ValidationError) -> None:
        messages.error(request, " ".join(sentences(error)))

    attempt(principal, lambda: messages.success(request, do()), refuse)
    return redirect("console:configuration", product.pk)


def _latest(product: Product, environment: str) -> ProxyConfig | None:
    found = product.proxy_configs.filter(environment=environment)
    return found.select_related("user").order_by("-version").first()


def _now(product: Product) -> dict[str, Any]:
    """As the product would be deployed."""
    return gateway_config.content(product, settings.TALLYGATE.listener_url)


def _counted(before: ProxyConfig | None, after: dict[str, Any] | None) -> int:
    return len(differences(before.content if before else None, after))


def _chosen(product: Product, which: str) -> dict[str, Any]:
    """`{"value", "label", "content", "config"}`; a version that is not there is none."""
    if which == "now":
        return {"value": which, "label": "As it is now", "content": _now(product), "config": None}
    key = number_of(which)
    config = None if key is None else product.proxy_configs.filter(pk=key).first()
    if config is None:
        return {"value": "", "label": "Nothing", "content": None, "config": None}
    return {"value": which, "label": _label(config), "content": config.content, "config": config}


def _choices(product: Product) -> list[tuple[str, str]]:
    """The last versions, for the form that compares."""
    configs = product.proxy_configs.defer("content").order_by("-pk")[:SHOWN]
    return [("now", "As it is now"), *((str(each.pk), _label(each)) for each in configs)]


def _label(config: ProxyConfig) -> str:
    return f"{NAMES[config.environment]}, version {config.version}"
