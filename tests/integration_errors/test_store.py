"""The errors on disk: grouped, bounded, and readable by others while they are written."""

import multiprocessing
import os
import sqlite3
from pathlib import Path

import pytest
from msgspec.structs import replace

from tallygate.integration_errors.record import Context, Group
from tallygate.integration_errors.store import SqliteErrorStore
from tallygate.settings import Settings

DAY_MS = 86_400_000
CONTEXT = Context("/transactions/authrep.xml", "GET", "127.0.0.1")


def group(message: str, at_ms: int = 0, service: str = "1", count: int = 1) -> Group:
    """An error that came `count` times at one moment."""
    return Group(service, "metric_invalid", message, at_ms, at_ms, count, CONTEXT)


def store(home: Path, **settings: int) -> SqliteErrorStore:
    return SqliteErrorStore(Settings(home=home, **settings))  # type: ignore[arg-type]


def messages(errors: SqliteErrorStore, service: str = "1", now_ms: int = 0) -> list[str]:
    return [each.message for each in errors.page(service, now_ms, 1, 10_000).groups]


def test_repeated_errors_are_one_group_with_a_count(home: Path) -> None:
    """First and last time, the count of all, and the latest context; another service has its own."""
    with store(home) as errors:
        later = Context("/transactions/authorize.xml", "GET", "127.0.0.2", parameters={"a": "b"})
        errors.add([group("x", 10, count=2), group("x", 10, "2")], 10)
        errors.add([replace(group("x", 30), first_ms=20, count=3, context=later)], 30)
        found = errors.page("1", 30, 1, 10)
        assert found == ([Group("1", "metric_invalid", "x", 10, 30, 5, later)], 1)
        assert errors.page("2", 30, 1, 10).groups[0].count == 1


def test_pages_are_newest_first(home: Path) -> None:
    """Behind the last page there is nothing, and the total is told on each."""
    with store(home) as errors:
        errors.add([group(str(number), number) for number in range(5)], 5)
        pages = [errors.page("1", 5, page, 2) for page in (1, 2, 3, 4)]
        assert [[each.message for each in page.groups] for page in pages] == [
            ["4", "3"], ["2", "1"], ["0"], [],
        ]  # fmt: skip
        assert {page.total for page in pages} == {5}


def test_the_newest_of_several_services_are_one_list(home: Path) -> None:
    """Of those that are asked for and no others, as many as are wanted."""
    with store(home, integration_error_days=1) as errors:
        errors.add([group(name, at_ms, service) for name, at_ms, service in (
            ("a", 1, "1"), ("b", 2, "2"), ("c", 3, "3"), ("d", 4, "1"))], 4)  # fmt: skip
        found = errors.newest(["1", "2", 'x"]'], 4, 10)
        assert [each.message for each in found] == ["d", "b", "a"]
        assert [each.message for each in errors.newest(["1", "2"], 4, 2)] == ["d", "b"]
        assert errors.newest([], 4, 10) == []
        assert errors.newest(["1"], DAY_MS + 5, 10) == []


def test_errors_leave_when_their_time_is_over(home: Path) -> None:
    """By their last time; they are not shown from then on, and removed with the next write."""
    with store(home, integration_error_days=2) as errors:
        errors.add([group("old"), group("kept", DAY_MS)], DAY_MS)
        assert messages(errors, now_ms=2 * DAY_MS + 1) == ["kept"]
        errors.add([group("new", 2 * DAY_MS + 1)], 2 * DAY_MS + 1)
        assert messages(errors, now_ms=0) == ["new", "kept"]


def test_without_a_window_errors_stay(home: Path) -> None:
    """0 days mean for ever."""
    with store(home, integration_error_days=0) as errors:
        errors.add([group("old")], 100_000 * DAY_MS)
        assert messages(errors, now_ms=100_000 * DAY_MS) == ["old"]


def test_a_noisy_service_does_not_push_out_others(home: Path) -> None:
    """Above the size the oldest errors of the service with most of them leave."""
    with store(home, integration_error_bytes=100_000) as errors:
        errors.add([group("quiet", 0, "2")], 0)
        for at_ms in range(1, 40):
            errors.add([group(f"{at_ms} {number}", at_ms) for number in range(25)], at_ms)
            assert errors.held_bytes() <= 100_000
        assert messages(errors, "2") == ["quiet"]
        left = messages(errors)
        assert left[0].startswith("39 ")
        assert 150 < len(left) < 975


def test_the_file_stays_about_as_large_as_what_it_holds(home: Path) -> None:
    """What leaves makes room for what comes."""
    with store(home, integration_error_bytes=500_000) as errors:
        for at_ms in range(100):
            errors.add([group(f"{at_ms} {number}" + "x" * 400, at_ms) for number in range(50)], at_ms)  # fmt: skip
    assert Settings(home=home).integration_errors.stat().st_size < 1_000_000


def test_deleting_forgets_one_service(home: Path) -> None:
    """The others keep theirs; what is held shrinks accordingly."""
    with store(home) as errors:
        errors.add([group("a"), group("b"), group("c", service="2")], 0)
        assert errors.delete("1") == 2
        assert (messages(errors), messages(errors, "2")) == ([], ["c"])
        assert errors.delete("1") == 0
        errors.delete("2")
        assert errors.held_bytes() == 0


def test_a_write_that_fails_keeps_nothing_and_the_next_one_works(home: Path) -> None:
    """All of a batch or nothing."""
    with store(home) as errors:
        errors.add([group("before")], 0)
        with pytest.raises(sqlite3.Error):
            errors.add([group("good"), replace(group("bad"), count=None)], 0)
        errors.add([group("after")], 0)
        assert set(messages(errors)) == {"before", "after"}


def write(home: Path) -> None:
    with store(home) as errors:
        for number in range(200):
            errors.add([group("x", number), group(str(number), number)], number)
    os._exit(0)


def test_another_process_reads_while_one_writes(home: Path) -> None:
    """A reader always sees whole batches: of the group in each batch as many as there are others."""
    writer = multiprocessing.get_context("spawn").Process(target=write, args=(home,))
    writer.start()
    seen = set()
    with store(home) as errors:
        while writer.is_alive():
            counts = {each.message: each.count for each in errors.page("1", 0, 1, 1000).groups}
            assert counts.pop("x", 0) == len(counts)
            seen.add(len(counts))
        writer.join()
        assert errors.page("1", 0, 1, 1000).total == 201
    assert writer.exitcode == 0
    assert len(seen) > 2
