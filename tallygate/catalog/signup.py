"""How a developer account comes to be, whoever asks for it."""

from typing import Any

from django.db import transaction

from tallygate.catalog.models import (
    Account,
    AccountPlan,
    Application,
    ApplicationPlan,
    Developer,
    Provider,
)

FIRST_APPLICATION = "API signup"


def sign_up(
    provider: Provider,
    account: dict[str, Any],
    admin: dict[str, Any],
    *,
    password: str = "",
    account_plan: AccountPlan | None = None,
    application_plan: ApplicationPlan | None = None,
) -> Account:
    """An account with its first developer and, where there is a plan for it, an application.

    Args:
        account: Fields of the account, `org_name` at least.
        admin: Fields of the developer, `username` at least.
        password: The developer's; without one they wait until they are activated.
        account_plan: Else the provider's default one.
        application_plan: Else the default one of the provider's first product, if it has one.

    Raises:
        ValidationError: A rule is broken; then nothing has been made.
    """
    with transaction.atomic():
        made = Account.objects.create(provider=provider, plan=account_plan, **account)
        developer = Developer(account=made, role=Developer.Role.ADMIN, **admin)
        if password:
            developer.set_password(password)
            if not made.plan.approval_required:
                developer.state = Developer.State.ACTIVE
        developer.save()
        plan = application_plan or _default_plan(provider)
        if plan is not None:
            Application.objects.create(
                account=made,
                plan=plan,
                name=FIRST_APPLICATION,
                description=FIRST_APPLICATION,
            )
    return made


def _default_plan(provider: Provider) -> ApplicationPlan | None:
    first = provider.products.order_by("pk").first()
    return None if first is None else first.default_application_plan
