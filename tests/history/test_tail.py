"""Who watches sees what comes in, and holds nobody up."""

import threading
import time
from collections.abc import Callable

from support.history_data import MemoryLog, entry

from tallygate.history import History
from tallygate.history.tail import KEPT, Tail

LONG_S = 20.0


def test_entries_are_seen_when_questions_see_them(history: History, log: MemoryLog) -> None:
    """In their order, of the products that are watched, and only what comes after the beginning."""
    log.entries.append(entry(application="before"))
    history.catch_up()
    with history.watch("1", "3") as subscription:
        log.entries += [entry(application="a"), entry(product="2"), entry(product="3", code=404)]
        history.catch_up()
        seen = subscription.wait(LONG_S)
        assert [(each.service, each.application, each.code) for each in seen.entries] == [
            ("1", "a", 0),
            ("3", "app", 404),
        ]
        assert seen.missed == 0
        assert subscription.wait(0) == ((), 0)


def test_who_waits_is_woken(history: History, log: MemoryLog) -> None:
    with history.watch("1") as subscription:
        found: list[int] = []
        waiting = in_thread(lambda: found.append(len(subscription.wait(LONG_S).entries)))
        log.entries.append(entry())
        history.catch_up()
        waiting.join(LONG_S)
        assert found == [1]


def test_who_is_too_slow_is_told_how_much_was_missed() -> None:
    """The newest are kept."""
    tail = Tail()
    with tail.subscribe({"1"}) as subscription:
        for number in range(3):
            tail.publish([entry(time_s=number * KEPT + each) for each in range(KEPT)])
        seen = subscription.wait(0)
        assert (len(seen.entries), seen.missed) == (KEPT, 2 * KEPT)
        assert seen.entries[0].time_ms == 2 * KEPT * 1000
        tail.publish([entry()])
        assert subscription.wait(0).missed == 0


def test_after_the_end_nothing_comes() -> None:
    tail = Tail()
    subscription = tail.subscribe({"1"})
    subscription.close()
    tail.publish([entry()])
    assert subscription.wait(0) == ((), 0)


def test_closing_wakes_who_waits() -> None:
    tail = Tail()
    subscription = tail.subscribe({"1"})
    began_s = time.monotonic()
    waiting = in_thread(lambda: subscription.wait(LONG_S))
    tail.close()
    waiting.join(LONG_S)
    assert not waiting.is_alive()
    assert time.monotonic() - began_s < LONG_S


def in_thread(work: Callable[[], object]) -> threading.Thread:
    started = threading.Thread(target=work, daemon=True)
    started.start()
    return started
