"""The history's tables: their names, their partitions, and how they are made."""

from importlib.resources import files
from typing import NamedTuple

from tallygate.history.engine import Engine


class Table(NamedTuple):
    """A table of the history.

    Attributes:
        partition_s: Seconds of event time in one partition.
        step_s: Seconds of event time in one row; 0: a row is one entry.
        codes_of_metrics: Whether it has the response codes of each metric; by the minute they would be
            as many rows as all others together.
    """

    name: str
    partition_s: int
    step_s: int
    codes_of_metrics: bool = False

    def partition(self, instant_s: int) -> int:
        """The number of the partition that holds an instant."""
        return instant_s // self.partition_s


RAW = Table("history.raw", 86_400, 0)
MINUTE = Table("history.usage_minute", 604_800, 60)
QUARTER = Table("history.usage_quarter", 2_592_000, 900, codes_of_metrics=True)
ROLLUPS = (MINUTE, QUARTER)

EMBEDDED = {
    "merge_tree": "MergeTree",
    "summing_merge_tree": "SummingMergeTree(value)",
    "text": "CODEC(ZSTD(1))",
    "time": "CODEC(DoubleDelta, ZSTD(1))",
    "count": "CODEC(T64, ZSTD(1))",
    "settings": "SETTINGS fsync_after_insert = 1, fsync_part_directory = 1",
}
"""What stands in the braces of `schema.sql` for chDB."""


def create_tables(engine: Engine, dialect: dict[str, str] = EMBEDDED) -> None:
    """Creates what is missing; changes nothing that is there."""
    text = files("tallygate.history").joinpath("schema.sql").read_text("utf-8")
    for name, words in dialect.items():
        text = text.replace("{" + name + "}", words)
    for statement in text.split(";\n"):
        if statement.strip():
            engine.execute(statement)
