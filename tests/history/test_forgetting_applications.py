"""Of a forgotten application nothing is left, and its product's numbers are what they were."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.dying_engine import Crash, DyingEngine
from support.history_data import NOW_S, MemoryLog, entry, open_history

from tallygate.domain.calendar import Granularity, find_zone, window
from tallygate.history import FORGOTTEN, History, Question
from tallygate.history.schema import RAW, ROLLUPS
from tallygate.ledger.entry import Entry, tombstone

NAME = "who-is-to-be-forgotten"
DAY_S = 86_400
TABLES = [table.name for table in (RAW, *ROLLUPS)]
SERIES = ("m:7", "m:8", "c:200", "c:404")


def forget(application: str = NAME, product: str = "1") -> Entry:
    return tombstone(product, application, NOW_S * 1000)


def hits(count: int, application: str = NAME, product: str = "1") -> list[Entry]:
    """In several partitions of every table, of two metrics and codes."""
    return [
        entry(
            NOW_S - index % 4 * 12 * DAY_S - index,
            {"7": 1, "8": index},
            product=product,
            application=application,
            code=200 if index % 3 else 404,
            id=f"{application}-{index}",
        )
        for index in range(count)
    ]


def scene() -> list[Entry]:
    return [*hits(30), *hits(20, "b"), *hits(10, product="2")]


def totals(history: History, product: str, **of: object) -> dict[str, list[int]]:
    """Each series by day."""
    days = window(
        find_zone("UTC"), NOW_S, since="2020-01-20", until="2020-03-18", granularity=Granularity.DAY
    )
    answer = history.ask(Question(SERIES, days, product, **of))  # type: ignore[arg-type]
    return {str(line.series): list(line.values) for line in answer.lines}


def by_application(history: History, product: str = "1") -> dict[str, int]:
    forever = window(find_zone("UTC"), NOW_S, period="eternity")
    answer = history.ask(Question(("m:7",), forever, product, split=("application",)))
    return {str(line.application): line.total for line in answer.lines}


def test_nothing_is_left_of_it_and_the_totals_stay(history: History, log: MemoryLog) -> None:
    log.entries += scene()
    before = [totals(history, product) for product in ("1", "2")]
    assert all(rows >= 4 for rows in history.rows("1", NAME).values())
    log.entries.append(forget())
    assert history.rows("1", NAME) == dict.fromkeys(TABLES, 0)
    assert [totals(history, product) for product in ("1", "2")] == before
    assert by_application(history) == {FORGOTTEN: 30, "b": 20}
    assert by_application(history, "2") == {NAME: 10}
    assert history.rows("2", NAME)[RAW.name] == 8  # two are older than entries are kept
    assert history.verify() == []


def test_all_who_are_forgotten_are_one(history: History, log: MemoryLog) -> None:
    log.entries += scene()
    before = totals(history, "1")
    log.entries += [forget(), forget("b")]
    assert totals(history, "1") == before
    assert totals(history, "1", application=FORGOTTEN) == before
    assert by_application(history) == {FORGOTTEN: 50}
    assert history.verify() == []


def test_forgetting_again_changes_nothing_and_nobody_can_forget_the_forgotten(
    history: History, log: MemoryLog
) -> None:
    log.entries += [*scene(), forget(), forget(), forget("never"), forget(FORGOTTEN)]
    assert by_application(history) == {FORGOTTEN: 30, "b": 20}
    assert history.verify() == []


def test_what_comes_later_is_its_own(history: History, log: MemoryLog) -> None:
    log.entries += [*scene(), forget(), *hits(3)]
    assert by_application(history) == {FORGOTTEN: 30, "b": 20, NAME: 3}
    log.entries.append(forget())
    assert by_application(history) == {FORGOTTEN: 33, "b": 20}
    assert history.verify() == []


def test_a_product_that_is_forgotten_takes_the_forgotten_along(
    history: History, log: MemoryLog
) -> None:
    log.entries += [*scene(), forget(), forget("")]
    assert history.rows("1") == dict.fromkeys(TABLES, 0)
    assert by_application(history, "2") == {NAME: 10}


def test_ids_are_not_kept_with_the_usage(history: History, log: MemoryLog) -> None:
    """Whoever chose them may have put anything into them."""
    log.entries += [*scene(), forget()]
    history.catch_up()
    sql = f"SELECT DISTINCT id FROM {RAW.name} WHERE application = {{nobody}}"
    assert history._engine.query(sql, nobody=FORGOTTEN) == [[""]]


def test_no_note_of_the_engine_or_the_historian_names_it(
    home: Path, history: History, log: MemoryLog
) -> None:
    """Neither what it was asked to delete, nor how far it came, nor a part that is in use."""
    log.entries += [*hits(30), *hits(5, "b"), forget()]
    history.catch_up()
    used = history._engine.query(
        "SELECT path FROM system.parts WHERE active AND database = 'history'"
    )
    notes = [*home.rglob("mutation_*.txt"), *home.rglob("historian.json")]
    in_parts = [file for (path,) in used for file in Path(path).rglob("*") if file.is_file()]
    assert notes
    assert in_parts
    assert [file for file in (*notes, *in_parts) if NAME.encode() in file.read_bytes()] == []
    assert history._engine.query("SELECT count() FROM system.mutations") == [[0]]


@pytest.mark.parametrize("name", ["a'b", "\\' OR 1=1", "é\x00", "%", "m:7", " "])
def test_an_application_may_have_any_name(history: History, log: MemoryLog, name: str) -> None:
    log.entries += [*hits(9, name), *hits(4, "b"), forget(name)]
    assert by_application(history) == {FORGOTTEN: 9, "b": 4}
    assert history.verify() == []


def test_usage_of_which_no_entry_is_kept_any_more_stays_too(home: Path, log: MemoryLog) -> None:
    log.entries += scene()
    with open_history(home, log, raw_days=1, minute_days=1) as history:
        history.catch_up()
        history.retain()
        before = totals(history, "1")
        log.entries.append(forget())
        assert totals(history, "1") == before
        assert by_application(history) == {FORGOTTEN: 30, "b": 20}
        assert history.rows("1", NAME) == dict.fromkeys(TABLES, 0)
        assert history.verify() == []


@pytest.mark.thorough
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_around_any_step_neither_loses_nor_doubles(home: Path, after: bool) -> None:
    """Copying, noting, deleting, and what comes before and after."""
    number, crashed = 0, True
    while crashed:
        number += 1
        log = MemoryLog([*scene(), forget(), *hits(5, "b")])
        place = home / str(number)
        with open_history(place, log, engine=DyingEngine(place, number, after)) as history:
            try:
                history.catch_up()
            except Crash:
                log.entries += hits(2, "b")
            else:
                crashed = False
        with open_history(place, log) as history:
            assert by_application(history) == {FORGOTTEN: 30, "b": 25 + 2 * crashed}
            assert history.rows("1", NAME) == dict.fromkeys(TABLES, 0)
            assert history.verify() == []
    assert number > 15


_entries = st.builds(
    lambda ago_s, usage, application, code: entry(
        NOW_S - ago_s, usage, application=application, code=code
    ),
    st.integers(0, 50 * DAY_S),
    st.dictionaries(st.sampled_from("78"), st.integers(-3, 10**12), max_size=2),
    st.sampled_from("abc"),
    st.sampled_from([0, 200, 404]),
)


@pytest.mark.thorough
@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.one_of(_entries, st.sampled_from("abc").map(forget)), max_size=60),
)
def test_whoever_is_forgotten_when_the_totals_are_the_sums_of_all_entries(
    tmp_path_factory: pytest.TempPathFactory, said: list[Entry]
) -> None:
    """And each application's are the sums of its own since it was forgotten last."""
    own: Counter[tuple[str, str]] = Counter()
    wanted: Counter[str] = Counter()
    for each in said:
        if not each.usage and each.code == -1:
            own = Counter({key: value for key, value in own.items() if key[0] != each.application})
        for metric, delta in each.usage:
            wanted[f"m:{metric}"] += delta
            own[each.application, f"m:{metric}"] += delta
    forever = window(find_zone("UTC"), NOW_S, period="eternity")
    with open_history(tmp_path_factory.mktemp("home"), MemoryLog(said)) as history:
        for series in ("m:7", "m:8"):
            assert history.ask(Question((series,), forever, "1")).total == wanted[series]
            for application in "abc":
                question = Question((series,), forever, "1", application)
                assert history.ask(question).total == own[application, series]
        assert history.verify() == []
