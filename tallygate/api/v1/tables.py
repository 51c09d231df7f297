"""Tables of any length, part by part: as CSV, as lines of JSON, as Parquet and as a stream of Arrow."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from tallygate.domain.calendar import Zone

Kind = Literal["text", "whole", "number", "time"]
Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """
    Attributes:
        kind: A time is in UTC seconds, and written by the clocks of the table's zone.
    """

    name: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """
    Attributes:
        file: What a file of it is called, without an ending.
        parts: Its rows, some at a time. None is a value that is not there.
    """

    file: str
    columns: tuple[Column, ...]
    zone: Zone
    parts: Iterable[Sequence[Row]]


def csv_parts(table: Table) -> Iterator[bytes]:
    """A header and lines, separated by line feeds."""
    yield _csv_lines([[column.name for column in table.columns]])
    for part in _texts(table):
        yield _csv_lines(part)


def ndjson_parts(table: Table) -> Iterator[bytes]:
    """An object in each line."""
    names = [column.name for column in table.columns]
    for part in _texts(table):
        rows = (dict(zip(names, row, strict=True)) for row in part)
        yield b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def arrow_parts(table: Table) -> Iterator[bytes]:
    """Arrow's IPC format for streams: a schema, and a batch for each part."""
    import pyarrow

    schema = _schema(table)
    yield from _written(table, schema, lambda sink: pyarrow.ipc.new_stream(sink, schema))


def parquet_parts(table: Table) -> Iterator[bytes]:
    """Parquet, with a group of rows for each part."""
    from pyarrow import parquet

    schema = _schema(table)
    yield from _written(
        table, schema, lambda sink: parquet.ParquetWriter(sink, schema, compression="zstd")
    )


class _Sink(io.RawIOBase):
    """What is written into it, until it is taken away."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._held.append(bytes(data))
        self._length += len(self._held[-1])
        return len(self._held[-1])

    def tell(self) -> int:
        return self._length

    def take(self) -> bytes:
        taken = b"".join(self._held)
        self._held.clear()
        return taken


def _written(table: Table, schema: Any, opened: Callable[[_Sink], Any]) -> Iterator[bytes]:
    # Imported where it is used: it is 50 MB of memory, and most processes never write such a file.
    import pyarrow

    sink = _Sink()
    with opened(sink) as writer:
        for part in table.parts:
            columns = list(zip(*part, strict=True)) if part else [()] * len(schema)
            arrays = [
                pyarrow.array(values, field.type)
                for values, field in zip(columns, schema, strict=True)
            ]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
            yield sink.take()
    yield sink.take()


def _schema(table: Table) -> Any:
    import pyarrow

    types = {
        "text": pyarrow.string(),
        "whole": pyarrow.int64(),
        "number": pyarrow.float64(),
        "time": pyarrow.timestamp("s", tz=table.zone.name),
    }
    return pyarrow.schema([(column.name, types[column.kind]) for column in table.columns])


def _texts(table: Table) -> Iterator[list[Row]]:
    """The rows with times as texts."""
    times = [place for place, column in enumerate(table.columns) if column.kind == "time"]
    for part in table.parts:
        rows = [list(row) for row in part]
        for row in rows:
            for place in times:
                if row[place] is not None:
                    row[place] = table.zone.iso(row[place])
        yield rows


def _csv_lines(rows: Iterable[Row]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
