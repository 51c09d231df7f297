"""The history of a home folder: what the console opens, and all that others use of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from tallygate.domain.clock import Clock
from tallygate.domain.errors import StillDeleting
from tallygate.history import disk, query, verify
from tallygate.history.answer import Answer
from tallygate.history.deletion import Deletion
from tallygate.history.disk import Use
from tallygate.history.engine import ChdbEngine, Engine
from tallygate.history.forgetting import Forgetting
from tallygate.history.historian import Historian
from tallygate.history.progress import ProgressFile
from tallygate.history.question import Consumer, Question
from tallygate.history.ranking import Place, Ranking, rank
from tallygate.history.retention import Retention
from tallygate.history.schema import MINUTE, create_tables
from tallygate.history.store import Store
from tallygate.history.tail import Subscription, Tail
from tallygate.history.upgrade import Upgrade
from tallygate.history.verify import Difference
from tallygate.ledger.logs import Logs
from tallygate.ledger.opening import logs_of
from tallygate.settings import Settings


class Snapshot:
    """The history as it stands at one moment: all of its answers are of the same entries, and add up.

    Attributes:
        complete_until_s: All that was acknowledged before this second is in it.
        minutes_since_s: From when on usage by minute is kept.
    """

    def __init__(self, engine: Engine, complete_until_s: int, minutes_since_s: int) -> None:
        self._engine = engine
        self.complete_until_s = complete_until_s
        self.minutes_since_s = minutes_since_s

    def ask(self, question: Question) -> Answer:
        """As `History.ask`."""
        return query.ask(self._engine, question, self.complete_until_s, self.minutes_since_s)

    def rank(self, ranking: Ranking) -> list[Place]:
        """Which lines come first. Raises what `ask` raises."""
        return rank(self._engine, ranking, self.minutes_since_s)


class History:
    """Answers questions, after catching up with the ledger's logs. Every method may be called from any thread.

    Each question, `snapshot`, `catch_up`, `rows`, `disk`, `verify` and `last_hit_s` raises HistoryUnavailable, with the reason,
    when the engine or a log cannot be used now; the next call tries again.
    """

    def __init__(self, settings: Settings, clock: Clock, engine: Engine, logs: Logs) -> None:
        self._engine = engine
        self._clock = clock
        self._tail = Tail()
        deletion, store = Deletion(engine), Store(engine)
        self._forgetting = Forgetting(engine, deletion, store)
        self._historian = Historian(
            logs,
            store,
            self._forgetting,
            Upgrade(engine, deletion),
            ProgressFile(settings.history / "historian.json"),
            Retention(self._engine, settings.raw_days, settings.minute_days, settings.quarter_days),
            clock,
            self._tail,
        )

    @classmethod
    def open(cls, settings: Settings, clock: Clock) -> Self:
        """The history of `settings.home`. The engine starts when it is first needed."""
        engine = ChdbEngine(settings.history, create_tables)
        return cls(settings, clock, engine, logs_of(settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Follows the logs in a thread of its own until `close`."""
        self._historian.start()

    def close(self) -> None:
        """Ends the thread after the batch in hand and lets go of the files."""
        self._tail.close()
        self._historian.stop()
        self._engine.close()

    def catch_up(self) -> None:
        """Returns when everything that was acknowledged before the call is in the tables."""
        self._historian.catch_up()

    def retain(self) -> None:
        """Drops what is older than is to be kept; the thread does it every hour."""
        self._historian.retain()

    def ask(self, question: Question) -> Answer:
        """Answers with everything in it that was acknowledged before the call.

        Raises:
            QuestionError: The question cannot be answered; the message says why.
        """
        complete_until_s = self._clock.now_s()
        progress = self._historian.catch_up()
        minutes_since_s = progress.since_s.get(MINUTE.name, 0)
        return query.ask(self._engine, question, complete_until_s, minutes_since_s)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """For several questions that belong together. Nothing is written to the history while it is in use: be brief."""
        complete_until_s = self._clock.now_s()
        with self._historian.still() as progress:
            yield Snapshot(self._engine, complete_until_s, progress.since_s.get(MINUTE.name, 0))

    def last_hit_s(
        self,
        product: str | tuple[str, ...] | None,
        *series: str,
        among: tuple[Consumer, ...] | None = None,
    ) -> int | None:
        """When any of the series was last counted, as `query.last_hit_s` says; None if never."""
        self._historian.catch_up()
        return query.last_hit_s(self._engine, product, series, among)

    def watch(self, *products: str) -> Subscription:
        """The entries of these products that come in from now on, when questions see them too. Close it."""
        return self._tail.subscribe(products)

    def rows(self, product: str, application: str | None = None) -> dict[str, int]:
        """By table, how many rows it has of a product or an application. Waits until what is forgotten is deleted."""
        while True:
            try:
                with self._historian.still():
                    return self._forgetting.rows(product, application)
            except StillDeleting:
                continue

    def disk(self) -> list[Use]:
        """What each table takes on disk, with what is in the logs."""
        with self._historian.still():
            return disk.uses(self._engine, self._clock.now_s())

    def verify(self) -> list[Difference]:
        """Recomputes the roll-ups from the raw entries still kept, and of earlier times adds the applications up to the
        products' totals; the list must be empty."""
        with self._historian.still() as progress:
            days = verify.days(self._engine, progress.since_s)
            months = verify.months(self._engine, progress.since_s)
        found = []
        for table, day in days:
            # Still for a day at a time, so that questions need not wait for all of them.
            with self._historian.still() as progress:
                found += verify.differences(self._engine, table, day, progress.since_s)
        for table, number in months:
            with self._historian.still() as progress:
                found += verify.totals(self._engine, table, number, progress.since_s)
        return found
