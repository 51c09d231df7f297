"""For the templates of reports."""

from collections.abc import Mapping, Sequence

from django import template

from tallygate.reports.document import Row

register = template.Library()


@register.filter
def dictvalue(values: Mapping[str, str], key: str) -> str:
    """The value of a key that a variable names."""
    return values[key]


@register.filter
def row_text(row: Row, columns: Sequence[str]) -> str:
    """A row as plain text: the name, and below it what the columns say."""
    indent = "    " if row.child else "  "
    name = f"{row.name} ({row.note})" if row.note else row.name
    cells = ", ".join(
        f"{column.lower()} {cell}" for column, cell in zip(columns[1:], row.cells, strict=True)
    )
    return f"{indent}{name}" + (f": {cells}" if cells else "")
