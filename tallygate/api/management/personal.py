"""What is a user's own: access tokens, and which notifications they want."""

from datetime import UTC, datetime
from functools import partial
from operator import itemgetter

from django.core.exceptions import ValidationError
from django.db.models import Q

from tallygate.api.management.answer import Answer, Done, Listed, Shown
from tallygate.api.management.call import Call, one
from tallygate.api.management.endpoint import JSON_ONLY, Endpoint
from tallygate.api.management.parameter import TIME_EXAMPLE, Kind, Parameter
from tallygate.api.management.representation import JSON, Representation, field
from tallygate.catalog import credentials
from tallygate.catalog.access import Forbidden, NotFound, number_of
from tallygate.catalog.models import AccessToken, User
from tallygate.catalog.notifications import NOTIFICATIONS, preferences
from tallygate.catalog.sections import SCOPES
from tallygate.web import runtime

_FUTURE = f"Date must follow ISO8601 format and be future. Example: {TIME_EXAMPLE}"

_FIELDS = (
    field("id", int, "pk"),
    field("name"),
    field("scopes", list[str]),
    field("permission"),
    field("expires_at", datetime, null=True),
)
ACCESS_TOKEN = Representation("access_token", "access_tokens", _FIELDS)
NEW_ACCESS_TOKEN = Representation(
    "access_token",
    "access_tokens",
    (*_FIELDS, field("value", only=JSON)),
    title="new_access_token",
)
PREFERENCES = Representation(
    "notification_preferences",
    "notification_preferences",
    tuple(field(name, bool, itemgetter(name)) for name in NOTIFICATIONS),
)
TOKEN_PARAMETERS = (
    Parameter("name", required=True),
    Parameter("permission", required=True, choices=tuple(AccessToken.Permission.values)),
    Parameter("scopes", Kind.TEXTS, required=True, choices=SCOPES),
    Parameter("expires_at", Kind.TIME, "From then on it is refused; never if left out."),
)
TOKEN_FILTERS = (Parameter("name", attribute=None),)
PREFERENCE_PARAMETERS = tuple(Parameter(name, Kind.BOOLEAN) for name in NOTIFICATIONS)


def tokens(call: Call) -> Answer:
    found = call.user().access_tokens.order_by("pk")
    if call.given.get("name"):
        found = found.filter(name=call.given["name"])
    return Listed(ACCESS_TOKEN, list(found))


def create_token(call: Call) -> Answer:
    """With its value, which is never shown again."""
    return _issued(call.user(), call)


def create_token_of_user(call: Call) -> Answer:
    """The same under an older address: for oneself only."""
    user = call.user()
    if number_of(call.ids["user_id"]) != user.pk:
        raise Forbidden
    return _issued(user, call)


def show_token(call: Call) -> Answer:
    return Shown(ACCESS_TOKEN, _token(call))


def destroy_token(call: Call) -> Answer:
    _token(call).delete()
    return Done()


def notifications(call: Call) -> Answer:
    return _preferences(call.user())


def update_notifications(call: Call) -> Answer:
    """What is not mentioned stays."""
    user = call.user()
    known = {*NOTIFICATIONS, "access_token", "notification_preferences"}
    unknown = sorted(set(call.query) - known)
    problems = dict(call.given.problems) | {name: ["is unknown"] for name in unknown}
    if problems:
        raise ValidationError(problems)
    user.notifications = {**user.notifications, **{name: call.given[name] for name in call.given}}
    user.save()
    return _preferences(user)


def _preferences(user: User) -> Answer:
    return Shown(PREFERENCES, preferences(user.notifications))


def _issued(user: User, call: Call) -> Answer:
    given = call.given
    expires_at: datetime | None = given.get("expires_at")
    if expires_at is not None and expires_at <= datetime.fromtimestamp(
        runtime.clock().now_s(), UTC
    ):
        given.problems["expires_at"] = [_FUTURE]
    call.refuse_problems()
    token, value = AccessToken.issue(
        user, given["name"], given["scopes"], given["permission"], expires_at
    )
    token.value = value
    return Shown(NEW_ACCESS_TOKEN, token, status=201)


def _token(call: Call) -> AccessToken:
    """By its number or its value."""
    found = call.user().access_tokens
    key = call.ids["token"]
    if number_of(key) is not None:
        token: AccessToken = one(found.all(), key)
        return token
    by_value = found.filter(Q(digest=credentials.digest(key))).first()
    if by_value is None:
        raise NotFound
    return by_value


_TOKENS = "personal/access_tokens"
_PREFERENCES = "personal/notification_preferences"
_TOKEN = partial(Endpoint, ability="own", group="Access tokens", formats=JSON_ONLY)
_PREFERENCE = partial(Endpoint, ability="own", group="Notification preferences", formats=JSON_ONLY)

ENDPOINTS = (
    _TOKEN(
        "GET", _TOKENS, tokens, summary="List one's access tokens", parameters=TOKEN_FILTERS,
        shape=ACCESS_TOKEN, many=True,
    ),
    _TOKEN(
        "POST", _TOKENS, create_token, summary="Create an access token",
        parameters=TOKEN_PARAMETERS, shape=NEW_ACCESS_TOKEN, wrapper="token",
    ),
    _TOKEN(
        "POST", "users/{user_id}/access_tokens", create_token_of_user,
        summary="Create an access token of one's own", parameters=TOKEN_PARAMETERS,
        shape=NEW_ACCESS_TOKEN, wrapper="token",
    ),
    _TOKEN(
        "GET", f"{_TOKENS}/{{token}}", show_token, summary="Read an access token",
        shape=ACCESS_TOKEN,
    ),
    _TOKEN("DELETE", f"{_TOKENS}/{{token}}", destroy_token, summary="Delete an access token"),
    _PREFERENCE(
        "GET", _PREFERENCES, notifications, summary="Read one's notification preferences",
        shape=PREFERENCES,
    ),
    _PREFERENCE(
        "PUT", _PREFERENCES, update_notifications,
        summary="Set one's notification preferences", parameters=PREFERENCE_PARAMETERS,
        shape=PREFERENCES, wrapper="notification_preferences",
    ),
)  # fmt: skip
