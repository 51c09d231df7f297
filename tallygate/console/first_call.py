"""The command that counts a product's first call."""

import shlex
from urllib.parse import urlencode

from tallygate.catalog.models import Application, Product
from tallygate.settings import Settings

_PLACEHOLDER = {"user_key": "USER_KEY", "app_id": "APP_ID", "app_key": "APP_KEY"}


def first_call(settings: Settings, product: Product, shows_secrets: bool) -> str:
    """A curl command for the Service Management API that authorizes one call and counts it.

    With `shows_secrets` it can be run as it is, if the product has a live application; without, and
    where there is none, words in capitals stand for the credentials.
    """
    application = _live_application(product) if shows_secrets else None
    token = product.service_tokens.order_by("pk").first() if shows_secrets else None
    query = {
        "service_token": token.value if token else "SERVICE_TOKEN",
        "service_id": product.service_id,
        **_credentials(product, application),
        "usage[hits]": "1",
    }
    url = f"{listener_url(settings)}/transactions/authrep.xml?{urlencode(query, safe='[]')}"
    return f"curl -g {shlex.quote(url)}"


def listener_url(settings: Settings) -> str:
    """Where clients reach the listener."""
    return settings.public_listener_url.rstrip("/") or f"http://{settings.listener}"


def _live_application(product: Product) -> Application | None:
    live = product.applications.filter(state=Application.State.LIVE)
    return live.order_by("pk").first()


def _credentials(product: Product, application: Application | None) -> dict[str, str]:
    if product.backend_version == Product.BackendVersion.USER_KEY:
        return {"user_key": application.user_key if application else _PLACEHOLDER["user_key"]}
    shown = {"app_id": application.application_id if application else _PLACEHOLDER["app_id"]}
    key = application.keys.order_by("pk").first() if application else None
    if key is not None:
        shown["app_key"] = key.value
    elif application is None:
        shown["app_key"] = _PLACEHOLDER["app_key"]
    return shown
