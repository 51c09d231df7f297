"""How records of the catalog look in answers: as objects in JSON, as columns in tables."""

from typing import Any

from tallygate.analytics.counted import Counted, Label
from tallygate.analytics.keys import Key
from tallygate.api.v1.tables import Column
from tallygate.catalog.access import number_of
from tallygate.catalog.models import Account, Application, ApplicationPlan, Metric, Product

_COLUMNS = {
    "product": (Column("product_id", "whole"), Column("product")),
    "application": (
        Column("application_id", "whole"),
        Column("application"),
        Column("application_app_id"),
    ),
    "account": (Column("account_id", "whole"), Column("account")),
    "plan": (Column("plan_id", "whole"), Column("plan")),
    "method": (Column("method"),),
    "response_code": (Column("response_code"),),
    "class": (Column("class"),),
}


def product_json(product: Product | None, service_id: str) -> dict[str, Any]:
    """Of one that exists no more only the number."""
    if product is None:
        return {"id": number_of(service_id), "name": None, "system_name": None}
    return {"id": product.pk, "name": product.name, "system_name": product.system_name}


def application_json(application: Application | None, app_id: str) -> dict[str, Any]:
    """`application_id` is its id in the protocols; of one that exists no more it is all that there is."""
    if application is None:
        return {"id": None, "application_id": app_id, "name": None, "state": None}
    return {
        "id": application.pk,
        "application_id": application.application_id,
        "name": application.name,
        "state": application.state,
    }


def account_json(account: Account | None) -> dict[str, Any] | None:
    return None if account is None else {"id": account.pk, "name": account.org_name}


def plan_json(plan: ApplicationPlan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    return {"id": plan.pk, "name": plan.name, "system_name": plan.system_name}


def metric_json(metric: Metric) -> dict[str, Any]:
    """A metric or a method."""
    return Label(metric.pk, metric.friendly_name, metric.system_name, metric.unit)._asdict()


def label_json(label: Label | None) -> dict[str, Any] | None:
    """A metric or a method."""
    return None if label is None else label._asdict()


def key_json(key: Key, by: tuple[str, ...]) -> dict[str, Any]:
    """What lines are split by."""
    found: dict[str, Any] = {}
    if key.service_id is not None:
        found["product"] = product_json(key.product, key.service_id)
    if key.consumer is not None:
        found["application"] = application_json(key.application, key.consumer.application)
    if "account" in by or key.consumer is not None:
        found["account"] = account_json(key.account)
    if "plan" in by or key.consumer is not None:
        found["plan"] = plan_json(key.plan)
    return found


def counted_json(counted: Counted, splits: tuple[str, ...]) -> dict[str, Any]:
    """What is counted; `method` is null for what is of none."""
    found: dict[str, Any] = {"metric": label_json(counted.metric)}
    if "method" in splits:
        found["method"] = label_json(counted.method)
    if "class" in splits:
        found["class"] = counted.code
    elif counted.code is not None:
        found["response_code"] = counted.code
    return found


def columns(by: tuple[str, ...], splits: tuple[str, ...], codes: bool) -> tuple[Column, ...]:
    """Of keys and of what is counted.

    Args:
        codes: Whether response codes were asked for.
    """
    names = [*(name for name in _COLUMNS if name in by)]
    if "application" in by:
        names = ["product", "application", "account", "plan"]
    named = [column for name in names for column in _COLUMNS[name]]
    counted = [name for name in ("method", "class") if name in splits]
    if codes and "class" not in splits:
        counted.append("response_code")
    return (*named, Column("metric"), *(c for name in counted for c in _COLUMNS[name]))


def cells(key: Key, counted: Counted, names: tuple[Column, ...]) -> list[Any]:
    """The values of these columns."""
    found = {
        "product_id": number_of(key.service_id or ""),
        "product": key.product and key.product.name,
        "application_id": key.application and key.application.pk,
        "application": key.application and key.application.name,
        "application_app_id": key.consumer and key.consumer.application,
        "account_id": key.account and key.account.pk,
        "account": key.account and key.account.org_name,
        "plan_id": key.plan and key.plan.pk,
        "plan": key.plan and key.plan.name,
        "metric": counted.metric and counted.metric.system_name,
        "method": counted.method and counted.method.system_name,
        "response_code": counted.code,
        "class": counted.code,
    }
    return [found[column.name] for column in names]
