"""Response codes are counted by code and by class, per application and per metric."""

import pytest
from support.history_data import NOW_S, MemoryLog, entry

from tallygate.domain.calendar import Granularity, find_zone, last, window
from tallygate.domain.errors import QuestionError
from tallygate.history import History, Question, code_class_series, code_series

EVER = window(find_zone("UTC"), NOW_S, period="eternity")


def total(history: History, *series: str, application: str | None = None) -> int:
    return history.ask(Question(series, EVER, "1", application, split=())).total


def test_every_code_counts_as_itself_and_in_its_class(history: History, log: MemoryLog) -> None:
    """A code that comes n times is counted n times, whatever it is."""
    log.entries += [entry(code=code) for code in range(100, 600) for _ in range(code % 3)]
    codes = [code for code in range(100, 600) for _ in range(code % 3)]
    for metric in (None, "7"):
        found = history.ask(
            Question(tuple(code_series(each, metric) for each in range(100, 600)), EVER, "1")
        )
        assert [line.total for line in found.lines] == [each % 3 for each in range(100, 600)]
        for hundreds in (1, 2, 3, 4, 5):
            expected = sum(code // 100 == hundreds for code in codes)
            assert total(history, *code_class_series(hundreds, metric)) == expected
    assert history.verify() == []


def test_a_code_counts_for_each_metric_that_its_entry_counts_on(
    history: History, log: MemoryLog
) -> None:
    """Once per entry, whatever is added: for the method that was reported, and for its ancestors."""
    log.entries += [
        entry(usage={"method": 5, "hits": 5}, code=404),
        entry(usage={"other": 1, "hits": 1}, code=404, application="second"),
        entry(usage={"method": 0, "hits": -3}, code=404),
        entry(usage={"hits": 1}, code=200),
        entry(usage={"method": 1, "hits": 1}),
        entry(usage={}, code=404),
    ]
    assert total(history, code_series(404)) == 4
    assert total(history, code_series(404, "hits")) == 3
    assert total(history, code_series(404, "method")) == 2
    assert total(history, code_series(404, "method"), application="app") == 2
    assert total(history, code_series(404, "hits"), application="second") == 1
    assert total(history, code_series(404, "other"), application="app") == 0
    assert total(history, *code_class_series(2, "hits")) == 1
    assert history.verify() == []


@pytest.mark.parametrize("odd", ["200:7", ":", "", "mc:404:7", "c:404", "7' OR 1=1"])
def test_a_metric_may_have_any_id(history: History, log: MemoryLog, odd: str) -> None:
    log.entries += [entry(usage={odd: 2}, code=404), entry(usage={"7": 1}, code=404)]
    assert total(history, code_series(404, odd)) == total(history, code_series(404, "7")) == 1
    assert total(history, f"m:{odd}") == 2
    assert history.verify() == []


def test_codes_of_a_metric_by_the_minute_are_refused_with_the_reason(
    history: History, log: MemoryLog
) -> None:
    log.entries.append(entry(code=404))
    minutes = last(find_zone("UTC"), NOW_S, 7, Granularity.MINUTE)
    with pytest.raises(QuestionError, match="not kept by minute; ask by the hour"):
        history.ask(Question((code_series(404, "7"),), minutes, "1"))
    assert history.ask(Question((code_series(404),), minutes, "1")).total == 1


@pytest.mark.parametrize("zone", ["Monrovia", "Amsterdam", "Kathmandu"])
def test_a_zone_whose_offset_was_once_no_whole_quarter_is_no_matter(
    history: History, log: MemoryLog, zone: str
) -> None:
    log.entries.append(entry(code=404))
    since_1970 = window(
        find_zone(zone), NOW_S, since="1970-01-01", until="2020-03-18", granularity=Granularity.YEAR
    )
    assert history.ask(Question((code_series(404, "7"),), since_1970, "1")).total == 1
