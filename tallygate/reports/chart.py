"""The chart of a report: columns for the period, a line for the one before. Drawn on any canvas."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from tallygate.reports.document import Document

WIDTH, HEIGHT = 600, 180
"""In points; a picture has `SCALE` pixels for each, so that it is sharp on dense screens."""
SCALE = 2
_SMOOTH = 2
"""Drawn so much larger, then made small: that is how its edges become smooth."""

LEFT, RIGHT, TOP, BOTTOM = 46, 6, 8, 22
COLUMN, LINE, GRID, TEXT = "#2f7fd1", "#e08a1e", "#8a94a3", "#737d8c"
"""They can be seen on white and on black alike: a mail's background is the reader's."""

FONTS = files("tallygate.reports") / "fonts"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is, in points from the upper left corner.

    Attributes:
        columns: x, y, width, height of each.
        line: Points of the period before.
        grid: y and label of each horizontal line.
        labels: x and text below the columns.
    """

    columns: list[tuple[float, float, float, float]]
    line: list[tuple[float, float]]
    grid: list[tuple[float, str]]
    labels: list[tuple[float, str]]


def layout(document: Document) -> Layout:
    """Where everything of a report's chart is."""
    top = _round_up(max(*document.values, *document.before, 1))
    step = (WIDTH - LEFT - RIGHT) / max(len(document.values), 1)
    base = HEIGHT - BOTTOM

    def y(value: float) -> float:
        return base - value / top * (base - TOP)

    return Layout(
        columns=[
            (LEFT + index * step + step * 0.15, y(value), step * 0.7, base - y(value))
            for index, value in enumerate(document.values)
        ],
        line=[
            (LEFT + (index + 0.5) * step, y(value))
            for index, value in enumerate(document.before[: len(document.values)])
        ],
        grid=[(y(top * part / 2), short(top * part // 2)) for part in range(3)],
        labels=[
            (LEFT + (index + 0.5) * step, text)
            for index, text in enumerate(document.labels)
            if text
        ],
    )


def png(document: Document) -> bytes:
    """The chart as a picture with a transparent background."""
    placed, size = layout(document), SCALE * _SMOOTH
    image = Image.new("RGBA", (WIDTH * size, HEIGHT * size), (255, 255, 255, 0))
    draw = ImageDraw.Draw(image)
    font = _font(11 * size)
    for y, text in placed.grid:
        draw.line(
            (LEFT * size, y * size, (WIDTH - RIGHT) * size, y * size), fill=GRID + "66", width=size
        )
        draw.text(((LEFT - 6) * size, y * size), text, fill=TEXT, font=font, anchor="rm")
    for x, y, width, height in placed.columns:
        box = (x * size, y * size, (x + width) * size, (y + height) * size)
        if height > 0:
            draw.rectangle(box, fill=COLUMN)
    if len(placed.line) > 1:
        points = [(x * size, y * size) for x, y in placed.line]
        draw.line(points, fill=LINE, width=2 * size, joint="curve")
    for x, text in placed.labels:
        draw.text((x * size, (HEIGHT - BOTTOM + 5) * size), text, fill=TEXT, font=font, anchor="ma")
    small = image.resize((WIDTH * SCALE, HEIGHT * SCALE), Image.Resampling.BOX)
    file = BytesIO()
    small.quantize(64, method=Image.Quantize.FASTOCTREE).save(file, "PNG", optimize=True)
    return file.getvalue()


def short(value: float) -> str:
    """A number for an axis: 1500 -> '1.5k'."""
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:g}"


def _round_up(value: int) -> int:
    """To an even number with one or two digits that count, so that half of it can be read, too."""
    digits = 10 ** max(len(str(value)) - 1, 0)
    steps: Sequence[float] = (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10)
    return max(int(next(step * digits for step in steps if step * digits >= value)), 2)


def _font(size: int) -> ImageFont.FreeTypeFont:
    with (FONTS / "DejaVuSans.ttf").open("rb") as file:
        return ImageFont.truetype(BytesIO(file.read()), size)
