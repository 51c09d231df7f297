"""A product's configuration for gateways: made anew when something has changed, and promoted."""

import msgspec
from django.core.exceptions import ValidationError
from django.db import transaction

from tallygate.catalog import gateway_config
from tallygate.catalog.models import Product, Proxy, ProxyConfig, User

LARGEST_BYTES = 2 * 1024 * 1024


def save_proxy(proxy: Proxy, listener_url: str, user: User | None) -> None:
    """Saves a change of a proxy, and deploys the product to the sandbox.

    Raises:
        ValidationError: A rule is broken; then nothing is changed.
    """
    with transaction.atomic():
        proxy.lock_version += 1
        proxy.save()
        deploy(proxy.product, listener_url, user)


def deploy(product: Product, listener_url: str, user: User | None) -> ProxyConfig | None:
    """The newest sandbox configuration; a new version when it would differ from the last.

    None for a product that uses no backend and has never been deployed.

    Raises:
        ValidationError: The configuration is too large.
    """
    with transaction.atomic():
        sandbox = ProxyConfig.Environment.SANDBOX
        latest = product.proxy_configs.filter(environment=sandbox).order_by("-version").first()
        if not product.backend_usages.exists():
            return latest
        content = gateway_config.content(product, listener_url)
        if latest is not None and latest.content == content:
            return latest
        if len(msgspec.json.encode(content)) > LARGEST_BYTES:
            message = f"is too long (maximum is {LARGEST_BYTES} characters)"
            raise ValidationError({"content": message})
        return ProxyConfig.objects.create(
            product=product,
            user=user,
            environment=sandbox,
            version=1 if latest is None else latest.version + 1,
            content=content,
            hosts="".join(f"|{host}" for host in product.proxy.hosts)
            + "|" * bool(product.proxy.hosts),
            metric_ids=gateway_config.metric_ids(content),
        )
