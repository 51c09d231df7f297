"""Errors on their way from the event loop to the disk: grouped at once, written together by a thread, at most once a second.

They are worth less than calls: what comes too fast, or what the disk does not take, is lost and only counted.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

import structlog
from msgspec.structs import replace

from tallygate.domain.clock import Clock
from tallygate.integration_errors.record import Context, Group, Naming, Page
from tallygate.integration_errors.store import FAILURES, ErrorStore

log = structlog.get_logger()

WRITE_AFTER_S: Final = 1.0
MAX_WAITING: Final = 500
"""How many different errors may wait to be written; a caller that invents a new one with each call gets no further."""

T = TypeVar("T")


class ErrorRecorder:
    """Belongs to the event loop's thread.

    Attributes:
        recorded: How many errors were handed in since the start.
    """

    def __init__(self, store: ErrorStore, clock: Clock) -> None:
        """The store is used by the recorder's own thread only."""
        self._store = store
        self._clock = clock
        self._waiting: dict[tuple[str, str, str], Group] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(1, "integration-errors")
        self._writing: Future[None] | None = None
        self._failing = False
        self._too_many = self._unwritten = 0
        self.recorded = 0

    @property
    def lost(self) -> int:
        """How many of the recorded were not kept."""
        return self._too_many + self._unwritten

    def record(self, service: str, code: str, message: str, context: Callable[[], Context]) -> None:
        """Keeps an error. Must be called in a running event loop.

        Args:
            message: Without secrets.
            context: Asked for only when no such error is waiting.
        """
        self.recorded += 1
        key = (service, code, message)
        now_ms = self._clock.now_ms()
        waiting = self._waiting.get(key)
        if waiting is not None:
            self._waiting[key] = replace(waiting, last_ms=now_ms, count=waiting.count + 1)
            return
        if len(self._waiting) >= MAX_WAITING:
            self._too_many += 1
            return
        self._waiting[key] = Group(service, code, message, now_ms, now_ms, 1, context())
        if self._timer is None:
            self._set_timer()

    async def page(self, service: str, page: int, per_page: int) -> Page:
        """The errors of a service, with all that were handed in before. See `ErrorStore.page`.

        Raises:
            One of FAILURES: They cannot be read.
        """
        now_ms = self._clock.now_ms()
        return await self.after_waiting(lambda: self._store.page(service, now_ms, page, per_page))

    async def delete(self, service: str) -> int:
        """Forgets all errors of a service, with all that were handed in before. Returns how many groups there were.

        Raises:
            One of FAILURES: They are still there.
        """
        return await self.after_waiting(lambda: self._store.delete(service))

    async def count_of(self, service: str, naming: Naming) -> int:
        """How many groups of a service name somebody, with all that were handed in before.

        Raises:
            One of FAILURES: They cannot be read.
        """
        return await self.after_waiting(lambda: self._store.count_of(service, naming))

    async def forget(self, service: str, naming: Naming) -> int:
        """Deletes the groups of a service that name somebody, with all that were handed in before.

        Raises:
            One of FAILURES: Some may still be there.
        """
        return await self.after_waiting(lambda: self._store.forget(service, naming))

    def close(self) -> None:
        """Writes what waits, and ends the thread."""
        self._write_waiting()
        self._thread.submit(self._store.close)
        self._thread.shutdown()

    async def after_waiting(self, ask: Callable[[], T]) -> T:
        """What `ask` gives, in the thread that has the store, when all that was handed in before is written or lost."""
        self._write_waiting()
        return await asyncio.get_running_loop().run_in_executor(self._thread, ask)

    def _set_timer(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(WRITE_AFTER_S, self._on_time)

    def _on_time(self) -> None:
        if self._writing is None or self._writing.done():
            self._write_waiting()
        else:
            self._set_timer()  # a disk that hangs must not make a queue

    def _write_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            groups, self._waiting = list(self._waiting.values()), {}
            self._writing = self._thread.submit(self._write, groups, self._clock.now_ms())

    def _write(self, groups: list[Group], now_ms: int) -> None:
        try:
            self._store.add(groups, now_ms)
            self._failing = False
        except FAILURES as error:
            self._unwritten += sum(group.count for group in groups)
            if not self._failing:
                log.warning("integration errors cannot be kept", reason=str(error))
            self._failing = True
