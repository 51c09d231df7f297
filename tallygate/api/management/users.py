"""The portal's users, and what they may do."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from tallygate.api.management.answer import Answer, Done, Shown
from tallygate.api.management.call import Call
from tallygate.api.management.endpoint import Endpoint
from tallygate.api.management.parameter import Kind, Parameter
from tallygate.api.management.records import Records, endpoints
from tallygate.api.management.representation import (
    CREATED_AT,
    JSON,
    UPDATED_AT,
    XML,
    Representation,
    field,
)
from tallygate.catalog.access import Forbidden
from tallygate.catalog.errors import DeletionRefused
from tallygate.catalog.models import User
from tallygate.catalog.passwords import check_length
from tallygate.catalog.sections import SECTIONS

USER = Representation(
    "user",
    "users",
    (
        field("id", int, "pk"),
        field("account_id", int, "provider_id", only=XML),
        field("state"),
        field("role"),
        field("username"),
        field("email"),
        field("first_name"),
        field("last_name"),
        CREATED_AT,
        UPDATED_AT,
    ),
    links=(("self", lambda user: f"users/{user.pk}"),),
)


def _sections(user: User) -> list[str]:
    """An admin may go everywhere."""
    return sorted(SECTIONS if user.is_admin else user.allowed_sections)


def _product_ids(user: User) -> list[int] | None:
    return None if user.is_admin else user.allowed_product_ids


PERMISSIONS = Representation(
    "permissions",
    "permissions",
    (
        field("user_id", int, "pk"),
        field("role"),
        field("allowed_sections", list[str], _sections),
        field("allowed_service_ids", list[int], _product_ids, only=JSON, null=True),
        field(
            "allowed_service_ids", list[int], _product_ids,
            only=XML, when=lambda user: _product_ids(user) is not None,
        ),
    ),
    links=(("user", lambda user: f"users/{user.pk}"),),
)  # fmt: skip
FILTERS = (
    Parameter("state", attribute=None, choices=tuple(User.State.values)),
    Parameter("role", attribute=None, choices=tuple(User.Role.values)),
)
_PARAMETERS = (
    Parameter("username", required=True),
    Parameter("email", required=True),
    Parameter("first_name"),
    Parameter("last_name"),
    Parameter("password", attribute=None, description="At least six characters."),
)
PERMISSION_PARAMETERS = (
    Parameter("allowed_sections", Kind.TEXTS, "Of a member.", choices=SECTIONS),
    Parameter(
        "allowed_service_ids", Kind.INTEGERS,
        "Of a member: [] = none; nothing after the name = all, also future ones.",
        attribute="allowed_product_ids", empty=None,
    ),
)  # fmt: skip


def _found(call: Call) -> QuerySet[User]:
    """All of the provider's for admins; else oneself."""
    if not call.asker.may("manage_users"):
        call.user()
    return call.asker.users().select_related("provider")


def _new(call: Call) -> User:
    user = User(provider=call.asker.provider, state=User.State.PENDING)
    user.set_unusable_password()
    return user


def _set_password(user: User, call: Call) -> None:
    password: Any = call.given.get("password")
    if not password:
        return
    try:
        check_length(password)
    except ValidationError as error:
        call.given.problems.update(error.message_dict)
    else:
        user.set_password(password)


USERS = Records(USER, "user_id", _found, _new, _PARAMETERS, _set_password)
PERMISSIONS_OF_USERS = Records(PERMISSIONS, "user_id", _found, parameters=PERMISSION_PARAMETERS)


def destroy(call: Call) -> Answer:
    """Anybody but oneself."""
    user = USERS.one(call)
    if call.asker.user == user:
        raise DeletionRefused("You cannot delete yourself")
    user.delete()
    return Done()


def update_permissions(call: Call) -> Answer:
    """Of a member; an admin has all."""
    user = PERMISSIONS_OF_USERS.one(call)
    if user.is_admin:
        raise Forbidden
    PERMISSIONS_OF_USERS.save(user, call)
    return Shown(PERMISSIONS, user)


_EACH = "users/{user_id}"
_EVENTS = {
    "activate": "Activate a user",
    "suspend": "Suspend a user",
    "unsuspend": "Let a suspended user in again",
}

ENDPOINTS = (
    Endpoint(
        "GET", "users", USERS.filtered("state", "role"), "manage_users",
        "List the provider's users", "Users", FILTERS, USER, many=True,
    ),
    *endpoints(
        "users", USERS, group="Users", what="user", see="own", edit="own",
        create="manage_users", only="create show update",
    ),
    Endpoint("DELETE", _EACH, destroy, "manage_users", "Delete a user", "Users"),
    *(
        Endpoint(
            "PUT", f"{_EACH}/{event}", USERS.event(event), "manage_users", summary, "Users",
            shape=USER,
        )
        for event, summary in _EVENTS.items()
    ),
    *(
        Endpoint(
            "PUT", f"{_EACH}/{role}", USERS.change(role=role), "manage_users",
            f"Make a user {role}", "Users", shape=USER,
        )
        for role in User.Role.values
    ),
    Endpoint(
        "GET", f"{_EACH}/permissions", PERMISSIONS_OF_USERS.show, "own",
        "Read what a user may do", "Users", shape=PERMISSIONS,
    ),
    Endpoint(
        "PUT", f"{_EACH}/permissions", update_permissions, "manage_users",
        "Set what a member may do", "Users", PERMISSION_PARAMETERS, PERMISSIONS,
        wrapper="permissions",
    ),
)  # fmt: skip
