"""Applications and their credentials."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from tallygate.api.management.answer import Answer, Listed, Shown
from tallygate.api.management.call import Call, one
from tallygate.api.management.endpoint import Endpoint
from tallygate.api.management.parameter import Kind, Parameter
from tallygate.api.management.plans import APPLICATION_PLAN
from tallygate.api.management.records import Records, endpoints
from tallygate.api.management.representation import (
    CREATED_AT,
    UPDATED_AT,
    XML,
    Representation,
    field,
)
from tallygate.catalog import plan_changes
from tallygate.catalog.access import NotFound, number_of
from tallygate.catalog.application_keys import add_key
from tallygate.catalog.models import Application, ApplicationPlan, Product

_BY_TRAFFIC = ("active_since", "inactive_since")
_UNSUPPORTED = "is not supported; the Analytics API tells of traffic"

_USER_KEY = Product.BackendVersion.USER_KEY


def _by_user_key(application: Application) -> bool:
    return application.product.backend_version == _USER_KEY


def _by_id(application: Application) -> bool:
    return not _by_user_key(application)


def _is_oauth(application: Application) -> bool:
    return application.product.is_oauth


def _keys(application: Application) -> list[str]:
    return [key.value for key in application.keys.all()]


def path(application: Application) -> str:
    """Below `/admin/api/`."""
    return f"accounts/{application.account_id}/applications/{application.pk}"


APPLICATION = Representation(
    "application",
    "applications",
    (
        field("id", int, "pk"),
        field("state"),
        field("enabled", bool),
        field("created_at", CREATED_AT.type),
        field("updated_at", UPDATED_AT.type),
        field("service_id", int, "product_id"),
        field("service_name", str, "product.name", only="json"),
        field("plan_id", int, only="json"),
        field("plan_name", str, "plan.name", only="json"),
        field("account_id", int, only="json"),
        field("user_account_id", int, "account_id", only=XML),
        field("org_name", str, "account.org_name", only="json"),
        field("user_key", when=_by_user_key),
        field("application_id", when=_by_id),
        field("redirect_url", when=_is_oauth),
        field("client_id", str, "application_id", when=_is_oauth, only="json"),
        field(
            "client_secret",
            str,
            lambda of: next(iter(_keys(of)), None),
            when=_is_oauth,
            only="json",
            null=True,
        ),
        field("keys", list[str], _keys, when=_by_id, only=XML),
        field("plan", APPLICATION_PLAN, only=XML),
        field("name"),
        field("description"),
    ),
    links=(
        ("self", path),
        ("service", lambda of: f"services/{of.product_id}"),
        ("account", lambda of: f"accounts/{of.account_id}"),
        ("plan", lambda of: f"services/{of.product_id}/application_plans/{of.plan_id}"),
        ("keys", lambda of: f"{path(of)}/keys"),
        ("referrer_filters", lambda of: f"{path(of)}/referrer_filters"),
    ),
)
_CHANGED = (
    Parameter("name", required=True),
    Parameter("description"),
    Parameter("user_key", description="Made if left out."),
    Parameter("redirect_url", description="To which an OAuth sign-in may return."),
)
_NEW = (
    Parameter("plan_id", Kind.INTEGER, "An application plan.", attribute=None, required=True, only_new=True),
    Parameter("application_id", only_new=True, description="Its id in the protocols; made if left out."),
    Parameter("application_key", Kind.TEXTS, "Its keys.", attribute=None, only_new=True),
)  # fmt: skip
INDEX_PARAMETERS = (
    Parameter("service_id", attribute=None),
    Parameter("plan_id", attribute=None),
    Parameter("account", attribute=None, description="The account's id."),
    Parameter("plan_type", attribute=None, choices=("free", "paid")),
    Parameter("state", attribute=None, choices=tuple(Application.State.values)),
    Parameter("name", attribute=None, description="Part of it."),
    Parameter("user_key", attribute=None),
)
FIND_PARAMETERS = (
    Parameter("user_key", attribute=None, description="Of products with user keys."),
    Parameter("app_id", attribute=None, description="Of other products."),
    Parameter("application_id", attribute=None, description="Its number."),
    Parameter("id", attribute=None, description="The same."),
    Parameter("service_id", attribute=None),
)
PLAN_PARAMETERS = (
    Parameter(
        "plan_id", Kind.INTEGER, "A plan of the same product.", attribute=None, required=True
    ),
)


def _of_account(call: Call) -> QuerySet[Application]:
    return call.applications().filter(account=call.account)


def _new(call: Call) -> Application:
    return Application(account=call.account)


def _set_plan(application: Application, call: Call) -> None:
    if application._state.adding and call.given.get("plan_id") is not None:
        application.plan = one(call.plans(), call.given["plan_id"])
        application.product = application.plan.product


APPLICATIONS = Records(
    APPLICATION, "application_id", _of_account, _new, (*_NEW, *_CHANGED), _set_plan
)


def create(call: Call) -> Answer:
    """With the keys that are given; without any the product decides whether it gets one."""
    application = _new(call)
    APPLICATIONS.save(application, call)
    keys = call.given.get("application_key") or []
    if keys:
        application.keys.all().delete()
    for value in keys:
        add_key(application, value, "application_key")
    return Shown(APPLICATION, application, status=201)


def index(call: Call) -> Answer:
    """Of all products that the caller may see, narrowed down by what is given."""
    refused = {name: [_UNSUPPORTED] for name in _BY_TRAFFIC if call.query.get(name)}
    if refused:
        raise ValidationError(refused)
    records, pages = call.page(call.applications().filter(_narrowed(call)))
    return Listed(APPLICATION, records, pages)


def find(call: Call) -> Answer:
    """One by its credential or number; of the account in the path, if there is one."""
    found = _of_account(call) if "account_id" in call.ids else call.applications()
    given = call.given
    if given.get("service_id"):
        found = found.filter(product=number_of(given["service_id"]))
    if given.get("user_key"):
        which = Q(product__backend_version=_USER_KEY, user_key=given["user_key"])
    elif given.get("app_id"):
        which = Q(application_id=given["app_id"]) & ~Q(product__backend_version=_USER_KEY)
    else:
        return Shown(APPLICATION, one(found, given.get("application_id") or given.get("id") or ""))
    application = found.filter(which).first()
    if application is None:
        raise NotFound
    return Shown(APPLICATION, application)


def change_plan(call: Call) -> Answer:
    application = call.application
    plan = one(call.plans(), call.wanted("plan_id"))
    return _plan(plan_changes.change_plan(application, plan))


def customize_plan(call: Call) -> Answer:
    return _plan(plan_changes.customize_plan(call.application))


def decustomize_plan(call: Call) -> Answer:
    return _plan(plan_changes.decustomize_plan(call.application))


def _plan(plan: ApplicationPlan) -> Answer:
    return Shown(APPLICATION_PLAN, plan)


_NARROWING: dict[str, Callable[[str], Q]] = {
    "service_id": lambda text: Q(product=number_of(text)),
    "plan_id": lambda text: Q(plan=number_of(text)),
    "account": lambda text: Q(account=number_of(text)),
    "plan_type": lambda text: Q(plan__in=_plans(paid=text == "paid")),
    "state": lambda text: Q(state=text),
    "name": lambda text: Q(name__icontains=text),
    "user_key": lambda text: Q(user_key=text),
}


def _plans(*, paid: bool) -> QuerySet[ApplicationPlan]:
    costs = Q(cost_per_month__gt=0) | Q(setup_fee__gt=0) | Q(pricing_rules__isnull=False)
    return ApplicationPlan.objects.filter(costs if paid else ~costs)


def _narrowed(call: Call) -> Q:
    which = Q()
    for name, narrow in _NARROWING.items():
        value: Any = call.given.get(name)
        if value:
            which &= narrow(value)
    return which


_OF_ACCOUNT_PATH = "accounts/{account_id}/applications"
_EACH = f"{_OF_ACCOUNT_PATH}/{{application_id}}"
_EVENTS = {
    "accept": "Accept a pending application",
    "suspend": "Suspend an application",
    "resume": "Resume a suspended application",
}
_ENDPOINT = partial(Endpoint, group="Applications")

ENDPOINTS = (
    _ENDPOINT(
        "GET", "applications", index, "see_accounts", "List applications of all accounts",
        parameters=INDEX_PARAMETERS, shape=APPLICATION, many=True, paged=True,
    ),
    *(
        _ENDPOINT(
            "GET", f"{path}/find", find, "see_accounts", "Find an application by a credential",
            parameters=FIND_PARAMETERS, shape=APPLICATION,
        )
        for path in ("applications", _OF_ACCOUNT_PATH)
    ),
    _ENDPOINT(
        "POST", _OF_ACCOUNT_PATH, create, "edit_accounts", "Create an application",
        parameters=APPLICATIONS.parameters, shape=APPLICATION, wrapper="application",
    ),
    *endpoints(
        _OF_ACCOUNT_PATH, APPLICATIONS, group="Applications", what="application",
        see="see_accounts", edit="edit_accounts", only="index show update destroy",
    ),
    *(
        _ENDPOINT(
            "PUT", f"{_EACH}/{event}", APPLICATIONS.event(event), "edit_accounts", summary,
            shape=APPLICATION,
        )
        for event, summary in _EVENTS.items()
    ),
    _ENDPOINT(
        "PUT", f"{_EACH}/change_plan", change_plan, "edit_accounts",
        "Change an application's plan", parameters=PLAN_PARAMETERS, shape=APPLICATION_PLAN,
    ),
    _ENDPOINT(
        "PUT", f"{_EACH}/customize_plan", customize_plan, "edit_accounts",
        "Give an application a plan of its own", shape=APPLICATION_PLAN,
    ),
    _ENDPOINT(
        "PUT", f"{_EACH}/decustomize_plan", decustomize_plan, "edit_accounts",
        "Put an application back under its former plan", shape=APPLICATION_PLAN,
    ),
)  # fmt: skip
