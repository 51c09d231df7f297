"""The real engine in a process that dies at a chosen step."""

from collections.abc import Callable
from pathlib import Path

from tallygate.history.engine import ChdbEngine, Rows, Value
from tallygate.history.schema import create_tables
from tallygate.settings import Settings


class Crash(Exception):
    """The process is gone."""


class DyingEngine(ChdbEngine):
    """Dies when the n-th statement begins, or has run, that deletes or writes."""

    def __init__(self, home: Path, number: int, after: bool) -> None:
        super().__init__(Settings(home=home).history, create_tables)
        self._left, self._after = number, after

    def execute(self, sql: str, **values: Value) -> None:
        if sql.startswith(("ALTER", "INSERT")):
            self._counted(lambda: ChdbEngine.execute(self, sql, **values))
        else:
            super().execute(sql, **values)

    def insert(self, table: str, rows: Rows) -> None:
        self._counted(lambda: ChdbEngine.insert(self, table, rows))

    def _counted(self, work: Callable[[], None]) -> None:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Crash
        work()
        if self._left == 0:
            raise Crash
