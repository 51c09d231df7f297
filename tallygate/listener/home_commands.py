"""What the commands of this installation ask of its running listener. They know its internal token."""

import hmac
import re
from typing import Any, Final

import msgspec

from tallygate.domain.errors import ProtocolError, Unavailable
from tallygate.integration_errors.recorder import ErrorRecorder
from tallygate.ledger.contract import Ledger
from tallygate.listener.answers import JSON_HEADERS
from tallygate.listener.backfill import Backfill
from tallygate.listener.body import read_body
from tallygate.listener.forgetting import Forgetting, Who
from tallygate.registry.contract import Registry

_PATH: Final = re.compile(r"/internal/(?:services/([^/]+)|applications)/(\w+)")
_OF_SERVICES: Final = ("backfill", "forget")
_OF_APPLICATIONS: Final = ("forget", "traces")
_MAX_BYTES: Final = 16 * 1024 * 1024


class HomeCommands:
    """The HTTP endpoints.

    POST /internal/services/{id}/backfill   NDJSON of hits; see `backfill`
    POST /internal/services/{id}/forget     all that was counted of a service, whether or not it still exists
    POST /internal/applications/forget      what ledger and integration errors hold of `forgetting.Who`
    POST /internal/applications/traces      by place, how much that is
    """

    def __init__(
        self, registry: Registry, ledger: Ledger, errors: ErrorRecorder, internal_token: str
    ) -> None:
        self._ledger = ledger
        self._forgetting = Forgetting(ledger, errors)
        self._backfill = Backfill(registry, ledger)
        self._authorization = f"Bearer {internal_token}".encode()

    def is_meant(self, scope: Any) -> bool:
        """Whether a call is one of this installation's own commands, and none of the Internal API's."""
        given = scope.headers.get("authorization") or ""
        ours = given.startswith("Bearer") or _command(scope.path) is not None
        return bool(ours and scope.method == "POST")

    async def answer(self, scope: Any, protocol: Any) -> None:
        given = (scope.headers.get("authorization") or "").encode("latin-1", "replace")
        if not hmac.compare_digest(given, self._authorization):
            _send(protocol, 401, {"error": "the internal token of this installation is needed"})
            return
        command = _command(scope.path)
        if command is None:
            _send(protocol, 404, {"status": "not_found", "error": "Not found"})
            return
        try:
            data = await read_body(protocol, scope.headers, _MAX_BYTES)
            result = await self._result(*command, data)
        except ProtocolError as error:
            _send(protocol, error.status, {"error": error.message})
        except msgspec.DecodeError as error:
            _send(protocol, 400, {"error": str(error)})
        except OSError as error:
            reason = f"not all was done, send it again: {error.strerror}"
            _send(protocol, Unavailable.status, {"error": reason})
        else:
            _send(protocol, 200, result)

    async def _result(self, service_id: str | None, command: str, data: bytes) -> object:
        if service_id is None:
            who = msgspec.json.decode(data, type=Who)
            if command == "traces":
                return await self._forgetting.traces(who)
            await self._forgetting.forget(who)
        elif command == "backfill":
            return await self._backfill.count(service_id, data)
        else:
            await self._ledger.forget(service_id)
        return {"status": "to_be_deleted"}


def _command(path: str) -> tuple[str | None, str] | None:
    """The service that a path names, None if none, and what is to be done; None if it is no path of ours."""
    match = _PATH.fullmatch(path)
    if match is None or match[2] not in (_OF_SERVICES if match[1] else _OF_APPLICATIONS):
        return None
    return match[1], match[2]


def _send(protocol: Any, status: int, answer: object) -> None:
    protocol.response_bytes(status, JSON_HEADERS, msgspec.json.encode(answer))
