"""Which lines come first, and several answers of one state."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.history_data import NOW_S, MemoryLog, entry, open_history

from tallygate.domain.calendar import Granularity, find_zone, last
from tallygate.history import Consumer, History, Order, Place, Question, Ranking
from tallygate.history.historian import Historian

DAY_S = 86_400
DAYS = last(find_zone("Asia/Kolkata"), NOW_S, 3, Granularity.DAY)


@pytest.fixture(scope="module")
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory, log: MemoryLog) -> Iterator[History]:
    """One history for all tests of this module; each test has a product of its own."""
    with open_history(tmp_path_factory.mktemp("home"), log) as opened:
        yield opened


COUNTS = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 7), st.integers(-2, 5)), max_size=25
)
"""(application, days ago, value)"""
SCORES: dict[Order, Any] = {
    "total": lambda now, before: now if now or before else None,
    "growth": lambda now, before: now - before if now > before else None,
    "silence": lambda now, before: before if now == 0 < before else None,
}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(counts=COUNTS, order=st.sampled_from(list(SCORES)), most=st.integers(1, 4))
def test_places_are_those_of_a_plain_sum_and_pages_hold_each_once(
    history: History,
    log: MemoryLog,
    counts: list[tuple[str, int, int]],
    order: Order,
    most: int,
) -> None:
    product = f"p{len(log.entries)}"
    log.entries += [
        entry(NOW_S - days * DAY_S, {"7": value}, product=product, application=name)
        for name, days, value in counts
    ]
    log.entries.append(entry())
    question = Question(("m:7",), DAYS, product, split=("application",), compare="previous")
    sums = {begin: Counter[str]() for begin in (0, 3)}
    for name, days, value in counts:
        if days < 6:
            sums[days // 3 * 3][name] += value
    expected = []
    for name in {name for name, _, _ in counts}:
        score = SCORES[order](sums[0][name], sums[3][name])
        if score is not None:
            expected.append((-score, Place((name,), sums[0][name], sums[3][name])))
    with history.snapshot() as now:
        found, page = list[Place](), now.rank(Ranking(question, order, most))
        while page:
            assert len(page) <= most
            found += page
            page = now.rank(Ranking(question, order, most, after=page[-1]))
    assert found == [place for _, place in sorted(expected)]


def test_only_those_with_so_much_are_ranked(history: History, log: MemoryLog) -> None:
    for count, name in [(1, "a"), (5, "b"), (3, "c")]:
        log.entries += [entry(product="least", application=name)] * count
    question = Question(("m:7",), DAYS, "least", split=("series", "application"))
    with history.snapshot() as now:
        assert [place.names for place in now.rank(Ranking(question, least=3))] == [
            ("m:7", "b"),
            ("m:7", "c"),
        ]


def test_groups_are_ranked_and_a_year_ago_is_compared_with(
    history: History, log: MemoryLog
) -> None:
    year_ago_s = NOW_S - 366 * DAY_S
    log.entries += [entry(time_s, product="year", application="a") for time_s in (NOW_S, year_ago_s)]  # fmt: skip
    log.entries += [entry(year_ago_s, product="year", application="b")]
    question = Question(
        ("m:7",),
        DAYS,
        "year",
        groups={Consumer("year", "b"): "x"},
        split=("group",),
        compare="year",
    )
    with history.snapshot() as now:
        assert now.rank(Ranking(question)) == [Place(("",), 1, 1), Place(("x",), 0, 1)]
        assert now.rank(Ranking(question, "silence")) == [Place(("x",), 0, 1)]


def test_lines_are_ranked_by_some_series_and_those_without_them_come_last(
    history: History, log: MemoryLog
) -> None:
    for name, usage in [("a", {"7": 1, "8": 9}), ("b", {"7": 2}), ("c", {"8": 5})]:
        log.entries.append(entry(product="by", application=name, usage=usage))
    question = Question(("m:7", "m:8"), DAYS, "by", split=("application",))
    with history.snapshot() as now:
        places = now.rank(Ranking(question, by=("m:7",)))
        assert places == [Place(("b",), 2, 0), Place(("a",), 1, 0), Place(("c",), 0, 0)]
        rest = now.rank(Ranking(question, by=("m:7",), after=places[1]))
        assert rest == places[2:]
        compared = replace(question, compare="previous")
        assert now.rank(Ranking(compared, by=("m:7",))) == places
        assert now.rank(Ranking(question, by=()))[0] == Place(("a",), 0, 0)


def test_nothing_is_ranked_where_nothing_is_asked(history: History) -> None:
    with history.snapshot() as now:
        nothing = Question((), DAYS, "1", split=("application",))
        assert now.rank(Ranking(nothing)) == []
        assert now.rank(Ranking(Question(("m:7",), DAYS, "1", split=()))) == []


def test_only_the_lines_that_were_named_are_answered(history: History, log: MemoryLog) -> None:
    for name in "abc":
        log.entries.append(entry(product="only", application=name, usage={"7": 1, "8": 2}))
    question = Question(("m:7", "m:8"), DAYS, "only", split=("series", "application"))
    with history.snapshot() as now:
        some = now.ask(replace(question, only=(("a",), ("c",))))
        assert [(each.application, each.total) for each in some.lines] == [
            ("a", 1), ("c", 1), ("a", 2), ("c", 2),
        ]  # fmt: skip
        assert now.ask(replace(question, only=())).total == 0
        unsplit = now.ask(replace(question, split=("series",), only=((),)))
        assert unsplit.total == 9


def test_nothing_is_written_while_a_snapshot_is_in_use(history: History, log: MemoryLog) -> None:
    """What is counted meanwhile is in no answer of it, and in the next one."""
    question = Question(("m:7",), DAYS, "still")
    log.entries.append(entry(product="still"))
    written = threading.Event()

    def write() -> None:
        history.catch_up()
        written.set()

    with history.snapshot() as now:
        first = now.ask(question).total
        log.entries += [entry(product="still")] * 5
        writer = threading.Thread(target=write)
        writer.start()
        assert not written.wait(0.2)
        assert now.ask(question).total == first == 1
        assert now.complete_until_s == NOW_S
    writer.join()
    assert history.ask(question).total == 6


def test_a_snapshot_is_never_of_a_batch_that_another_thread_has_left_half_written(
    history: History, log: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is completed first."""
    whole, failed = Historian.catch_up, []

    def caught_up_and_then_failed(historian: Historian, *given: Any) -> Any:
        progress = whole(historian, *given)
        if not failed:
            failed.append(True)
            log.entries.append(entry(product="half"))
            monkeypatch.setattr(historian._store, "write", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                whole(historian)
            monkeypatch.undo()
        return progress

    monkeypatch.setattr(Historian, "catch_up", caught_up_and_then_failed)
    with history.snapshot() as now:
        assert now.ask(Question(("m:7",), DAYS, "half")).total == 1
    assert failed
