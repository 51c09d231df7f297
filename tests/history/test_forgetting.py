"""What was counted of a product before it was forgotten is gone, and nothing else."""

from pathlib import Path

import pytest
from support.dying_engine import Crash, DyingEngine
from support.history_data import NOW_S, MemoryLog, entry, open_history

from tallygate.domain.calendar import find_zone, window
from tallygate.domain.errors import StillDeleting
from tallygate.history import History, Question, deletion
from tallygate.history.schema import RAW, ROLLUPS
from tallygate.ledger.entry import FORGET, Entry

TABLES = [table.name for table in (RAW, *ROLLUPS)]


def forget(product: str = "1") -> Entry:
    return Entry(product, "", NOW_S * 1000, (), FORGET)


def hits(count: int, product: str = "1") -> list[Entry]:
    """In several partitions of every table."""
    times = [NOW_S - index % 4 * 6 * 86_400 - index for index in range(count)]
    return [entry(time_s, product=product, code=200) for time_s in times]


def total(history: History, product: str | None = "1", series: str = "m:7") -> int:
    forever = window(find_zone("UTC"), NOW_S, period="eternity")
    return history.ask(Question((series,), forever, product)).total


def test_what_comes_before_is_gone_and_what_comes_after_stays(
    history: History, log: MemoryLog
) -> None:
    log.entries += [*hits(30), *hits(20, "2"), forget(), *hits(5), *hits(3, "2")]
    assert (total(history), total(history, "2")) == (5, 23)
    assert (total(history, series="c:200"), total(history, "2", "c:200")) == (5, 23)
    assert history.rows("1")[RAW.name] == 5
    assert history.verify() == []


def test_nothing_is_left_of_a_product_that_is_counted_no_more(
    history: History, log: MemoryLog
) -> None:
    log.entries += hits(100)
    assert all(history.rows("1")[table] >= 4 for table in TABLES)
    log.entries.append(forget())
    assert history.rows("1") == dict.fromkeys(TABLES, 0)
    assert history.last_hit_s("1", "m:7") is None
    assert history.verify() == []


def test_forgetting_again_and_again_and_what_was_never_there_is_fine(
    history: History, log: MemoryLog
) -> None:
    log.entries += [forget(), forget("never"), *hits(3), forget(), forget(), *hits(2)]
    assert (total(history), history.verify()) == (2, [])


def test_what_other_logs_hold_is_counted_whenever_it_comes(
    history: History, log: MemoryLog
) -> None:
    log.logs["a"] = [*hits(10, "a"), forget("a"), *hits(2, "a")]
    log.logs["b"] = [*hits(10, "b"), forget("b"), forget("b"), *hits(3, "b")]
    log.entries += hits(40)
    assert [total(history, product) for product in ("a", "b", "1")] == [2, 3, 40]
    assert history.verify() == []


@pytest.mark.parametrize("product", ["", "'; DROP", "m:7", "\\' OR 1=1", "é\x00"])
def test_a_product_may_have_any_name(history: History, log: MemoryLog, product: str) -> None:
    log.entries += [*hits(8, product), *hits(4), forget(product), *hits(2, product)]
    assert (total(history, product), total(history)) == (2, 4)
    assert history.rows(product)[RAW.name] == 2
    assert history.verify() == []


@pytest.mark.thorough
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_around_any_step_neither_loses_nor_doubles(home: Path, after: bool) -> None:
    """Steps 1 to 3 write what comes before, 4 to 6 delete it, 7 to 9 write what comes after."""
    for number in range(1, 10):
        log = MemoryLog([*hits(30), *hits(20, "2"), forget(), *hits(5), *hits(3, "2")])
        place = home / str(number)
        dying = DyingEngine(place, number, after)
        with open_history(place, log, engine=dying) as history, pytest.raises(Crash):
            history.catch_up()
        log.entries += hits(2)
        with open_history(place, log) as history:
            assert (total(history), total(history, "2")) == (7, 23)
            assert history.verify() == []


def test_deleting_that_takes_long_is_told_and_the_next_call_goes_on(
    history: History, log: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.entries += hits(100)
    history.catch_up()
    log.entries += [forget(), *hits(3)]
    monkeypatch.setattr(deletion, "WITHIN_S", -1)
    history._engine.execute(f"SYSTEM STOP MERGES {RAW.name}")
    with pytest.raises(StillDeleting, match="still deleting"):
        history.catch_up()
    monkeypatch.undo()
    assert (total(history), history.verify()) == (3, [])
