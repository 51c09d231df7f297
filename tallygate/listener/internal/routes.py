"""The paths of the Internal API. A slash at the end counts."""

from typing import Final

from tallygate import __version__
from tallygate.listener.internal import (
    applications,
    credentials,
    limits,
    metrics,
    service_tokens,
    services,
)
from tallygate.listener.internal.answers import Answer
from tallygate.listener.internal.errors import Errors
from tallygate.listener.internal.events import Events
from tallygate.listener.internal.provisioning import Provisioning, Work
from tallygate.listener.internal.request import Request
from tallygate.listener.internal.routing import Router
from tallygate.listener.internal.stats import Stats
from tallygate.listener.internal.usage import Usage
from tallygate.listener.internal.utilization import Utilization

_SERVICE: Final = "/services/{service}"
_APPLICATIONS: Final = f"{_SERVICE}/applications"
_APPLICATION: Final = f"{_APPLICATIONS}/{{application+}}"
_METRIC: Final = f"{_SERVICE}/metrics/{{metric}}"
_LIMIT: Final = f"{_SERVICE}/plans/{{plan}}/usagelimits/{{metric}}/{{period}}"
_ALERTS: Final = f"{_SERVICE}/alert_limits/"

_READING: Final[list[tuple[str, str, Work]]] = [
    ("GET", _SERVICE, services.get),
    ("GET", f"{_APPLICATIONS}/key/{{user_key+}}", applications.get_by_user_key),
    ("GET", f"{_APPLICATION}/keys/", credentials.keys),
    ("GET", f"{_APPLICATION}/referrer_filters", credentials.referrer_filters),
    ("GET", _METRIC, metrics.get),
    ("GET", _LIMIT, limits.get_usage_limit),
    ("GET", _ALERTS, limits.alert_limits),
    ("HEAD", "/service_tokens/{token+}/{service}/", service_tokens.exists),
    ("GET", "/service_tokens/{token+}/{service}/provider_key", service_tokens.provider_key),
    ("GET", _APPLICATION, applications.get),
]
_WRITING: Final[list[tuple[str, str, Work]]] = [
    ("POST", "/services/", services.create),
    ("PUT", "/services/change_provider_key/{key+}", services.change_provider_key),
    ("PUT", _SERVICE, services.update),
    ("PUT", f"{_APPLICATIONS}/batch", applications.update_batch),
    ("PUT", f"{_APPLICATION}/key/{{user_key+}}", applications.put_user_key),
    ("DELETE", f"{_APPLICATIONS}/key/{{user_key+}}", applications.delete_user_key),
    ("POST", f"{_APPLICATION}/keys/", credentials.create_key),
    ("DELETE", f"{_APPLICATION}/keys/{{value+}}", credentials.delete_key),
    ("POST", f"{_APPLICATION}/referrer_filters", credentials.create_referrer_filter),
    ("DELETE", f"{_APPLICATION}/referrer_filters/{{value+}}", credentials.delete_referrer_filter),
    ("POST", _METRIC, metrics.create),
    ("PUT", _METRIC, metrics.update),
    ("DELETE", _METRIC, metrics.delete),
    ("PUT", _LIMIT, limits.put_usage_limit),
    ("DELETE", _LIMIT, limits.delete_usage_limit),
    ("POST", _ALERTS, limits.create_alert_limit),
    ("DELETE", f"{_ALERTS}{{level}}", limits.delete_alert_limit),
    ("POST", "/service_tokens/", service_tokens.create),
    ("DELETE", "/service_tokens/", service_tokens.delete),
    ("POST", _APPLICATION, applications.create),
    ("PUT", _APPLICATION, applications.update),
    ("DELETE", _APPLICATION, applications.delete),
]


def routes(
    provisioning: Provisioning,
    utilization: Utilization,
    usage: Usage,
    stats: Stats,
    errors: Errors,
    events: Events,
) -> Router:
    """All routes. Those of a whole application come last: its id may itself look like a path below another one."""
    router = Router()
    router.add("GET", "/check.json", _check)
    router.add("GET", "/status", _status)
    router.add("GET", f"{_APPLICATION}/utilization/", utilization.get)
    router.add("GET", f"{_APPLICATION}/usage", usage.of_application)
    router.add("GET", f"{_SERVICE}/usage", usage.of_service)
    router.add("DELETE", f"{_SERVICE}/stats", stats.delete)
    router.add("GET", f"{_SERVICE}/errors/", errors.get)
    router.add("DELETE", f"{_SERVICE}/errors/", errors.delete)
    router.add("GET", "/events/", events.get)
    router.add("DELETE", "/events/", events.delete_up_to)
    router.add("DELETE", "/events/{event}", events.delete)
    router.add("DELETE", _SERVICE, errors.forgotten_after(provisioning.writing(services.delete)))
    for method, pattern, work in _READING:
        router.add(method, pattern, provisioning.reading(work))
    for method, pattern, work in _WRITING:
        router.add(method, pattern, provisioning.writing(work))
    return router


async def _check(request: Request) -> Answer:
    return Answer(200, {"status": "ok"})


async def _status(request: Request) -> Answer:
    return Answer(200, {"status": "ok", "version": {"backend": __version__}})
