"""Answers equal a plain sum over the entries."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.history_data import NOW_S, MemoryLog, entry, open_history

from tallygate.domain.calendar import Granularity, Window, find_zone, last, window
from tallygate.domain.errors import HistoryUnavailable
from tallygate.history import Consumer, History, Question
from tallygate.ledger.entry import Entry

UTC = find_zone("UTC")
DAY_S = 86_400
ZONES = ["UTC", "Europe/Madrid", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Azores"]


@pytest.fixture(scope="module")
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory, log: MemoryLog) -> Iterator[History]:
    """One history for all tests of this module; each test has a product of its own."""
    home = tmp_path_factory.mktemp("home")
    with open_history(home, log, raw_days=0, minute_days=0) as opened:
        yield opened


@pytest.fixture
def product(log: MemoryLog) -> str:
    """A product that no test has used yet."""
    return f"p{len(log.entries)}"


def hits(product: str, *times_s: int, **given: object) -> list[Entry]:
    return [entry(time_s, product=product, **given) for time_s in times_s]  # type: ignore[arg-type]


ENTRIES = st.lists(
    st.tuples(
        st.integers(NOW_S - 400 * DAY_S, NOW_S + 3600),
        st.sampled_from(["", "a", "b", "c"]),
        st.dictionaries(st.sampled_from(["7", "8"]), st.integers(-50, 10**12), max_size=2),
        st.sampled_from([0, 200, 404]),
    ),
    max_size=30,
)
WINDOWS = st.tuples(
    st.sampled_from(ZONES),
    st.sampled_from([each for each in Granularity if each is not Granularity.ETERNITY]),
    st.integers(NOW_S - 300 * DAY_S, NOW_S),
    st.integers(1, 60),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=ENTRIES, asked=WINDOWS)
def test_any_window_in_any_zone_sums_what_was_counted_in_its_buckets(
    history: History,
    log: MemoryLog,
    entries: list[tuple[int, str, dict[str, int], int]],
    asked: tuple[str, Granularity, int, int],
) -> None:
    product = f"any{len(log.entries)}"
    made = [
        entry(time_s, usage, product=product, application=application, code=code)
        for time_s, application, usage, code in entries
    ]
    log.entries += [*made, entry()]
    zone, granularity, now_s, count = asked
    shown = last(find_zone(zone), now_s, count, granularity)
    series = ("m:7", "m:8", "c:200")
    if granularity is not Granularity.MINUTE:
        series += ("mc:200:7", "mc:404:8")
    answer = history.ask(Question(series, shown, product, compare="previous"))
    assert tuple(line.series for line in answer.lines) == series
    for line in answer.lines:
        assert list(line.values) == plain_sums(made, line.series or "", shown.edges_s)
        before = shown.previous()
        assert before is not None
        assert list(line.previous_values) == plain_sums(made, line.series or "", before.edges_s)
    for application in ("a", "b"):
        one = history.ask(Question(("m:7",), shown, product, application))
        own = [each for each in made if each.application == application]
        assert list(one.values) == plain_sums(own, "m:7", shown.edges_s)


SPLITS = ("series", "product", "application", "group")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    entries=ENTRIES,
    asked=WINDOWS,
    split=st.sets(st.sampled_from(SPLITS)),
    groups=st.dictionaries(st.sampled_from("abc"), st.sampled_from(["x", "y"])),
    compare=st.sampled_from([None, "previous", "year"]),
)
def test_any_split_adds_up_to_the_same_bucket_by_bucket(
    history: History,
    log: MemoryLog,
    entries: list[tuple[int, str, dict[str, int], int]],
    asked: tuple[str, Granularity, int, int],
    split: set[Any],
    groups: dict[str, str],
    compare: Any,
) -> None:
    """Over two products, their totals, and the window that it is compared with."""
    own = f"split{len(log.entries)}"
    products = (f"{own}-1", f"{own}-2")
    made = [
        entry(time_s, usage, product=products[place % 2], application=application or "a", code=code)
        for place, (time_s, application, usage, code) in enumerate(entries)
    ]
    log.entries += [*made, entry()]
    zone, granularity, now_s, count = asked
    shown = last(find_zone(zone), now_s, count, granularity)
    question = Question(
        ("m:7", "m:8"),
        shown,
        products,
        groups={Consumer(product, name): to for product in products for name, to in groups.items()},
        split=tuple(each for each in SPLITS if each in split),
        compare=compare,
    )
    answer = history.ask(question)
    assert list(answer.values) == plain_totals(made, shown)
    if answer.previous is not None:
        assert list(answer.previous_values) == plain_totals(made, answer.previous)
    for line in answer.lines:
        part = [
            each
            for each in made
            if line.product in (None, each.service)
            and line.application in (None, each.application)
            and line.group in (None, groups.get(each.application, ""))
        ]
        for_series = [line.series] if line.series is not None else ["m:7", "m:8"]
        sums = [plain_sums(part, series, shown.edges_s) for series in for_series]
        assert list(line.values) == [sum(values) for values in zip(*sums, strict=True)]


def plain_totals(entries: list[Entry], asked: Window) -> list[int]:
    sums = [plain_sums(entries, series, asked.edges_s) for series in ("m:7", "m:8")]
    return [sum(values) for values in zip(*sums, strict=True)]


def plain_sums(entries: list[Entry], series: str, edges: tuple[int, ...]) -> list[int]:
    """By looking at each entry and each bucket."""
    return [
        sum(value_of(each, series) for each in entries if begin <= each.time_ms // 1000 < end)
        for begin, end in pairwise(edges)
    ]


def value_of(given: Entry, series: str) -> int:
    kind, _, name = series.partition(":")
    if kind == "m":
        return Counter(dict(given.usage))[name]
    code, _, metric = name.partition(":")
    return int(given.code == int(code) and (kind == "c" or metric in dict(given.usage)))


def test_a_split_by_application_has_a_line_for_each_that_was_counted(
    history: History, log: MemoryLog, product: str
) -> None:
    log.entries += hits(product, NOW_S, NOW_S, application="a")
    log.entries += hits(product, NOW_S, application="b")
    day = last(UTC, NOW_S, 1, Granularity.DAY)
    answer = history.ask(Question(("m:7",), day, product, split=("application",)))
    assert [(line.application, line.total) for line in answer.lines] == [("a", 2), ("b", 1)]
    assert answer.total == history.ask(Question(("m:7",), day, product)).total == 3


def test_the_top_are_the_greatest_of_exactly_the_window(
    history: History, log: MemoryLog, product: str
) -> None:
    log.entries += hits(product, *[NOW_S - DAY_S] * 9, application="yesterday's")
    for count, application in [(1, "least"), (3, "most"), (2, "middle"), (2, "also middle")]:
        log.entries += hits(product, *[NOW_S] * count, application=application)
    log.entries += hits(product, NOW_S, application="none", usage={"7": 0})
    hours = last(UTC, NOW_S, 8, Granularity.HOUR)
    question = Question(("m:7",), hours, product, split=("application",), top=3, compare="previous")
    lines = history.ask(question).lines
    assert [(line.application, line.total) for line in lines] == [
        ("most", 3),
        ("also middle", 2),
        ("middle", 2),
    ]


def test_applications_are_named_with_their_product(
    history: History, log: MemoryLog, product: str
) -> None:
    """Two products may each have an application of the same id."""
    other = f"{product}-other"
    log.entries += hits(product, NOW_S, application="a")
    log.entries += hits(other, NOW_S, NOW_S, application="a")
    log.entries += hits(other, NOW_S, application="b")
    day = last(UTC, NOW_S, 1, Granularity.DAY)
    asked = (Consumer(product, "a"), Consumer(other, "b"))

    def total(*among: Consumer) -> int:
        return history.ask(Question(("m:7",), day, (product, other), among=among)).total

    assert (total(*asked), total(asked[0]), total(), total(Consumer(product, "b"))) == (2, 1, 0, 0)
    split = Question(("m:7",), day, among=asked, split=("product", "application"))
    assert [(line.product, line.application, line.total) for line in history.ask(split).lines] == [
        (product, "a", 1),
        (other, "b", 1),
    ]
    everything = Question(("m:7",), day, (product, other))
    assert history.ask(everything).total == 4
    assert history.ask(Question(("m:7",), day, ())).total == 0


def test_groups_are_summed_and_who_is_in_none_is_a_group_too(
    history: History, log: MemoryLog, product: str
) -> None:
    for count, application in [(1, "a"), (2, "b"), (4, "c"), (8, "d")]:
        log.entries += hits(product, *[NOW_S] * count, application=application)
    day = last(UTC, NOW_S, 1, Granularity.DAY)
    evil = "x' OR 1 -- \x1f\\"
    groups = {Consumer(product, "a"): evil, Consumer(product, "c"): evil, Consumer("?", "b"): "no"}
    groups[Consumer(product, "d")] = "d"

    def found(top: int | None, *series: str) -> list[tuple[str | None, int]]:
        question = Question(series, day, product, groups=groups, split=("group",), top=top)
        return [(line.group, line.total) for line in history.ask(question).lines]

    assert found(None, "m:7") == [("", 2), ("d", 8), (evil, 5)]
    assert found(2, "m:7") == [("d", 8), (evil, 5)]
    assert found(2, "m:8") == []
    nobody = Question(("m:7",), day, product, split=("group",))
    assert [(line.group, line.total) for line in history.ask(nobody).lines] == [("", 15)]


def test_a_window_is_compared_with_the_same_a_year_ago(
    history: History, log: MemoryLog, product: str
) -> None:
    """Bucket by bucket; also who was counted then only, and without reading the months between."""
    year_ago_s = NOW_S - 365 * DAY_S - DAY_S  # 29 February lies between
    log.entries += hits(product, NOW_S, NOW_S - DAY_S, year_ago_s, application="a")
    log.entries += hits(product, year_ago_s, NOW_S - 40 * DAY_S, application="b")
    days = last(UTC, NOW_S, 2, Granularity.DAY)
    question = Question(("m:7",), days, product, split=("application",), compare="year")
    answer = history.ask(question)
    assert answer.previous is not None
    assert UTC.iso(answer.previous.since_s) == "2019-03-17T00:00:00Z"
    assert [(each.application, each.values, each.previous_values) for each in answer.lines] == [
        ("a", (1, 1), (0, 1)),
        ("b", (0, 0), (0, 1)),
    ]
    top = Question(("m:7",), days, product, split=("application",), compare="year", top=5)
    assert [(each.application, each.previous_total) for each in history.ask(top).lines] == [
        ("a", 1)
    ]


def test_a_backends_metric_is_the_sum_over_all_products(
    history: History, log: MemoryLog, product: str
) -> None:
    other = f"{product}-other"
    log.entries += [
        entry(usage={"990": 2}, product=product),
        entry(usage={"990": 3}, product=other),
    ]
    day = last(UTC, NOW_S, 1, Granularity.DAY)
    assert history.ask(Question(("m:990",), day)).total == 5
    split = history.ask(Question(("m:990",), day, split=("product",)))
    assert {line.product: line.total for line in split.lines} == {product: 2, other: 3}


def test_a_series_that_was_never_counted_has_zeros(history: History, product: str) -> None:
    answer = history.ask(Question(("m:7", "m:8"), last(UTC, NOW_S, 3, Granularity.HOUR), product))
    assert [line.values for line in answer.lines] == [(0, 0, 0), (0, 0, 0)]
    assert (answer.values, answer.total, answer.previous_total, answer.change) == (
        (0,) * 3,
        0,
        0,
        0,
    )


def test_without_a_split_all_series_are_one_line(
    history: History, log: MemoryLog, product: str
) -> None:
    log.entries += [entry(product=product, code=200), entry(product=product, code=201)]
    hour = last(UTC, NOW_S, 1, Granularity.HOUR)
    answer = history.ask(Question(("c:200", "c:201"), hour, product, split=()))
    assert [(line.series, line.values) for line in answer.lines] == [(None, (2,))]
    assert history.ask(Question((), hour, product, split=())).values == (0,)
    assert history.ask(Question((), hour, product)).lines == ()


def test_a_window_without_a_bucket_has_no_values(history: History, product: str) -> None:
    nothing = window(
        UTC, NOW_S, since="2020-03-18", until="2020-03-01", granularity=Granularity.DAY
    )
    answer = history.ask(Question(("m:7",), nothing, product, compare="previous"))
    assert (answer.values, answer.total, answer.change) == ((), 0, 0.0)


def test_eternity_holds_what_is_stamped_after_the_end_of_today(
    history: History, log: MemoryLog, product: str
) -> None:
    log.entries += hits(product, 0, NOW_S, NOW_S + 2 * DAY_S)
    eternity = window(UTC, NOW_S, period="eternity")
    assert history.ask(Question(("m:7",), eternity, product, compare="previous")).values == (3,)


def test_names_are_never_read_as_sql(history: History, log: MemoryLog, product: str) -> None:
    evil = f"{product}' OR 1=1 -- \\' {{begin}} \n\t\x00 é"
    log.entries += [entry(product=evil, application=evil, usage={evil: 4}), entry(product=product)]
    day = last(UTC, NOW_S, 1, Granularity.DAY)
    assert history.ask(Question((f"m:{evil}",), day, evil, evil)).total == 4
    split = history.ask(Question((f"m:{evil}",), day, split=("series", "product", "application")))
    assert [(line.product, line.application, line.total) for line in split.lines] == [
        (evil, evil, 4)
    ]


def test_ten_thousand_buckets_are_answered(history: History, log: MemoryLog, product: str) -> None:
    log.entries += hits(product, NOW_S, NOW_S - 60 * 9_999)
    minutes = last(find_zone("Madrid"), NOW_S, 10_000, Granularity.MINUTE)
    values = history.ask(Question(("m:7",), minutes, product)).values
    assert (len(values), values[0], values[-1], sum(values)) == (10_000, 1, 1, 2)


def test_a_century_by_month_has_each_hit_in_its_month(
    history: History, log: MemoryLog, product: str
) -> None:
    """Months differ in length, so that one statement does not tell all of them apart."""
    log.entries += hits(product, 0, NOW_S - 400 * DAY_S, NOW_S - 31 * DAY_S, NOW_S, NOW_S)
    months = last(find_zone("Madrid"), NOW_S, 1_200, Granularity.MONTH)
    values = history.ask(Question(("m:7",), months, product)).values
    assert {place - 1_199: value for place, value in enumerate(values) if value} == {
        -602: 1, -13: 1, -1: 1, 0: 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("total", "previous", "change"),
    [(3, 3, 0.0), (0, 0, 0.0), (5, 0, 100.0), (7, 6, 100 / 6), (1, 4, -75.0), (0, 4, -100.0)],
)
def test_change_is_in_percent_of_the_window_before(
    history: History, log: MemoryLog, product: str, total: int, previous: int, change: float
) -> None:
    log.entries += hits(product, *[NOW_S] * total, *[NOW_S - 3600] * previous)
    hour = last(UTC, NOW_S, 1, Granularity.HOUR)
    answer = history.ask(Question(("m:7",), hour, product, compare="previous"))
    assert (answer.total, answer.previous_total) == (total, previous)
    assert answer.change == answer.lines[0].change == pytest.approx(change)


def test_the_last_hit_is_found_by_the_minute(
    history: History, log: MemoryLog, product: str
) -> None:
    assert history.last_hit_s(product, "m:7") is None
    log.entries += hits(product, NOW_S - 90, NOW_S - 5000)
    log.entries += hits(product, NOW_S, usage={"7": -1, "8": 1})
    assert history.last_hit_s(product, "m:7") == (NOW_S - 90) // 60 * 60
    assert history.last_hit_s(product, "m:7", "m:8") == NOW_S // 60 * 60
    assert history.last_hit_s(product) is None


def test_an_answer_says_until_when_it_is_complete(history: History, product: str) -> None:
    answer = history.ask(Question(("m:7",), last(UTC, NOW_S, 1, Granularity.DAY), product))
    assert answer.complete_until_s == NOW_S


def test_a_history_with_a_second_one_open_says_so(history: History, tmp_path: Path) -> None:
    history.catch_up()
    with (
        open_history(tmp_path, MemoryLog([entry()])) as second,
        pytest.raises(HistoryUnavailable, match="does not start"),
    ):
        second.catch_up()


def test_a_question_may_name_tens_of_thousands_of_applications(
    history: History, log: MemoryLog
) -> None:
    """And put them into groups."""
    log.entries += [entry(product="many", application=f"a{number}") for number in (1, 29_999, 30_000)]  # fmt: skip
    named = tuple(Consumer("many", f"a{number}") for number in range(30_000))
    question = Question(
        ("m:7",),
        last(UTC, NOW_S, 1, Granularity.DAY),
        among=named,
        split=("group",),
        groups=dict.fromkeys(named, "g"),
    )
    assert [(line.group, line.total) for line in history.ask(question).lines] == [("g", 2)]
