"""The Internal API's HTTP face: who may call, what was sent, which endpoint answers."""

from typing import Any, Final

import msgspec

from tallygate import __version__
from tallygate.domain.errors import ProtocolError
from tallygate.ledger.embedded import Ledger
from tallygate.listener.body import read_body
from tallygate.listener.internal import (
    applications,
    credentials,
    limits,
    metrics,
    service_tokens,
    services,
)
from tallygate.listener.internal.answers import Answer, Refused, not_found
from tallygate.listener.internal.auth import BasicAuth
from tallygate.listener.internal.provisioning import Provisioning, Work
from tallygate.listener.internal.request import Request, read_parameters
from tallygate.listener.internal.routing import Router
from tallygate.listener.internal.utilization import Utilization
from tallygate.registry.reader import Registry
from tallygate.settings import Settings

PREFIX: Final = "/internal"
_MAX_BYTES: Final = 4 * 1024 * 1024
_HEADERS: Final = [("content-type", "application/json"), ("x-content-type-options", "nosniff")]
_UNAUTHORIZED: Final = [
    ("content-type", "text/plain"), ("www-authenticate", 'Basic realm=""'), ("content-length", "0"),
]  # fmt: skip

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
]
_WRITING: Final[list[tuple[str, str, Work]]] = [
    ("POST", "/services/", services.create),
    ("PUT", "/services/change_provider_key/{key+}", services.change_provider_key),
    ("PUT", _SERVICE, services.update),
    ("DELETE", _SERVICE, services.delete),
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
]
_WHOLE_APPLICATION: Final[list[tuple[str, Work]]] = [
    ("POST", applications.create), ("PUT", applications.update), ("DELETE", applications.delete),
]  # fmt: skip


class InternalApi:
    """Answers what is under `/internal`."""

    def __init__(self, registry: Registry, ledger: Ledger, settings: Settings) -> None:
        self._auth = BasicAuth(settings)
        self._provisioning = Provisioning(settings.database)
        self._router = Router()
        self._add_routes(Utilization(registry, ledger))

    async def answer(self, scope: Any, protocol: Any) -> None:
        headers = scope.headers
        if not self._auth.admits(headers.get("authorization")):
            protocol.response_empty(401, _UNAUTHORIZED)
            return
        try:
            answer = await self._answer(scope, protocol)
        except Refused as refused:
            answer = refused.answer
        except ProtocolError as error:
            answer = Refused(error.status, error.message).answer
        protocol.response_bytes(answer.status, _HEADERS, msgspec.json.encode(answer.body))

    def close(self) -> None:
        self._provisioning.close()

    async def _answer(self, scope: Any, protocol: Any) -> Answer:
        """Raises Refused or ProtocolError where something is wrong with the call."""
        if "\ufffd" in scope.path:  # what stands there was no UTF-8: two ids could look the same
            raise Refused(400, "all data must be valid UTF8")
        if not self._auth.wanted and scope.headers.get("origin") is not None:
            raise Refused(403, "without a password, web pages may not call the Internal API")
        found = self._router.find(scope.method, scope.path.removeprefix(PREFIX))
        if found is None:
            raise not_found("Not found")
        endpoint, ids = found
        body = await read_body(protocol, scope.headers, _MAX_BYTES)
        content_type = scope.headers.get("content-type") or ""
        parameters = read_parameters(scope.query_string, content_type, body)
        return await endpoint(Request(ids, parameters))

    def _add_routes(self, utilization: Utilization) -> None:
        router, reading, writing = (
            self._router,
            self._provisioning.reading,
            self._provisioning.writing,
        )
        router.add("GET", "/check.json", _check)
        router.add("GET", "/status", _status)
        router.add("GET", f"{_APPLICATION}/utilization/", utilization.get)
        for method, pattern, work in _READING:
            router.add(method, pattern, reading(work))
        for method, pattern, work in _WRITING:
            router.add(method, pattern, writing(work))
        # Last: an application id may itself look like one of the paths below it.
        router.add("GET", _APPLICATION, reading(applications.get))
        for method, work in _WHOLE_APPLICATION:
            router.add(method, _APPLICATION, writing(work))


async def _check(request: Request) -> Answer:
    return Answer(200, {"status": "ok"})


async def _status(request: Request) -> Answer:
    return Answer(200, {"status": "ok", "version": {"backend": __version__}})
