"""Who asks, and what they may see: one policy for pages and APIs."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from tallygate.catalog import policy, request_data
from tallygate.catalog.errors import (
    AccessDenied,
    ApplicationNotFound,
    Forbidden,
    NotFound,
    NotPermitted,
    ProviderSuspended,
    Refused,
    ServiceNotFound,
)
from tallygate.catalog.models import (
    AccessToken,
    Account,
    Application,
    Backend,
    Product,
    Provider,
    User,
)
from tallygate.catalog.sections import SCOPE_SECTION, SECTIONS
from tallygate.domain.clock import Clock, SystemClock

T = TypeVar("T", bound=Model)

__all__ = [
    "AccessDenied",
    "ApplicationNotFound",
    "Forbidden",
    "NotFound",
    "NotPermitted",
    "Principal",
    "ProviderSuspended",
    "Refused",
    "ServiceNotFound",
    "for_user",
    "principal",
]

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Principal(msgspec.Struct, frozen=True):
    """Whoever asks.

    Whatever belongs to another provider does not exist for them.

    Attributes:
        is_admin: Whether they may do everything; so may whoever has the provider key.
        sections: Names from `sections.SECTIONS`.
        product_ids: The products that may be seen; None = all of the provider's.
        user: None for the provider key.
    """

    provider: Provider
    sections: frozenset[str]
    product_ids: frozenset[int] | None = None
    user: User | None = None
    is_admin: bool = False

    def may(self, ability: str) -> bool:
        """Whether they may do what `policy.ABILITIES` calls so."""
        return policy.allows(ability, is_admin=self.is_admin, sections=self.sections)

    def require(self, ability: str) -> None:
        """Raises Forbidden unless they may."""
        if not self.may(ability):
            raise Forbidden

    def products(self) -> QuerySet[Product]:
        """The products that may be seen."""
        found = Product.objects.filter(provider=self.provider).order_by("pk")
        return found if self.product_ids is None else found.filter(pk__in=self.product_ids)

    def product(self, product_id: int | str) -> Product:
        """Raises ServiceNotFound when there is none that may be seen."""
        found = _get(self.products(), product_id)
        if found is None:
            raise ServiceNotFound
        return found

    def application(self, application_id: int | str) -> Application:
        """The application with this number (its primary key, not its id in the wire protocols).

        Raises:
            ApplicationNotFound: The provider has none.
            Forbidden: It is one of a product that may not be seen.
        """
        found = _get(
            Application.objects.filter(product__provider=self.provider).select_related(
                "product", "account", "plan"
            ),
            application_id,
        )
        if found is None:
            raise ApplicationNotFound
        if self.product_ids is not None and found.product_id not in self.product_ids:
            raise Forbidden
        return found

    def accounts(self) -> QuerySet[Account]:
        """All of the provider's: products do not limit them."""
        return Account.objects.filter(provider=self.provider).order_by("pk")

    def applications(self) -> QuerySet[Application]:
        """Those of the products that may be seen."""
        found = Application.objects.filter(product__provider=self.provider).order_by("pk")
        if self.product_ids is None:
            return found
        return found.filter(product__in=self.product_ids)

    def shared(self, model: type[T]) -> QuerySet[T]:
        """Records that belong to one of the products that may be seen, or to none and so to all who work here."""
        found = model._default_manager.filter(provider=self.provider)
        if self.product_ids is None:
            return found
        return found.filter(Q(product=None) | Q(product__in=self.product_ids))

    def users(self) -> QuerySet[User]:
        """All of the provider's for who manages them; else oneself."""
        found = User.objects.filter(provider=self.provider).order_by("pk")
        if self.may("manage_users"):
            return found
        return found.filter(pk=self.user.pk) if self.user else found.none()

    def backends(self) -> QuerySet[Backend]:
        """All of the provider's: they are shared by products, so products do not limit them."""
        return Backend.objects.filter(provider=self.provider).order_by("pk")

    def backend(self, backend_id: int | str) -> Backend:
        """Raises NotFound when the provider has none."""
        found = _get(self.backends(), backend_id)
        if found is None:
            raise NotFound
        return found


def for_user(user: User) -> Principal:
    """What a signed-in user may see.

    Raises:
        AccessDenied: The user may no longer sign in.
        ProviderSuspended: Their provider is suspended.
    """
    if not user.is_active:
        raise AccessDenied
    everything = user.is_admin
    whitelist = None if everything else user.allowed_product_ids
    return _of_provider(
        Principal(
            provider=user.provider,
            sections=frozenset(SECTIONS if everything else user.allowed_sections),
            product_ids=None if whitelist is None else frozenset(whitelist),
            user=user,
            is_admin=everything,
        )
    )


def principal(request: HttpRequest, scope: str, *, clock: Clock | None = None) -> Principal:
    """Who makes an API request, by access token or provider key; browser sessions do not count.

    Both may stand in the query, in a form, in a JSON body (on GET too) or, as user name or password,
    in HTTP Basic.

    Args:
        scope: The scope that an access token needs, from `sections.SCOPES`.

    Raises:
        AccessDenied: No credential, or one that is unknown or expired.
        NotPermitted: The token lacks the scope, its owner the section, or it may only read.
        ProviderSuspended: The credential is right, but the provider is suspended.
    """
    now = datetime.fromtimestamp((clock or SystemClock()).now_s(), UTC)
    given = _parameters(request)
    basic = _basic(request)
    value = given.get("access_token") or basic
    token = AccessToken.find(value, now) if value else None
    if token is not None:
        return _by_token(token, scope, request.method or "GET")
    return _by_provider_key(given.get("provider_key") or basic)


def _by_token(token: AccessToken, scope: str, method: str) -> Principal:
    owner = for_user(token.user)
    writes = method not in _SAFE_METHODS
    if (
        scope not in token.scopes
        or SCOPE_SECTION[scope] not in owner.sections
        or (writes and token.permission != AccessToken.Permission.READ_WRITE)
    ):
        raise NotPermitted
    return owner


def _by_provider_key(value: str) -> Principal:
    provider = Provider.objects.filter(provider_key=value).first() if value else None
    if provider is None:
        raise AccessDenied
    return _of_provider(Principal(provider, frozenset(SECTIONS), is_admin=True))


def _of_provider(made: Principal) -> Principal:
    if made.provider.state == Provider.State.SUSPENDED:
        raise ProviderSuspended
    return made


def _parameters(request: HttpRequest) -> dict[str, str]:
    """The two credentials where they stand as parameters; blank ones and other types are absent."""
    return {
        name: text
        for source in request_data.sources(request)
        for name in ("access_token", "provider_key")
        if isinstance(text := source.get(name), str) and text.strip()
    }


def _basic(request: HttpRequest) -> str:
    """The first of user name and password in HTTP Basic that is not blank."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    username, _, password = text.partition(":")
    return username.strip() or password.strip()


def _get(found: QuerySet[Any], key: int | str) -> Any:
    number = number_of(key)
    return None if number is None else found.filter(pk=number).first()


def number_of(key: int | str) -> int | None:
    """The number that an id of the wire is; None when it is none that a record can have."""
    text = str(key)
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        return None
    return int(text)
