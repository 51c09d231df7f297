"""What the history asks of its database, and chDB: ClickHouse inside this process."""

import fcntl
import os
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from tallygate.domain.errors import HistoryUnavailable
from tallygate.history import chdb_native

Value = str | int | Sequence["Value"]
Rows = Sequence[Sequence[object]]

_OPTIONS = "max_thread_pool_free_size=4"
"""chDB would keep a thousand idle threads, each with memory of its own."""
LONGEST_STATEMENT = 256_000_000
"""Bytes: a question may name a hundred thousand applications and more."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Array(tuple[Value, ...]):
    """A value that the statement takes as an array; any other row of values is a tuple."""


class Engine(Protocol):
    """A ClickHouse. Every method may be called from any thread.

    Statements name their values as `{name}`; a value never becomes part of the statement in any other
    way. Every method raises HistoryUnavailable, with the reason, when the engine cannot do it now.
    """

    def query(self, sql: str, **values: Value) -> list[list[Any]]:
        """The rows of a SELECT."""
        ...

    def execute(self, sql: str, **values: Value) -> None:
        """Runs a statement that gives no rows."""
        ...

    def insert(self, table: str, rows: Rows) -> None:
        """Adds rows, durable when it returns; all rows of one partition get in together, or none."""
        ...

    def close(self) -> None:
        """Lets go of the files, for good. Closing twice is fine."""
        ...


def literal(value: Value) -> str:
    """A value as ClickHouse text.

    Raises:
        TypeError: No such value can be asked for.
    """
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, Array):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    if isinstance(value, Sequence):
        return "(" + ", ".join(literal(item) for item in value) + ")"
    raise TypeError(f"{value!r} is no value of a query")


def filled(sql: str, values: dict[str, Value]) -> str:
    """The statement with its values in place."""
    return _PLACEHOLDER.sub(lambda match: literal(values[match[1]]), sql)


class ChdbEngine:
    """chDB on a folder. One process at a time holds the folder; chDB allows one folder per process."""

    def __init__(self, folder: Path, prepare: Callable[[Engine], None]) -> None:
        """Nothing is opened before the first statement; then `prepare` makes the tables."""
        self._folder = folder
        self._prepare = prepare
        self._mutex = threading.RLock()
        self._session: Any = None
        self._lock_fd = -1
        self._closed = False

    def query(self, sql: str, **values: Value) -> list[list[Any]]:
        answer = self._run(filled(sql, values), "JSONCompactEachRow")
        return [msgspec.json.decode(line) for line in answer.splitlines()]

    def execute(self, sql: str, **values: Value) -> None:
        self._run(filled(sql, values), "Null")

    def insert(self, table: str, rows: Rows) -> None:
        data = b"\n".join(map(msgspec.json.encode, rows)).decode()
        # One block, so that a partition's rows are one part: parts come to life in one rename.
        self._run(
            f"INSERT INTO {table} SETTINGS max_partitions_per_insert_block = 0,"
            " max_insert_block_size = 100000000, min_insert_block_size_rows = 100000000,"
            " min_insert_block_size_bytes = 0, input_format_parallel_parsing = 0"
            f" FORMAT JSONCompactEachRow\n{data}",
            "Null",
        )

    def close(self) -> None:
        with self._mutex:
            self._closed = True
            self._release()

    def _release(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
            self._lock_fd = -1

    def _run(self, sql: str, output: str) -> bytes:
        with self._mutex:
            session = self._session or self._open()
            try:
                answer = session.query(sql, output, params={})
                if answer.has_error():
                    raise RuntimeError(answer.error_message())
                return bytes(answer.bytes())
            except Exception as error:
                raise HistoryUnavailable(f"the analytics engine says: {_brief(error)}") from error

    def _open(self) -> Any:
        if self._closed:
            raise HistoryUnavailable("the history is closed")
        self._lock_fd = self._lock()
        try:
            for empty in self._empty_definitions():
                empty.unlink()  # nothing was ever written to its table
            self._session = chdb_native.connect(f"{self._folder / 'chdb'}?{_OPTIONS}")
            self._run("SET output_format_json_quote_64bit_integers = 0", "Null")
            self._run(f"SET max_query_size = {LONGEST_STATEMENT}", "Null")
            self._run("SET mutations_sync = 0", "Null")  # as a server does; who deletes, waits
            self._prepare(self)
            if self._empty_definitions():
                raise OSError("its tables cannot be written; the disk may be full")
        except Exception as error:
            self._release()
            raise HistoryUnavailable(f"the analytics engine does not start: {error}") from error
        return self._session

    def _empty_definitions(self) -> list[Path]:
        """Of tables that chDB has made on a full disk: it says nothing, and would never open the folder again."""
        folder = self._folder / "chdb"
        definitions = (*folder.glob("metadata/*.sql"), *folder.glob("store/*/*/*.sql"))
        return [file for file in definitions if file.stat().st_size == 0]

    def _lock(self) -> int:
        if "?" in str(self._folder):  # where chDB's own parameters begin
            raise HistoryUnavailable(f"{self._folder}: the path of the home must have no '?'")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(
                self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
        except OSError as error:
            raise HistoryUnavailable(f"the history cannot be opened: {error}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise HistoryUnavailable(f"another process has {self._folder} open") from None
        return descriptor


def _brief(error: Exception) -> str:
    """The first line, without the statement that it may quote at length."""
    return str(error).partition("\n")[0][:300]
