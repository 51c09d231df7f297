"""The tail: entries as they come into the history, for who watches.

Who is too slow misses entries and is told how many; the historian never waits. Nothing is kept while nobody watches.
"""

import threading
from collections import deque
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple, Self

from tallygate.ledger.entry import Entry

KEPT: Final = 500
"""Of a subscription: as many entries wait for it at most. What a page shows is a small part of that."""


class Seen(NamedTuple):
    """What came in since the last look.

    Attributes:
        entries: The oldest first.
        missed: How many more there were, before these.
    """

    entries: Sequence[Entry]
    missed: int


class Subscription:
    """What one watcher sees. Close it."""

    def __init__(self, tail: "Tail", products: Collection[str]) -> None:
        self._tail = tail
        self._products = frozenset(products)
        self._waiting: deque[Entry] = deque(maxlen=KEPT)
        self._missed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Watches no more."""
        self._tail.leave(self)

    def wait(self, timeout_s: float) -> Seen:
        """What has come in; waits for the first of it, at most `timeout_s`."""
        with self._tail.changed:
            self._tail.changed.wait_for(lambda: self._waiting or self._tail.closed, timeout_s)
            seen = Seen(tuple(self._waiting), self._missed)
            self._waiting.clear()
            self._missed = 0
            return seen

    def put(self, entries: Sequence[Entry]) -> None:
        """To be called while `Tail.changed` is held."""
        own = [entry for entry in entries if entry.service in self._products]
        self._missed += max(len(self._waiting) + len(own) - KEPT, 0)
        self._waiting.extend(own)


class Tail:
    """Hands on what is written. Any thread may use it.

    Attributes:
        changed: Held by whoever reads or changes what a subscription has.
        closed: Nothing comes any more.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.closed = False
        self._subscriptions: set[Subscription] = set()

    def subscribe(self, products: Collection[str]) -> Subscription:
        """Watches the entries of these products (their protocol ids) from now on."""
        subscription = Subscription(self, products)
        with self.changed:
            self._subscriptions.add(subscription)
        return subscription

    def leave(self, subscription: Subscription) -> None:
        with self.changed:
            self._subscriptions.discard(subscription)

    def publish(self, entries: Sequence[Entry]) -> None:
        """Tells the watchers of entries that are in every table."""
        if not self._subscriptions:
            return
        with self.changed:
            for subscription in self._subscriptions:
                subscription.put(entries)
            self.changed.notify_all()

    def close(self) -> None:
        """Wakes all who wait; nothing comes any more."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()
