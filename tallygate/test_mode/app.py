"""The HTTP face of test mode: `/__test/NAME`; everything else is the listener's."""

import sqlite3
from typing import Any, Final

import msgspec

from tallygate.domain.errors import InputError, ProtocolError
from tallygate.listener.app import Listener
from tallygate.listener.body import read_body
from tallygate.listener.closing import ClosingProtocol
from tallygate.test_mode.commands import PARAMETERS, Commands

_PREFIX: Final = "/__test/"
_HEADERS: Final = [("content-type", "application/json")]
_MAX_BYTES: Final = 1024 * 1024


class TestModeApp:
    """An RSGI application in front of the listener's."""

    __test__ = False  # for pytest

    def __init__(self, listener: Listener, commands: Commands) -> None:
        self._listener = listener
        self._commands = commands

    @property
    def leaving(self) -> bool:
        return self._listener.leaving

    @leaving.setter
    def leaving(self, leaving: bool) -> None:
        self._listener.leaving = leaving

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        if not scope.path.startswith(_PREFIX):
            await self._listener.__rsgi__(scope, protocol)
            return
        if self.leaving:
            protocol = ClosingProtocol(protocol)
        status, body = await self._answer(scope, protocol)
        protocol.response_bytes(status, _HEADERS, msgspec.json.encode(body))

    async def _answer(self, scope: Any, protocol: Any) -> tuple[int, dict[str, Any]]:
        name = scope.path.removeprefix(_PREFIX)
        if name not in PARAMETERS or scope.method != "POST":
            known = ", ".join(f"POST {_PREFIX}{each}" for each in PARAMETERS)
            return 404, {"error": f"there is no {scope.method} {scope.path}; there are {known}"}
        if scope.headers.get("origin") is not None:
            return 403, {"error": "web pages may not use test mode"}
        try:
            data = await read_body(protocol, scope.headers, _MAX_BYTES)
            return 200, await self._commands.run(name, data.strip() or b"{}")
        except ProtocolError as error:
            return error.status, {"error": error.message}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InputError) as error:
            return 400, {"error": str(error)}
        except (OSError, sqlite3.Error) as error:
            return 503, {"error": f"not all was done: {error}"}
