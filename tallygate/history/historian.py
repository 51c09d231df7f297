"""The historian: follows the ledger's logs and writes them into the history, each entry exactly once.

A batch goes through three durable steps: note the batch, write the tables, note the new position. A
crash between any two leaves the batch noted; the next start reads the same entries again and writes
what is missing (see `store`). A place of a log that says that a product or an application is forgotten
is a batch of its own (see `forgetting`).
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import msgspec
import structlog

from tallygate.domain.clock import Clock
from tallygate.domain.errors import HistoryUnavailable, LogCorrupt
from tallygate.history.forgetting import FORGOTTEN, Forgetting
from tallygate.history.progress import Batch, Progress, ProgressFile
from tallygate.history.question import Consumer
from tallygate.history.retention import Retention
from tallygate.history.schema import RAW
from tallygate.history.store import Store
from tallygate.history.tail import Tail
from tallygate.history.upgrade import LAYOUT, Upgrade
from tallygate.ledger.entry import FORGET, Entry
from tallygate.ledger.logs import Logs, Positions, behind

BATCH_ENTRIES = 20_000
"""At about this many entries a batch is closed: some tens of megabytes of rows."""
POLL_S = 0.5
"""A question brings the history up to date by itself; the thread only keeps its wait short."""
MAX_BACKOFF_S = 10.0

log = structlog.get_logger(__name__)


class Historian:
    """Writes the logs into the tables. Any thread may ask it to catch up; one works at a time."""

    def __init__(
        self,
        logs: Logs,
        store: Store,
        forgetting: Forgetting,
        upgrade: Upgrade,
        file: ProgressFile,
        retention: Retention,
        clock: Clock,
        tail: Tail,
    ) -> None:
        self._logs = logs
        self._store = store
        self._forgetting = forgetting
        self._upgrade = upgrade
        self._file = file
        self._retention = retention
        self._clock = clock
        self._tail = tail
        self._working = threading.Lock()
        self._progress: Progress | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def catch_up(self, give_up: Callable[[], bool] = lambda: False) -> Progress:
        """Writes all that is in the logs at this moment, and says where the history then stands.

        Args:
            give_up: Asked after each batch whether to leave the rest.

        Raises:
            HistoryUnavailable: It cannot; the message says why.
        """
        try:
            target = self._logs.end()
            while True:
                with self._working:
                    progress = self._loaded()
                    if _is_whole(progress) and not behind(progress.positions, target):
                        return progress
                    if give_up() or not self._step(progress, target):
                        return self._loaded()
        except (OSError, ValueError, LogCorrupt, msgspec.DecodeError) as error:
            raise HistoryUnavailable(f"the history cannot follow the log: {error}") from error

    def retain(self) -> Progress:
        """Drops what is older than is to be kept, and says what is kept since when.

        Raises:
            HistoryUnavailable: It cannot; the message says why.
        """
        try:
            with self._working:
                progress = self._loaded()
                since_s = self._retention.since_s(progress.since_s, self._clock.now_s())
                if since_s != progress.since_s:
                    # Noted first: what is about to go must not be promised, nor written again.
                    self._note(msgspec.structs.replace(progress, since_s=since_s))
                if self._retention.drop(since_s):
                    self._store.forget_marks()
                return self._loaded()
        except (OSError, LogCorrupt, msgspec.DecodeError) as error:
            raise HistoryUnavailable(f"the history cannot be trimmed: {error}") from error

    @contextmanager
    def still(self) -> Iterator[Progress]:
        """Catches up and holds the tables still while the block runs.

        Raises:
            HistoryUnavailable: It cannot catch up; the message says why.
        """
        while True:
            self.catch_up()
            with self._working:
                progress = self._loaded()
                if _is_whole(progress):  # no other thread has failed in the middle of a batch since
                    yield progress
                    return

    def start(self) -> None:
        """Follows the logs in a thread of its own until `stop`."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._follow, name="historian", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after the batch in hand."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _follow(self) -> None:
        wait_s, trimmed_s = POLL_S, 0
        while not self._stopping.wait(wait_s):
            try:
                self.catch_up(give_up=self._stopping.is_set)
                now_s = self._clock.now_s()
                if now_s // 3600 != trimmed_s // 3600:
                    self.retain()
                    trimmed_s = now_s
            except HistoryUnavailable as error:
                wait_s = min(wait_s * 2, MAX_BACKOFF_S)
                log.warning("history behind", reason=str(error), retry_s=wait_s)
            except Exception:
                wait_s = MAX_BACKOFF_S
                log.exception("history behind", retry_s=wait_s)
            else:
                wait_s = POLL_S

    def _step(self, progress: Progress, target: Positions) -> bool:
        """One batch, or the upgrade of the tables; False when there is nothing to write."""
        if progress.batch is not None:
            self._complete(progress, progress.batch)
            return True
        if progress.layout < LAYOUT:
            self._upgrade.run(progress.since_s.get(RAW.name, 0))
            self._note(msgspec.structs.replace(progress, layout=LAYOUT))
            return True
        chunk = self._logs.read(progress.positions, target, BATCH_ENTRIES)
        if not behind(progress.positions, chunk.end):
            return False
        batch = Batch(progress.batches + 1, dict(chunk.end), *_forgotten(chunk.entries))
        noted = msgspec.structs.replace(
            progress,
            batch=batch,
            since_s=self._retention.since_s(progress.since_s, self._clock.now_s()),
        )
        self._note(noted)
        if batch.forget is None:
            self._store.write(chunk.entries, batch.number, noted.since_s)
        else:
            self._forget(noted, batch, again=False)
        self._note_done(noted, batch)
        if batch.forget is None:
            self._tail.publish(chunk.entries)
        return True

    def _complete(self, progress: Progress, batch: Batch) -> None:
        """Ends a batch that was noted, and of which it is not known how far it came."""
        if batch.forget is None:
            entries = self._read_again(progress.positions, batch)
            self._store.complete(entries, batch.number, progress.since_s)
        else:
            self._forget(progress, batch, again=True)
        self._note_done(progress, batch)

    def _forget(self, progress: Progress, batch: Batch, again: bool) -> None:
        """What a batch does that forgets; `again`: it may have begun to."""
        product = batch.forget or ""
        if not batch.application:
            self._forgetting.forget_product(product)
            return
        who = Consumer(product, batch.application)
        if who.application == FORGOTTEN:
            return  # it is that of nobody already
        if not batch.copied:
            self._forgetting.copy(who, batch.number, again)
            self._store.forget_marks()
            noted = msgspec.structs.replace(batch, copied=True)
            self._note(msgspec.structs.replace(progress, batch=noted))
        self._forgetting.forget_application(who)

    def _read_again(self, positions: Positions, batch: Batch) -> Sequence[Entry]:
        """The very entries of a batch, though the logs have grown since."""
        entries: list[Entry] = []
        while behind(positions, batch.ends):
            chunk = self._logs.read(positions, batch.ends, BATCH_ENTRIES)
            if not behind(positions, chunk.end):
                raise HistoryUnavailable("a log ends before the batch that was being written")
            entries += chunk.entries
            positions = chunk.end
        return entries

    def _loaded(self) -> Progress:
        if self._progress is None:
            self._progress = self._read()
            self._logs.consumed(self._progress.positions)
        return self._progress

    def _read(self) -> Progress:
        """What was noted; at the beginning of what the logs still hold if nothing was."""
        noted = self._file.read()
        if noted is None:
            # First told to the ledger: an earlier history may have come further, and nothing must go from now on.
            self._logs.consumed({})
            noted = Progress(dict(self._logs.begin()), self._store.last_batch(), LAYOUT)
        return noted

    def _note_done(self, progress: Progress, batch: Batch) -> None:
        self._note(
            msgspec.structs.replace(
                progress, positions=batch.ends, batches=batch.number, batch=None
            )
        )
        self._logs.consumed(batch.ends)

    def _note(self, progress: Progress) -> None:
        # Forgotten first: if the write fails, the file decides what was noted.
        self._progress = None
        self._file.write(progress)
        self._progress = progress


def _is_whole(progress: Progress) -> bool:
    """Whether the tables hold all that lies before the positions, as this version writes it."""
    return progress.batch is None and progress.layout >= LAYOUT


def _forgotten(entries: Sequence[Entry]) -> tuple[str | None, str]:
    """The product and the application that are forgotten at this place of their log; None if the entries are to be counted."""
    if entries and entries[0].code == FORGET:
        return entries[0].service, entries[0].application
    return None, ""
