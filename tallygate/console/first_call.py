"""The command that counts a product's first call."""

import shlex
from typing import NamedTuple
from urllib.parse import urlencode

from tallygate.catalog.models import Application, Product, ServiceToken
from tallygate.settings import Settings


class FirstCall(NamedTuple):
    """A curl command for the Service Management API that authorizes one call and counts it.

    Attributes:
        stands_for: What the words in capitals in the command stand for; '' when there are none.
    """

    command: str
    stands_for: str


def first_call(settings: Settings, product: Product, shows_secrets: bool) -> FirstCall:
    """The command for the product, with its credentials if `shows_secrets` and if it has them."""
    application = _live_application(product) if shows_secrets else None
    token = product.service_tokens.order_by("pk").first() if shows_secrets else None
    query = {
        "service_token": token.value if token else "SERVICE_TOKEN",
        "service_id": product.service_id,
        **_credentials(product, application),
        "usage[hits]": "1",
    }
    url = f"{settings.listener_url}/transactions/authrep.xml?{urlencode(query, safe='[]')}"
    return FirstCall(f"curl -g {shlex.quote(url)}", _stands_for(application, token))


def credentials(product: Product) -> dict[str, str]:
    """What a call needs that is made for the product, by the names of the protocol: those of its first live application.

    What there is not is not among them.
    """
    token = product.service_tokens.order_by("pk").first()
    application = _live_application(product)
    return {
        "service_id": product.service_id,
        **({"service_token": token.value} if token else {}),
        **(_credentials(product, application) if application else {}),
    }


def _live_application(product: Product) -> Application | None:
    return product.applications.filter(state=Application.State.LIVE).order_by("pk").first()


def _credentials(product: Product, application: Application | None) -> dict[str, str]:
    if product.backend_version == Product.BackendVersion.USER_KEY:
        return {"user_key": application.user_key if application else "USER_KEY"}
    if application is None:
        return {"app_id": "APP_ID", "app_key": "APP_KEY"}
    key = application.keys.order_by("pk").first()
    return {"app_id": application.application_id} | ({"app_key": key.value} if key else {})


def _stands_for(application: Application | None, token: ServiceToken | None) -> str:
    missing = []
    if token is None:
        missing.append("the product's service token")
    if application is None:
        missing.append("the credentials of a live application of this product")
    return " and ".join(missing)
