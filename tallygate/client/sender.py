"""Sends what is spooled, in a thread of its own: what this process spooled, and what ended ones left behind."""

import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from tallygate.client import part as files
from tallygate.client.backoff import BackOff
from tallygate.client.forking import begin_anew_in_children
from tallygate.client.part import Part
from tallygate.client.sending import Destination, NotDelivered, Result
from tallygate.client.spool import Spool

BATCH_LINES: Final = 5_000
BATCH_BYTES: Final = 512 * 1024

TOO_OLD_S: Final = 6 * 86_400
"""What was spooled longer ago is not sent any more.

Tallygate knows an id for seven days after it was first sent: later, what it had counted would count again.
"""

_ADOPT_EVERY_S: Final = 10.0

_PRODUCT: Final = re.compile(rb'\{"service_id":"([^"\\]*)"')


class Sender:
    """One for each spool of a process."""

    def __init__(self, spool: Spool, destination: Destination, every_s: float = 1.0) -> None:
        """`every_s`: How long a report waits for others to be sent with it."""
        self._spool = spool
        self._destination = destination
        self._every_s = every_s
        self._begin()
        begin_anew_in_children(self)

    def _begin(self) -> None:
        self._adopted: list[Part] = []
        self._adopt_at_s = 0.0
        self._due_s: dict[Path, float] = {}
        self._back_offs: dict[str, BackOff] = defaultdict(BackOff)
        self._wake = threading.Event()
        self._turn = threading.Condition()
        self._turns = 0
        self._ended = False
        self._thread: threading.Thread | None = None

    def after_fork(self) -> None:
        for each in self._adopted:
            each.forget()
        self._begin()

    def start(self) -> None:
        """Runs the thread, unless it does. To be called with each report: a forked process has no threads."""
        if self._thread is None:
            with self._turn:
                if self._thread is None and not self._ended:
                    self._thread = threading.Thread(target=self._run, name="tallygate", daemon=True)
                    self._thread.start()

    def flush(self, timeout_s: float) -> bool:
        """Sends what is there now; whether all of it was dealt with in time."""
        until_s = time.monotonic() + timeout_s
        self.start()
        self._retry_at_once()
        while (left_s := until_s - time.monotonic()) > 0:
            with self._turn:
                before = self._turns
                self._wake.set()
                self._turn.wait_for(lambda before=before: self._turns > before, left_s)  # type: ignore[misc]
            if self._spool.empty and not self._waiting():
                return True
            time.sleep(min(0.02, left_s))
        return False

    def _retry_at_once(self) -> None:
        for back_off in list(self._back_offs.values()):
            back_off.until_s = 0.0
        self._due_s = {}

    def close(self, timeout_s: float) -> None:
        """Ends the thread, after one more try to send what is there."""
        if self._thread is not None:
            self.flush(timeout_s)
        self._ended = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_s + 0.1)
            if self._thread.is_alive():
                return  # it holds on to what it sends; the end of the process lets go of it
        for each in self._adopted:
            each.leave()
        self._adopted = []
        self._spool.close()

    def _run(self) -> None:
        while not self._ended:
            self._wake.wait(self._every_s)
            self._wake.clear()
            try:
                self._step()
            except Exception as error:  # whatever it is: the reports stay, and are tried again
                self._spool.notices.warn("sender", f"reports cannot be sent: {error!r}")
            with self._turn:
                self._turns += 1
                self._turn.notify_all()

    def _step(self) -> None:
        """Sends what is due."""
        self._adopt()
        if not self._spool.sealed():
            self._spool.seal()
        delivered = [self._deliver(segment) for segment in self._waiting() if not self._ended]
        self._leave()
        if not all(delivered):
            self._spool.sync()

    def _waiting(self) -> list[Path]:
        adopted = (path for part in self._adopted for path in part.segments())
        return [*adopted, *self._spool.sealed()]

    def _adopt(self) -> None:
        """Takes over what ended processes have left behind."""
        if time.monotonic() < self._adopt_at_s:
            return
        self._adopt_at_s = time.monotonic() + _ADOPT_EVERY_S
        for path in files.parts(self._spool.folder):
            part = Part.adopt(path)
            if part is not None:
                self._adopted.append(part)

    def _leave(self) -> None:
        """Lets go of the parts that are delivered wholly."""
        for part in list(self._adopted):
            if not part.segments():
                part.leave()
                self._adopted.remove(part)

    def _deliver(self, segment: Path) -> bool:
        """Sends what is due of a segment; whether all of it is dealt with."""
        if self._due_s.get(segment, 0.0) > time.monotonic():
            return False
        lines = files.read_lines(segment)
        left: list[bytes] = []
        if time.time() - segment.stat().st_mtime > TOO_OLD_S:
            self._lost("too_old", len(lines), f"they are older than {TOO_OLD_S} seconds")
        else:
            for product, of_product in self._by_product(lines).items():
                for batch in _batches(of_product):
                    left += self._send(product, batch)
        if len(left) < len(lines) or not left:
            files.replace_lines(segment, left)
        if left:
            self._due_s[segment] = min(self._when(each) for each in self._by_product(left))
        else:
            self._due_s.pop(segment, None)
        return not left

    def _by_product(self, lines: Iterable[bytes]) -> dict[str, list[bytes]]:
        found: dict[str, list[bytes]] = {}
        for line in lines:
            named = _PRODUCT.match(line)
            if named is None:
                self._lost("unreadable", 1, "a line of the spool is damaged")
                continue
            found.setdefault(named[1].decode("utf-8", "replace"), []).append(line)
        return found

    def _when(self, product: str) -> float:
        """When reports of a product may be sent (monotonic)."""
        return max(
            self._back_offs[place].until_s if place in self._back_offs else 0.0
            for place in self._destination.places(product)
        )

    def _send(self, product: str, batch: Sequence[bytes]) -> Sequence[bytes]:
        """What is left of a batch, to be sent again."""
        if self._when(product) > time.monotonic():
            return batch
        figures, notices = self._spool.figures, self._spool.notices
        try:
            results = self._destination.send(product, batch)
        except NotDelivered as error:
            self._back_offs[error.place].failed(error.retry_after_s)
            figures.failures += 1
            notices.warn(error.place, f"reports cannot be delivered, and wait on disk: {error}")
            return batch
        figures.failures = 0
        for place in self._destination.places(product):
            self._back_offs.pop(place, None)
            notices.over(place, "reports are delivered again")
        left = self._tally(batch, results)
        if left:
            self._back_offs[self._destination.places(product)[-1]].failed()
        return left

    def _tally(self, batch: Sequence[bytes], results: Sequence[Result]) -> list[bytes]:
        """Notes what became of reports; those that may be sent again."""
        left: list[bytes] = []
        for line, result in zip(batch, results, strict=True):
            if result.status == "accepted":
                self._spool.figures.sent += 1
            elif result.status == "duplicate":
                self._spool.figures.duplicates += 1
            elif result.again:
                left.append(line)
            else:
                self._lost(result.code or result.status, 1, result.message)
        return left

    def _lost(self, reason: str, number: int, why: str) -> None:
        if number:
            self._spool.figures.lost[reason] += number
            self._spool.notices.warn(f"lost {reason}", f"reports are not counted ({reason}): {why}")


def _batches(lines: Sequence[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for line in lines:
        if batch and (len(batch) >= BATCH_LINES or size + len(line) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line)
    if batch:
        yield batch
