"""A ledger in front of another one: does what that one does, but for what a subclass changes."""

from collections.abc import Iterable, Sequence
from typing import Any

from tallygate.ledger.contract import Ledger, Recorded, Verdict
from tallygate.ledger.entry import Entry
from tallygate.ledger.events import Event
from tallygate.ledger.figures import Figure
from tallygate.ledger.usage import LimitOn, Usage


class DelegatingLedger(Ledger):
    """See `ledger.contract`."""

    def __init__(self, inner: Ledger) -> None:
        self._inner = inner

    @property
    def generation(self) -> int:  # type: ignore[override]
        return self._inner.generation

    def prepare(
        self,
        service: str,
        application: str,
        limits: Sequence[LimitOn],
        usage: Usage | None,
        code: int = 0,
        levels: Sequence[int] = (),
    ) -> Any:
        return self._inner.prepare(service, application, limits, usage, code, levels)

    async def check(self, call: Any) -> Verdict:
        return await self._inner.check(call)

    async def check_and_record(self, call: Any, entry_id: str = "") -> Verdict:
        return await self._inner.check_and_record(call, entry_id)

    def record(
        self, entries: Iterable[Entry], keep_ids: bool = False, watched: Iterable[Any] = ()
    ) -> Recorded:
        return self._inner.record(entries, keep_ids, watched)

    async def utilization(
        self, service: str, application: str, limits: Sequence[LimitOn]
    ) -> tuple[int, ...]:
        return await self._inner.utilization(service, application, limits)

    async def forget(self, service: str, application: str = "") -> None:
        await self._inner.forget(service, application)

    async def traces(self, service: str, application: str) -> dict[str, int]:
        return await self._inner.traces(service, application)

    async def events(self, after: int = 0) -> list[Event]:
        return await self._inner.events(after)

    async def delete_events(self, first: int, last: int) -> int:
        return await self._inner.delete_events(first, last)

    async def claim_notice(self) -> bool:
        return await self._inner.claim_notice()

    async def forget_alert(self, service: str, application: str, level: int) -> bool:
        return await self._inner.forget_alert(service, application, level)

    def figures(self) -> Sequence[Figure]:
        return self._inner.figures()
