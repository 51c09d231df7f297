"""Tables as Parquet, written piece by piece: a long one takes no more memory than a short one."""

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any


class Instant(int):
    """The type of a column of instants: UTC seconds."""


def parquet(
    columns: Sequence[tuple[str, type]], pieces: Iterable[Sequence[Sequence[Any]]]
) -> Iterator[bytes]:
    """The file in chunks; each piece is a row group.

    Args:
        columns: Names and types: str, int, float, or Instant, which becomes a timestamp in UTC. Any value may be None.
        pieces: Rows, each with a value for each column.
    """
    # Loaded when first needed: it takes longer than the rest of the console, and tens of megabytes.
    import pyarrow
    from pyarrow import parquet as files

    types = {
        str: pyarrow.string(),
        int: pyarrow.int64(),
        float: pyarrow.float64(),
        Instant: pyarrow.timestamp("ms", tz="UTC"),
    }
    schema = pyarrow.schema([(name, types[kind]) for name, kind in columns])
    scales = [1000 if kind is Instant else None for _, kind in columns]
    sink = io.BytesIO()
    with files.ParquetWriter(sink, schema, compression="zstd") as writer:
        for rows in pieces:
            values = [
                [value if scale is None or value is None else value * scale for value in column]
                for scale, column in zip(scales, zip(*rows, strict=True), strict=True)
            ]
            arrays = [pyarrow.array(column, each.type) for column, each in zip(values, schema, strict=True)]  # fmt: skip
            writer.write_table(pyarrow.table(arrays, schema=schema))
            yield _taken(sink)
    yield _taken(sink)


def _taken(sink: io.BytesIO) -> bytes:
    """What was written since; the writer goes on where it was."""
    chunk = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return chunk
