"""The first provider and all that a first counted call needs. Makes only what is missing."""

from typing import Any

from django.db import transaction

from tallygate.catalog import credentials
from tallygate.catalog.models import (
    AccessToken,
    Account,
    Application,
    ApplicationPlan,
    Product,
    Provider,
    ServiceToken,
    User,
)
from tallygate.catalog.sections import SCOPES


def make() -> dict[str, Any]:
    """As `bootstrap.bootstrap` says. All in one transaction, that lets no other writer in between."""
    with transaction.atomic():
        provider = _first(Provider.objects.all()) or Provider.objects.create(name="Provider")
        admin, password, access_token = _admin(provider)
        product = _product(provider)
        application = make_application(product)
        return {
            "provider": {"id": provider.pk, "provider_key": provider.provider_key},
            "access_token": access_token,
            "admin": {"username": admin.username, "password": password},
            "product": {
                "id": product.pk,
                "system_name": product.system_name,
                "service_token": _service_token(product).value,
            },
            "plan": {"id": application.plan_id},
            "account": {"id": application.account_id},
            "application": {"id": application.pk, "user_key": application.user_key},
            "not_shown": [] if password else ["access_token", "admin.password"],
        }


def _admin(provider: Provider) -> tuple[User, str | None, str | None]:
    """The first admin, and the password and the access token if they were made just now."""
    found = _first(provider.users.filter(role=User.Role.ADMIN))
    if found is not None:
        return found, None, None
    password = credentials.password()
    admin = User.objects.create_user(provider, "admin", password, role=User.Role.ADMIN)
    _, value = AccessToken.issue(admin, "Full access", SCOPES, AccessToken.Permission.READ_WRITE)
    return admin, password, value


def _product(provider: Provider) -> Product:
    return _first(provider.products.all()) or Product.objects.create(
        provider=provider, name="API", state=Product.State.PUBLISHED
    )


def _service_token(product: Product) -> ServiceToken:
    return _first(product.service_tokens.all()) or ServiceToken.objects.create(product=product)


def make_application(product: Product) -> Application:
    """A live application of the product, with the plan and the account it needs where they are missing."""
    found = _first(product.applications.filter(state=Application.State.LIVE))
    if found is not None:
        return found
    plan = _first(product.application_plans.filter(approval_required=False))
    plan = plan or ApplicationPlan.objects.create(
        product=product, name="Basic", state=ApplicationPlan.State.PUBLISHED
    )
    account = _first(product.provider.accounts.filter(state=Account.State.APPROVED))
    account = account or Account.objects.create(provider=product.provider, org_name="Developer")
    return Application.objects.create(account=account, plan=plan, name="Developer's App")


def _first(found: Any) -> Any:
    return found.order_by("pk").first()
