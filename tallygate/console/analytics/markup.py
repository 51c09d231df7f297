"""Table rows as HTML. Not by templates: a table may have thousands of cells."""

from collections.abc import Iterable, Sequence

from django.templatetags.static import static
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe

from tallygate.console.analytics.report import Cell, Column
from tallygate.console.change import Change

_SHORT = 24
"""Characters of a text that is never cut."""


def rows_html(rows: Iterable[Sequence[Cell]], columns: Sequence[Column]) -> SafeString:
    """Rows whose first cell is their heading."""
    kinds = [_attributes(column) for column in columns]
    return mark_safe("".join(_row(row, kinds) for row in rows))  # noqa: S308 - made of escaped parts


def _row(row: Sequence[Cell], kinds: Sequence[str]) -> str:
    head = f'<th scope="row">{_content(row[0])}</th>'
    cells = (f"<td{kind}>{_content(cell)}</td>" for cell, kind in zip(row[1:], kinds[1:], strict=True))  # fmt: skip
    return f"<tr>{head}{''.join(cells)}</tr>\n"


def _attributes(column: Column) -> str:
    classes = " ".join(filter(None, ("number" * column.number, "wide-only" * column.wide)))
    return f' class="{classes}"' if classes else ""


def _content(cell: Cell) -> str:
    if cell.is_change:
        return _change(cell.change)
    if cell.bar:
        return _bar(cell.bar)
    text = _text(cell.text)
    if cell.muted:
        text = format_html('<span class="muted">{}</span>', text)
    if cell.url:
        text = format_html('<a href="{}">{}</a>', cell.url, text)
    mark = format_html('<i class="mark" data-colour="{}"></i>', cell.colour) if cell.colour else ""
    small = format_html(' <small class="muted">{}</small>', cell.small) if cell.small else ""
    return f"{mark}{text}{small}"


def _text(text: str) -> SafeString:
    """Names may be written from right to left; long ones are cut, and told in full by their title."""
    if len(text) <= _SHORT:
        return escape(text) if text.isascii() else format_html("<bdi>{}</bdi>", text)
    return format_html('<bdi class="name" title="{}">{}</bdi>', text, text)


def _bar(width: str) -> str:
    return (
        '<svg class="share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<rect width="{conditional_escape(width)}" height="6"/></svg>'
    )


def _change(change: Change | None) -> str:
    if change is None:
        return '<span class="muted">\N{EN DASH}</span>'
    icon = f"{static('console/icons.svg')}#{change.direction}"
    return format_html(
        '<span class="change {}"><svg class="icon" aria-hidden="true" focusable="false"><use href="{}"></use></svg>'
        '<span class="visually-hidden">{} </span>{}</span>',
        change.direction, icon, change.spoken, change.text,
    )  # fmt: skip
