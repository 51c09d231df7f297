"""The people of developer accounts."""

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from tallygate.api.management.call import Call
from tallygate.api.management.endpoint import Endpoint
from tallygate.api.management.parameter import Parameter
from tallygate.api.management.records import Records, endpoints
from tallygate.api.management.representation import (
    CREATED_AT,
    UPDATED_AT,
    XML,
    Representation,
    field,
)
from tallygate.catalog.models import Developer

DEVELOPER = Representation(
    "user",
    "users",
    (
        field("id", int, "pk"),
        field("account_id", int, only=XML),
        field("state"),
        field("role"),
        field("username"),
        field("email"),
        field("first_name"),
        field("last_name"),
        CREATED_AT,
        UPDATED_AT,
    ),
    links=(
        ("account", lambda user: f"accounts/{user.account_id}"),
        ("self", lambda user: f"accounts/{user.account_id}/users/{user.pk}"),
    ),
    title="account_user",
)
FILTERS = (
    Parameter("state", attribute=None, choices=tuple(Developer.State.values)),
    Parameter("role", attribute=None, choices=tuple(Developer.Role.values)),
)
_PARAMETERS = (
    Parameter("username", required=True),
    Parameter("email"),
    Parameter("first_name"),
    Parameter("last_name"),
    Parameter("password", attribute=None, description="At least six characters."),
)


def _found(call: Call) -> QuerySet[Developer]:
    return call.account.developers.order_by("pk")


def _set_password(developer: Developer, call: Call) -> None:
    if call.given.get("password"):
        try:
            developer.set_password(call.given["password"])
        except ValidationError as error:
            call.given.problems.update(error.message_dict)


DEVELOPERS = Records(
    DEVELOPER,
    "developer_id",
    _found,
    lambda call: Developer(account=call.account),
    _PARAMETERS,
    _set_password,
)


_OF_ACCOUNT = "accounts/{account_id}/users"
_EACH = f"{_OF_ACCOUNT}/{{developer_id}}"
_EVENTS = {
    "activate": "Activate a user",
    "suspend": "Suspend a user",
    "unsuspend": "Let a suspended user in again",
}

ENDPOINTS = (
    Endpoint(
        "GET", _OF_ACCOUNT, DEVELOPERS.filtered("state", "role"), "see_accounts",
        "List an account's users", "Account users", FILTERS, DEVELOPER, many=True,
    ),
    *endpoints(
        _OF_ACCOUNT, DEVELOPERS, group="Account users", what="user", see="see_accounts",
        edit="edit_accounts", only="create show update destroy",
    ),
    *(
        Endpoint(
            "PUT", f"{_EACH}/{event}", DEVELOPERS.event(event), "edit_accounts", summary,
            "Account users", shape=DEVELOPER,
        )
        for event, summary in _EVENTS.items()
    ),
    *(
        Endpoint(
            "PUT", f"{_EACH}/{role}", DEVELOPERS.change(role=role), "edit_accounts",
            f"Make a user {role} of the account", "Account users", shape=DEVELOPER,
        )
        for role in Developer.Role.values
    ),
)  # fmt: skip
