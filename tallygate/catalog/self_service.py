"""What developers do with their applications by themselves, as far as the product lets them.

what                        where
create, edit, delete        `buyers_manage_apps`
add and remove keys         `buyers_manage_keys`; the last key stays where `mandatory_app_key` asks for one
choose a key's value        `custom_keys_enabled`
make a user key anew        `buyer_key_regenerate_enabled`
put a new key for an old    `buyers_manage_keys` and `buyer_key_regenerate_enabled`
go to another plan          `buyer_plan_change_permission` is 'direct', and the plan is published
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from tallygate.catalog import credentials, plan_changes
from tallygate.catalog.application_keys import add_key
from tallygate.catalog.errors import Forbidden
from tallygate.catalog.models import Application, ApplicationKey, ApplicationPlan, Product
from tallygate.catalog.models.application import MAX_KEYS
from tallygate.catalog.models.portal_settings import PlanChange

ONE_KEY_STAYS = "One application key minimum is required."


class Allowed:
    """What the developers of an application may do with it."""

    def __init__(self, application: Application) -> None:
        self._product = product = application.product
        self._application = application
        self.by_user_key = product.backend_version == Product.BackendVersion.USER_KEY
        self.edit = self.delete = product.buyers_manage_apps
        self.renew_user_key = self.by_user_key and product.buyer_key_regenerate_enabled
        self.manage_keys = not self.by_user_key and product.buyers_manage_keys
        self.choose_key = self.manage_keys and product.custom_keys_enabled
        self.renew_key = self.manage_keys and product.buyer_key_regenerate_enabled
        self.filters = product.buyers_manage_keys and product.referrer_filters_required
        self.asks_for_plan = product.buyer_plan_change_permission in (
            PlanChange.REQUEST,
            PlanChange.REQUEST_CREDIT_CARD,
        )

    @property
    def add_key(self) -> bool:
        """Whether one more key may be added."""
        most = 1 if self._product.is_oauth else MAX_KEYS
        return self.manage_keys and self._application.keys.count() < most

    @property
    def remove_key(self) -> bool:
        """Whether a key may be removed: never the last where there must be one."""
        must_keep = 1 if self._product.mandatory_app_key else 0
        return self.manage_keys and self._application.keys.count() > must_keep

    def plans(self) -> QuerySet[ApplicationPlan]:
        """To which plans they may go by themselves."""
        plans = self._product.application_plans.exclude(pk=self._application.plan_id)
        if self._product.buyer_plan_change_permission != PlanChange.DIRECT:
            return plans.none()
        return plans.filter(state=ApplicationPlan.State.PUBLISHED, original=None).order_by("pk")


def create_key(application: Application, value: str | None) -> ApplicationKey:
    """One more key; made at random without a value.

    Raises:
        Forbidden: The product does not let developers do it, or there are as many as may be.
        ValidationError: It is no such key, or is there already.
    """
    allowed = Allowed(application)
    _require(allowed.add_key and (value is None or allowed.choose_key))
    return add_key(application, value)


def remove_key(key: ApplicationKey) -> None:
    """Raises Forbidden, or ValidationError where one key must stay."""
    with transaction.atomic():
        allowed = Allowed(key.application)
        _require(allowed.manage_keys)
        if not allowed.remove_key:
            raise ValidationError(ONE_KEY_STAYS)
        key.delete()


def renew_key(key: ApplicationKey) -> ApplicationKey:
    """A new key in the place of another, which is refused from the next call on."""
    _require(Allowed(key.application).renew_key)
    with transaction.atomic():
        key.delete()
        return add_key(key.application)


def renew_user_key(application: Application) -> None:
    """A new user key; the old one is refused from the next call on."""
    _require(Allowed(application).renew_user_key)
    application.user_key = credentials.user_key()
    application.save()


def change_plan(application: Application, plan: ApplicationPlan) -> None:
    """Raises Forbidden where the plan is none to which developers may go by themselves."""
    _require(Allowed(application).plans().filter(pk=plan.pk).exists())
    plan_changes.change_plan(application, plan)


def delete(application: Application) -> None:
    """Raises Forbidden where the product does not let developers do it."""
    _require(Allowed(application).delete)
    application.delete()


def _require(allowed: bool) -> None:
    if not allowed:
        raise Forbidden
