"""The engine: what goes in comes out, and what goes wrong is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallygate.domain.errors import HistoryUnavailable
from tallygate.history.engine import ChdbEngine, Engine
from tallygate.history.schema import create_tables

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[ChdbEngine]:
    opened = ChdbEngine(tmp_path / "history", create_tables)
    yield opened
    opened.close()


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXT, number=st.integers(-(2**63) + 1, 2**63 - 1), many=st.lists(TEXT, min_size=1))
def test_any_value_comes_back_as_it_went_in(
    engine: ChdbEngine, text: str, number: int, many: list[str]
) -> None:
    sql = "SELECT {text}, {number}, {text} IN {many}"
    assert engine.query(sql, text=text, number=number, many=many) == [[text, number, text in many]]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=20, unique=True))
def test_any_row_comes_back_as_it_went_in(
    engine: ChdbEngine, rows: list[tuple[str, str, str]]
) -> None:
    engine.execute("TRUNCATE TABLE history.usage_minute")
    engine.insert("history.usage_minute", [(*row, 60, 1) for row in rows])
    found = engine.query("SELECT series, product, application FROM history.usage_minute")
    assert sorted(map(tuple, found)) == sorted(rows)


def test_a_statement_that_fails_is_told_with_its_reason(engine: ChdbEngine) -> None:
    with pytest.raises(HistoryUnavailable, match="Unknown table"):
        engine.query("SELECT * FROM history.nothing")
    assert engine.query("SELECT 1") == [[1]]


def test_a_folder_that_is_open_is_not_opened_twice(engine: ChdbEngine, tmp_path: Path) -> None:
    engine.query("SELECT 1")
    second = ChdbEngine(tmp_path / "history", create_tables)
    with pytest.raises(HistoryUnavailable, match="another process has"):
        second.query("SELECT 1")
    engine.close()
    assert second.query("SELECT 1") == [[1]]
    second.close()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HistoryUnavailable):
        ChdbEngine(tmp_path / "file" / "history", create_tables).query("SELECT 1")


def test_a_folder_whose_path_the_engine_would_misread_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HistoryUnavailable, match=r"must have no '\?'"):
        ChdbEngine(tmp_path / "a?b", create_tables).query("SELECT 1")


@pytest.mark.parametrize("name", ["a b", "50%20&x=1", "été", "#1;'"])
def test_a_folder_may_have_an_odd_name(tmp_path: Path, name: str) -> None:
    engine = ChdbEngine(tmp_path / name, create_tables)
    assert engine.query("SELECT count() FROM history.raw") == [[0]]
    engine.close()
    assert (tmp_path / name / "chdb").is_dir()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_is_written_is_there_after_the_engine_was_closed(tmp_path: Path) -> None:
    for expected in (1, 2):
        engine = ChdbEngine(tmp_path / "history", create_tables)
        engine.insert("history.usage_minute", [("m:1", "1", "", 60, 1)])
        assert engine.query("SELECT sum(value) FROM history.usage_minute") == [[expected]]
        engine.close()
        engine.close()


def test_tables_that_were_made_on_a_full_disk_are_not_used_and_made_anew(tmp_path: Path) -> None:
    """A full disk leaves a definition empty without a word; nothing gets in before all are written."""
    folder = tmp_path / "history"

    def on_a_full_disk(engine: Engine) -> None:
        create_tables(engine)
        definition(folder, "usage_quarter").write_bytes(b"")

    failing = ChdbEngine(folder, on_a_full_disk)
    with pytest.raises(HistoryUnavailable, match="the disk may be full"):
        failing.insert("history.usage_minute", [("m:1", "1", "", 60, 7)])
    engine = ChdbEngine(folder, create_tables)
    engine.insert("history.usage_quarter", [("m:1", "1", "", 900, 7)])
    assert engine.query("SELECT value FROM history.usage_quarter") == [[7]]
    assert engine.query("SELECT value FROM history.usage_minute") == []
    engine.close()


def definition(folder: Path, table: str) -> Path:
    """The file in which chDB keeps how the table is made."""
    (found,) = folder.glob(f"chdb/store/*/*/{table}.sql")
    return found
