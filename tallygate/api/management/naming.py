"""What the API calls the fields of records."""

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from tallygate.api.management.answer import Problems
from tallygate.api.management.parameter import Parameter

_NAMES = {
    NON_FIELD_ERRORS: "base",
    "account": "account_id",
    "backend": "backend_api_id",
    "feature": "feature_id",
    "metric": "metric_id",
    "parent": "parent_id",
    "plan": "plan_id",
    "product": "service_id",
}
"""Field of a record -> what the API calls it, where it is called otherwise."""


def problems(error: ValidationError, parameters: tuple[Parameter, ...]) -> Problems:
    """What is wrong, by the names of the API: those of the parameters go before the general ones."""
    if not hasattr(error, "error_dict"):
        return {"base": error.messages}
    names = _NAMES | {each.target: each.name for each in parameters if each.target}
    found: dict[str, list[str]] = {}
    for name, messages in error.message_dict.items():
        found.setdefault(names.get(name, name), []).extend(messages)
    return found
