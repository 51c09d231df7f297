"""The listener's processes of one supervisor: started again when they die, and replaced without a call noticing.

Each serves on a socket of its own that the supervisor holds open. So a client that calls while a process is away waits
in the kernel's queue, and is refused by nobody.

To replace a process, a successor is started beside it and prepares all it can. Then the other one is asked to leave; the
successor takes over the ledger at the moment in which it lets go of it. They are replaced one after the other.

    what fails                                behaviour
    the successor cannot start                the other process goes on, and a line says so
    the other process does not leave in time  it is killed; calls that were under way there are not answered
    it dies while its successor prepares      both are started again as ever; the ledger is one's of them at a time
"""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tallygate.child import Child, Role

LEAVES_WITHIN_S = 75.0
"""A process that was asked to leave waits half a minute for idle clients, and half a minute for slow ones."""


class _Successor(NamedTuple):
    """A child that prepares to take over the place of another one.

    Attributes:
        place: The index of the other one.
        prepared: A pipe, from which a byte can be read when it is ready for that.
    """

    place: int
    child: Child
    prepared: int


class Listeners:
    """All of them.

    Attributes:
        current: Those in charge, one for each socket.
    """

    def __init__(
        self,
        role: Role,
        run: Path,
        sockets: Sequence[socket.socket],
        say: Callable[[str], None],
    ) -> None:
        self._sockets = sockets
        self._run = run
        self._say = say
        role = role._replace(workers=len(sockets))
        self._roles = [_named(role, place) for place in range(len(sockets))]
        self.current = [self._child(place) for place in range(len(sockets))]
        self._to_replace: list[int] = []
        self._successor: _Successor | None = None
        self._leaving: list[tuple[Child, float]] = []

    @property
    def ready(self) -> bool:
        return all(child.ready for child in self.current)

    @property
    def busy(self) -> bool:
        """Whether some are being replaced."""
        return bool(self._to_replace or self._successor or self._leaving)

    def all(self) -> Iterator[Child]:
        """Every child, also those that come and go."""
        yield from self.current
        if self._successor is not None:
            yield self._successor.child
        yield from (child for child, _ in self._leaving)

    def replace(self) -> None:
        """Begins to replace all of them; `step` does it."""
        if self.busy:
            self._say("the listener is being replaced already")
        else:
            self._to_replace = list(range(len(self.current)))

    def step(self) -> None:
        """Does what can be done now; to be called again and again."""
        self._leaving = [each for each in self._leaving if _still_leaves(*each)]
        if self._successor is not None:
            self._watch(self._successor)
        elif self._to_replace and not self._leaving and self.ready:
            self._begin(self._to_replace.pop(0))

    def _begin(self, place: int) -> None:
        prepared, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            child = self._child(place)
            child.start(successor=write_end)
        finally:
            os.close(write_end)
        self._successor = _Successor(place, child, prepared)

    def _watch(self, successor: _Successor) -> None:
        if successor.child.reap() is not None:
            self._say("the new listener cannot start; its reason stands above. The old one goes on")
            self._to_replace = []
        elif _is_prepared(successor.prepared):
            before = self.current[successor.place]
            before.ask(signal.SIGHUP)
            self._leaving.append((before, time.monotonic() + LEAVES_WITHIN_S))
            successor.child.was_ready = before.was_ready
            self.current[successor.place] = successor.child
        else:
            return
        os.close(successor.prepared)
        self._successor = None

    def _child(self, place: int) -> Child:
        return Child(self._roles[place], self._run, self._sockets[place])


def _named(role: Role, place: int) -> Role:
    return role if place == 0 else role._replace(name=f"{role.name}-{place + 1}")


def _is_prepared(descriptor: int) -> bool:
    try:
        return bool(os.read(descriptor, 1))
    except BlockingIOError:
        return False


def _still_leaves(child: Child, until_s: float) -> bool:
    child.reap()
    if child.runs and time.monotonic() >= until_s:
        child.wait(0)
    return child.runs
