"""Developer accounts: signed up, found, changed."""

from typing import Any

from django.db.models import QuerySet

from tallygate.api.management.answer import Answer, Shown
from tallygate.api.management.call import Call, one
from tallygate.api.management.developers import DEVELOPER
from tallygate.api.management.endpoint import Endpoint
from tallygate.api.management.parameter import Kind, Parameter
from tallygate.api.management.plans import ACCOUNT_PLAN
from tallygate.api.management.records import Records, endpoints
from tallygate.api.management.representation import (
    CREATED_AT,
    UPDATED_AT,
    XML,
    Representation,
    field,
)
from tallygate.catalog.access import NotFound, number_of
from tallygate.catalog.models import Account, AccountPlan, Developer
from tallygate.catalog.signup import sign_up

ACCOUNT = Representation(
    "account",
    "accounts",
    (
        field("id", int, "pk"),
        field("created_at", CREATED_AT.type),
        field("updated_at", UPDATED_AT.type),
        field("state"),
        field("org_name"),
        field("monthly_billing_enabled", bool),
        field("monthly_charging_enabled", bool),
        field("credit_card_stored", bool, lambda _account: False),  # cards are never stored here
        field("annotations", dict, only="json"),
        field("plans", ACCOUNT_PLAN, lambda account: [account.plan], only=XML, many=True),
        field("users", DEVELOPER, lambda account: account.developers.all(), only=XML, many=True),
    ),
    links=(
        ("self", lambda account: f"accounts/{account.pk}"),
        ("users", lambda account: f"accounts/{account.pk}/users"),
        ("applications", lambda account: f"accounts/{account.pk}/applications"),
        ("plan", lambda account: f"accounts/{account.pk}/plan"),
    ),
)

_OF_ACCOUNT = (
    Parameter("org_name", required=True, description="The organisation's name."),
    Parameter("monthly_billing_enabled", Kind.BOOLEAN),
    Parameter("monthly_charging_enabled", Kind.BOOLEAN),
    Parameter("annotations", Kind.OBJECT, "managed_by: which tool manages it."),
)
_OF_ADMIN = (
    Parameter("username", required=True, description="Of the account's first user."),
    Parameter("email"),
    Parameter("first_name"),
    Parameter("last_name"),
)
SIGNUP_PARAMETERS = (
    *_OF_ACCOUNT,
    *_OF_ADMIN,
    Parameter("password", description="Without one the user waits until activated."),
    Parameter("account_plan_id", Kind.INTEGER, "By default the default one."),
    Parameter("application_plan_id", Kind.INTEGER, "The plan of an application that is made too."),
)
FIND_PARAMETERS = (
    Parameter("username", attribute=None, description="Of one of its users."),
    Parameter("user_id", attribute=None),
    Parameter("email", attribute=None),
)
INDEX_PARAMETERS = (Parameter("state", attribute=None, choices=tuple(Account.State.values)),)
PLAN_PARAMETERS = (
    Parameter("plan_id", Kind.INTEGER, "An account plan.", attribute=None, required=True),
)


def _found(call: Call) -> QuerySet[Account]:
    found = call.asker.accounts()
    if call.form == XML:
        found = found.select_related("plan__provider").prefetch_related("developers")
    return found


ACCOUNTS = Records(ACCOUNT, "account_id", _found, parameters=_OF_ACCOUNT, paged=True)


def signup(call: Call) -> Answer:
    given = call.given
    plan = given.get("account_plan_id")
    application_plan = given.get("application_plan_id")
    call.refuse_problems()
    account = sign_up(
        call.asker.provider,
        _some(call, _OF_ACCOUNT),
        _some(call, _OF_ADMIN),
        password=given.get("password", ""),
        account_plan=None if plan is None else one(_account_plans(call), plan),
        application_plan=None if application_plan is None else one(call.plans(), application_plan),
    )
    return Shown(ACCOUNT, account, status=201)


def find(call: Call) -> Answer:
    """By a user of the account."""
    developers = Developer.objects.filter(provider=call.asker.provider).select_related("account")
    for name in ("username", "user_id", "email"):
        value = call.given.get(name)
        if value:
            which = {"pk": number_of(value)} if name == "user_id" else {name: value}
            developer = developers.filter(**which).first()
            if developer is not None:
                return Shown(ACCOUNT, developer.account)
            break
    raise NotFound


def show_plan(call: Call) -> Answer:
    return Shown(ACCOUNT_PLAN, call.account.plan)


def change_plan(call: Call) -> Answer:
    account = call.account
    account.plan = one(_account_plans(call), call.wanted("plan_id"))
    account.save()
    return Shown(ACCOUNT_PLAN, account.plan)


def _some(call: Call, parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    return {each.name: call.given[each.name] for each in parameters if each.name in call.given}


def _account_plans(call: Call) -> QuerySet[AccountPlan]:
    return AccountPlan.objects.filter(provider=call.asker.provider).select_related("provider")


_EACH = "accounts/{account_id}"
_EVENTS = {
    "approve": "Approve an account",
    "reject": "Reject an account",
    "make_pending": "Let an account wait for approval",
    "suspend": "Suspend an account",
    "resume": "Resume a suspended account",
}

ENDPOINTS = (
    Endpoint(
        "POST", "signup", signup, "edit_accounts", "Create an account with its first user",
        "Accounts", SIGNUP_PARAMETERS, ACCOUNT,
    ),
    Endpoint(
        "GET", "accounts", ACCOUNTS.filtered("state"), "see_accounts", "List accounts",
        "Accounts", INDEX_PARAMETERS, ACCOUNT, many=True, paged=True,
    ),
    Endpoint(
        "GET", "accounts/find", find, "see_accounts", "Find an account by one of its users",
        "Accounts", FIND_PARAMETERS, ACCOUNT,
    ),
    *endpoints(
        "accounts", ACCOUNTS, group="Accounts", what="account", see="see_accounts",
        edit="edit_accounts", delete="delete_accounts", only="show update destroy",
    ),
    *(
        Endpoint(
            "PUT", f"{_EACH}/{event}", ACCOUNTS.event(event), "edit_accounts", summary,
            "Accounts", shape=ACCOUNT,
        )
        for event, summary in _EVENTS.items()
    ),
    Endpoint(
        "GET", f"{_EACH}/plan", show_plan, "see_accounts", "Read an account's plan", "Accounts",
        shape=ACCOUNT_PLAN,
    ),
    Endpoint(
        "PUT", f"{_EACH}/change_plan", change_plan, "edit_accounts", "Change an account's plan",
        "Accounts", PLAN_PARAMETERS, ACCOUNT_PLAN,
    ),
)  # fmt: skip
