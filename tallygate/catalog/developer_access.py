"""Whoever is signed in to the Developer Portal, and what exists for them.

Nothing of another account exists for them: what they may not see is looked for like what is not
there, and so found as little and as quickly.
"""

import msgspec
from django.db.models import QuerySet

from tallygate.catalog.models import (
    Account,
    Application,
    ApplicationPlan,
    Developer,
    PortalSettings,
    Product,
    Provider,
)


class Consumer(msgspec.Struct, frozen=True):
    """
    Attributes:
        developer: An active one of an approved account.
        settings: How the provider's Developer Portal behaves.
    """

    provider: Provider
    settings: PortalSettings
    account: Account
    developer: Developer

    @property
    def is_admin(self) -> bool:
        """Whether they look after the account itself and its people, and not only its applications."""
        return self.developer.role == Developer.Role.ADMIN

    @property
    def edits_account(self) -> bool:
        """Whether they may change the account and its people, as far as the provider lets developers do so."""
        return self.is_admin and self.settings.useraccountarea_enabled

    def applications(self) -> QuerySet[Application]:
        """Those of their account."""
        found = Application.objects.filter(account=self.account)
        return found.select_related("product__provider", "plan", "account").order_by("pk")

    def people(self) -> QuerySet[Developer]:
        """Those of their account."""
        return Developer.objects.filter(account=self.account).order_by("pk")

    def products(self) -> QuerySet[Product]:
        """What the provider offers: published products, for which developers may create applications."""
        return Product.objects.filter(
            provider=self.provider, state=Product.State.PUBLISHED, buyers_manage_apps=True
        ).order_by("name", "pk")


def of(developer: Developer) -> Consumer | None:
    """What somebody may see who signed in before; None if they no longer may."""
    account, provider = developer.account, developer.account.provider
    if (
        developer.state != Developer.State.ACTIVE
        or account.state != Account.State.APPROVED
        or provider.state == Provider.State.SUSPENDED
    ):
        return None
    return Consumer(provider, provider.settings, account, developer)


def offered_plans(product: Product) -> QuerySet[ApplicationPlan]:
    """Under which plans a developer may create an application.

    The published ones where they choose themselves; else the default one or, where there is none, the
    only published one.
    """
    published = product.application_plans.filter(
        state=ApplicationPlan.State.PUBLISHED, original=None
    ).order_by("name", "pk")
    if product.buyer_can_select_plan:
        return published
    if product.default_application_plan_id is not None:
        return product.application_plans.filter(pk=product.default_application_plan_id)
    return published if published.count() == 1 else published.none()
