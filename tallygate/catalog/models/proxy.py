"""How a product's gateway behaves."""

import secrets
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from tallygate.catalog.models.backend import Backend, BackendUsage
from tallygate.catalog.models.base import CatalogModel, text
from tallygate.catalog.models.product import Product

POLICIES_AT_MOST = 100

_endpoint = RegexValidator(r"\Ahttps?://[^\s/?#@]+(?:[/?#]\S*)?\Z", "must be an http or https URL")
_path = RegexValidator(r"\A/\S*\Z", "must be a path that begins with '/'")
_name = RegexValidator(r"\A[\w\-]+\Z", "may have letters, digits, '_' and '-'")
_header = RegexValidator(
    r"""\A[{}\[\]\d,.;@#~%&()?\w"= /\\:\-]+\Z""", "has characters that may not stand in a header"
)
_host = RegexValidator(r"\A[A-Za-z0-9.\-_]+(?::\d{1,5})?\Z", "must be a host name")
_status = [MinValueValidator(200), MaxValueValidator(599)]


def new_secret_token() -> str:
    """What the gateway sends to the backend, so that it knows the gateway."""
    return f"Shared_secret_sent_from_proxy_to_API_backend_{secrets.token_hex(8)}"


def default_policies() -> list[dict[str, Any]]:
    """The gateway's own policy, without which there is none."""
    return [{"name": "apicast", "version": "builtin", "configuration": {}, "enabled": True}]


def validate_policies(value: object) -> None:
    """Raises ValidationError unless `value` is a list of policies, the gateway's own among them."""
    if not isinstance(value, list) or len(value) > POLICIES_AT_MOST:
        raise ValidationError(f"must be a list of at most {POLICIES_AT_MOST}", code="unknown")
    for policy in value:
        if not isinstance(policy, dict):
            raise ValidationError("must have objects only", code="unknown")
        for name in ("name", "version"):
            if not isinstance(policy.get(name), str) or not policy[name].strip():
                raise ValidationError(f"{name} can't be blank", code="unknown")
        if not isinstance(policy.get("configuration"), dict):
            raise ValidationError("configuration must be an object", code="unknown")
    if not any(policy["name"] == "apicast" for policy in value):
        raise ValidationError("must have the policy apicast", code="unknown")


class Proxy(CatalogModel):
    """One row for each product.

    Attributes:
        endpoint: The public address of the product in production; '' = none yet.
        sandbox_endpoint: The same for staging.
        credentials_location: Where callers' credentials stand: query, headers or authorization.
        auth_user_key: Under which name the user key stands there; likewise the next two.
        error_status_auth_failed: HTTP status for wrong credentials; `error_headers_` is the content
            type and `error_` the body. Likewise for missing credentials, no mapping rule, exceeded limits.
        secret_token: What the gateway sends to the backend in a header.
        hostname_rewrite: The Host header sent to the backend; '' = the backend's own.
        api_test_path: A path that answers when all is well.
        policies_config: What the gateway does with each call, in order.
        lock_version: Goes up with each change; whoever sends an older one has not seen the last.
    """

    IMMUTABLE = ("product",)
    SECRET = ("secret_token",)

    class CredentialsLocation(models.TextChoices):
        QUERY = "query"
        HEADERS = "headers"
        AUTHORIZATION = "authorization"

    product = models.OneToOneField(Product, models.CASCADE, related_name="proxy")
    endpoint = text(blank=True, validators=[_endpoint])
    sandbox_endpoint = text(blank=True, validators=[_endpoint])
    credentials_location = text(16, choices=CredentialsLocation, default=CredentialsLocation.QUERY)
    auth_user_key = text(default="user_key", validators=[_name])
    auth_app_id = text(default="app_id", validators=[_name])
    auth_app_key = text(default="app_key", validators=[_name])
    error_auth_failed = text(default="Authentication failed", validators=[_header])
    error_status_auth_failed = models.PositiveIntegerField(default=403, validators=_status)
    error_headers_auth_failed = text(default="text/plain; charset=us-ascii", validators=[_header])
    error_auth_missing = text(default="Authentication parameters missing", validators=[_header])
    error_status_auth_missing = models.PositiveIntegerField(default=403, validators=_status)
    error_headers_auth_missing = text(default="text/plain; charset=us-ascii", validators=[_header])
    error_no_match = text(default="No Mapping Rule matched", validators=[_header])
    error_status_no_match = models.PositiveIntegerField(default=404, validators=_status)
    error_headers_no_match = text(default="text/plain; charset=us-ascii", validators=[_header])
    error_limits_exceeded = text(default="Usage limit exceeded", validators=[_header])
    error_status_limits_exceeded = models.PositiveIntegerField(default=429, validators=_status)
    error_headers_limits_exceeded = text(
        default="text/plain; charset=us-ascii", validators=[_header]
    )
    secret_token = text(default=new_secret_token, validators=[_name])
    hostname_rewrite = text(blank=True, validators=[_host])
    oauth_login_url = text(blank=True, validators=[_endpoint])
    api_test_path = models.CharField(max_length=8192, default="/", blank=True, validators=[_path])
    oidc_issuer_endpoint = text(blank=True)
    oidc_issuer_type = text(16, blank=True, choices=[("keycloak", "keycloak"), ("rest", "rest")])
    jwt_claim_with_client_id = text(blank=True)
    jwt_claim_with_client_id_type = text(
        16, blank=True, choices=[("plain", "plain"), ("liquid", "liquid")]
    )
    policies_config = models.JSONField(default=default_policies, validators=[validate_policies])
    lock_version = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"proxy of {self.product}"

    @classmethod
    def begin(cls, product: Product) -> "Proxy":
        """That of a new product."""
        template: str = django_settings.TALLYGATE.gateway_url
        name = product.system_name.replace("_", "-")
        url = template.replace("{product}", name).replace("{loopback}", _loopback(product.pk))
        return cls.objects.create(product=product, sandbox_endpoint=url)

    @property
    def hosts(self) -> list[str]:
        """The names by which a gateway knows the product."""
        found = (urlsplit(url).hostname for url in (self.endpoint, self.sandbox_endpoint) if url)
        return list(dict.fromkeys(host for host in found if host))

    @property
    def api_backend(self) -> str | None:
        """The address of the backend at `/`, or of the first that the product uses."""
        usage = self._main_usage()
        return None if usage is None else usage.backend.private_endpoint

    def set_api_backend(self, url: str) -> None:
        """Makes `url` the address of that backend; a product without one gets one.

        Raises:
            ValidationError: It is no such address.
        """
        usage = self._main_usage()
        if usage is None:
            backend = Backend(
                provider_id=self.product.provider_id,
                name=f"{self.product.name[:240]} Backend",
                private_endpoint=url,
            )
            backend.save()
            BackendUsage.objects.create(product=self.product, backend=backend, path="/")
        elif usage.backend.private_endpoint != url:
            usage.backend.private_endpoint = url
            usage.backend.save()

    def _main_usage(self) -> BackendUsage | None:
        usages = sorted(
            self.product.backend_usages.select_related("backend"),
            key=lambda usage: (usage.path != "/", usage.pk),
        )
        return usages[0] if usages else None


def _loopback(number: int) -> str:
    """An address of the loopback network; the 16 million of them go round."""
    low = number % 2**24
    return f"127.{low >> 16}.{low >> 8 & 255}.{low & 255}" if low != 1 else "127.255.255.1"
