"""The gate of a server: the socket on which it listens, and the server that takes connections from there.

The socket may be the parent's, and outlive this process. To leave without breaking a call, the server

    1. closes each connection with its next answer, and still takes new ones;
    2. shuts the gate: connections wait in the socket's queue for whoever comes next;
    3. answers the few that were taken and have not sent their call yet;
    4. stops the server, which closes what is idle and waits for what is under way.

Stopping at once (4 alone) would close connections that a client has just made, or is just about to use again.
"""

import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Any, Final

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

_BACKLOG: Final = 1024


class _Server(Server):  # type: ignore[misc]
    """Granian on a socket that is there already."""

    def __init__(self, app: Any, listening: socket.socket) -> None:
        host, port = listening.getsockname()[:2]
        super().__init__(
            app,
            address=host,
            port=port,
            interface=Interfaces.RSGI,
            http=HTTPModes.http1,
            websockets=False,
            backlog=_BACKLOG,
            log_enabled=False,
        )
        self._listening = listening

    def _init_shared_socket(self) -> None:
        self._ssp = None
        self._sfd = os.dup(self._listening.fileno())
        self._shd = SocketHolder(self._sfd, False, _BACKLOG)  # type: ignore[call-arg]

    @property
    def descriptor(self) -> int:
        return int(self._sfd)


class Gate:
    """Serves an RSGI application."""

    def __init__(self, app: Any, listening: socket.socket) -> None:
        self._port = listening.getsockname()[1]
        self._server = _Server(app, listening)
        self._nowhere: socket.socket | None = None
        self._known: dict[str, bool] = {}

    async def serve(self) -> None:
        """Returns after `stop`, when all connections are closed."""
        await self._server.serve()

    def shut(self) -> None:
        """Takes no more connections.

        The server cannot be told so without closing those that it has. So its descriptor is made to mean a socket to which
        nobody connects; the kernel's queue of connections stays with the one that it meant.
        """
        self._nowhere = socket.create_server(("127.0.0.1", 0))
        self._nowhere.setblocking(False)
        os.dup2(self._nowhere.fileno(), self._server.descriptor)

    def stop(self) -> None:
        """Closes what is idle, and lets what is under way come to its end."""
        self._server.stop()

    def close(self) -> None:
        if self._nowhere is not None:
            self._nowhere.close()

    def connections(self) -> set[str]:
        """The connections of clients, each by a name of its own."""
        found = set()
        for number in os.listdir("/proc/self/fd"):
            try:
                name = os.readlink(f"/proc/self/fd/{number}")
            except OSError:  # closed meanwhile
                continue
            if name.startswith("socket:") and self._is_clients(name, int(number)):
                found.add(name)
        return found

    def _is_clients(self, name: str, descriptor: int) -> bool:
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = _is_connected_to(descriptor, self._port)
        return known


def _is_connected_to(descriptor: int, port: int) -> bool:
    """Whether a descriptor is a connection that a client has made to the port."""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as connection:
            if connection.family not in (socket.AF_INET, socket.AF_INET6):
                return False
            connection.getpeername()
            return bool(connection.getsockname()[1] == port)
    except OSError:
        return False


def break_off(client: str) -> None:
    """Ends the connection of a client whose call is under way, so that it does not take a part of an answer for all.

    The server has no word for it: it ends a body without a length as if it were complete.

    Args:
        client: `ADDRESS:PORT`, as the server names it.
    """
    host, _, port = client.rpartition(":")
    wanted = (host.strip("[]"), int(port))
    for descriptor in _sockets():
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as connection:
            if connection.getpeername()[:2] == wanted:
                connection.shutdown(socket.SHUT_RDWR)


def _sockets() -> Iterator[int]:
    """The descriptors of this process that are sockets."""
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # closed meanwhile
            if os.readlink(f"/proc/self/fd/{number}").startswith("socket:"):
                yield int(number)
