"""What every ledger promises. `embedded` keeps it on one machine; a shared ledger keeps it on Redis.

what                        embedded                                     Redis
check, count, note          one turn of the event loop                   one script
durable                     fdatasync of the log before the answer       as its `appendfsync` says
the same call at once       exactly as many pass as the limits allow, on both
an id                       looked up, checked and counted in that one step, on both
not known whether counted   never: the log has it or not                 the connection broke: OSError, and it may be counted
"""

from collections.abc import Awaitable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from tallygate.domain.errors import IdConflict, TallygateError
from tallygate.domain.limits import Epoch
from tallygate.ledger.entry import Entry
from tallygate.ledger.events import Event
from tallygate.ledger.figures import Figure
from tallygate.ledger.usage import LimitOn, Usage


class Verdict(NamedTuple):
    """What the ledger says of a call.

    Attributes:
        authorized: Whether it is within its limits (and so was counted, if that was asked for).
        values: The current value of each of the call's limits, with what was counted just now.
        epoch: The periods to which the values belong.
        repeated: It was counted before under its id, and not again.
    """

    authorized: bool
    values: tuple[int, ...]
    epoch: Epoch
    repeated: bool = False


class Prepared(Protocol):
    """A call that was worked out once, to be used again until `Ledger.generation` changes."""

    @property
    def limits(self) -> tuple[LimitOn, ...]: ...
    @property
    def usage(self) -> Usage: ...


class Recorded(Protocol):
    """What became of the entries given to `Ledger.record`, by their index. Await `batch` first.

    Attributes:
        batch: Returns when what was accepted is durable, and so is what the duplicates repeat; raises OSError when not.
    """

    @property
    def batch(self) -> Awaitable[None]: ...
    @property
    def accepted(self) -> Sequence[int]: ...
    @property
    def duplicates(self) -> Sequence[int]: ...
    @property
    def conflicts(self) -> Sequence[tuple[int, IdConflict]]: ...


class Stale(TallygateError):
    """The registry has changed since the call was prepared: nothing was counted; prepare it anew.

    Only of ledgers that share a database with the registry, and so notice in the same step.
    """


class Ledger(Protocol):
    """Exact counters and a durable log.

    Every awaited method raises OSError when the ledger cannot be reached or written now.
    """

    generation: int
    """Changes when prepared calls made before must no longer be used."""

    def prepare(
        self,
        service: str,
        application: str,
        limits: Sequence[LimitOn],
        usage: Usage | None,
        code: int = 0,
        levels: Sequence[int] = (),
    ) -> Any:
        """Works a call out.

        Args:
            limits: Of the application's plan, in the protocol's order.
            usage: What it counts, after roll-up; None = it names none: then all limits are checked as they stand.
            levels: Percentages of utilization at which an alert is raised.
        """
        ...

    async def check(self, call: Any) -> Verdict:
        """Whether the call is within its limits now. Counts nothing.

        Raises:
            Stale
        """
        ...

    async def check_and_record(self, call: Any, entry_id: str = "") -> Verdict:
        """Counts the call if it is within its limits, atomically; durable when it returns.

        Args:
            entry_id: Under it the call counts once: a repetition of what was counted is authorized, whatever its limits
                say by now. That of a call that was denied, or counts nothing, is not remembered.

        Raises:
            Stale
            IdConflict: The id was used with another content.
        """
        ...

    def record(
        self, entries: Iterable[Entry], keep_ids: bool = False, watched: Iterable[Any] = ()
    ) -> Recorded:
        """Counts entries of one product without asking for limits; each at its own time, all of them or none.

        Args:
            keep_ids: Remember their ids for ever (imported history) instead of for the window.
            watched: Calls that count nothing, prepared with the levels and limits of the entries' applications:
                whoever reaches a level by these entries raises an alert.
        """
        ...

    async def utilization(
        self, service: str, application: str, limits: Sequence[LimitOn]
    ) -> tuple[int, ...]:
        """The current value of each limit's metric in its period."""
        ...

    async def forget(self, service: str, application: str = "") -> None:
        """All that was counted of a service is gone: its counters at once, its history when the historian comes to it.

        Args:
            application: Only what was counted of this one, and with it all else that names it: its ids, and events that
                nobody has fetched. The history keeps its usage as that of nobody, so that the service's totals stay.
        """
        ...

    async def traces(self, service: str, application: str) -> dict[str, int]:
        """What names an application, by place: so many `counters`, `ids`, `events`, and entries of the `log`.

        What nobody needs any more leaves the log first.
        """
        ...

    async def events(self, after: int = 0) -> list[Event]:
        """What happened and was not deleted yet, in the order of their ids; only those with ids above `after`."""
        ...

    async def delete_events(self, first: int, last: int) -> int:
        """Deletes the events with these ids, both ends included; returns how many there were."""
        ...

    async def claim_notice(self) -> bool:
        """Whether there are events and it is the caller's turn to tell of them: nobody's was in the last NOTICE_EVERY_S."""
        ...

    async def forget_alert(self, service: str, application: str, level: int) -> bool:
        """The level may be alerted again at once; returns whether it had been, since it was last forgotten."""
        ...

    def figures(self) -> Sequence[Figure]:
        """How it goes, for those who operate it."""
        ...
