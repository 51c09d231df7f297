"""A report as PDF: A4 pages, with a chart that stays sharp, for the archive and for people without mail."""

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Drawing, Line, PolyLine, Rect, String
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from tallygate.reports import chart
from tallygate.reports.document import Document, Row, Section

_MARGIN = 18 * mm
_WIDTH = A4[0] - 2 * _MARGIN
_INK, _SOFT, _RULE = "#1b2430", "#5b6675", "#d6dbe2"
_TONES = {"up": "#0f7a3d", "down": "#b3261e", "bad": "#b3261e", "same": _SOFT, "": _INK}


def pdf(document: Document) -> bytes:
    """The same report always gives the same bytes."""
    _register()
    file = BytesIO()
    template = BaseDocTemplate(
        file,
        pagesize=A4,
        title=document.subject,
        author="Tallygate",
        lang="en",
        invariant=True,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
    )
    frame = Frame(_MARGIN, _MARGIN, _WIDTH, A4[1] - 2 * _MARGIN, 0, 0, 0, 0)

    def foot(canvas: Canvas, _template: object) -> None:
        canvas.setFont("Report", 8)
        canvas.setFillColor(HexColor(_SOFT))
        canvas.drawString(_MARGIN, 10 * mm, document.written)
        canvas.drawRightString(
            A4[0] - _MARGIN, 10 * mm, f"{document.about.name[:60]} · {canvas.getPageNumber()}"
        )

    template.addPageTemplates(PageTemplate(frames=[frame], onPage=foot))
    template.build(list(_flow(document)))
    return file.getvalue()


@cache
def _register() -> None:
    for name, file in (("Report", "DejaVuSans.ttf"), ("Report-Bold", "DejaVuSans-Bold.ttf")):
        with (chart.FONTS / file).open("rb") as font:
            pdfmetrics.registerFont(TTFont(name, BytesIO(font.read())))
    pdfmetrics.registerFontFamily("Report", normal="Report", bold="Report-Bold")


def _style(
    size: float, color: str = _INK, bold: bool = False, right: bool = False
) -> ParagraphStyle:
    return ParagraphStyle(
        "",
        fontName="Report-Bold" if bold else "Report",
        fontSize=size,
        leading=size * 1.35,
        textColor=HexColor(color),
        splitLongWords=True,
        **({"alignment": TA_RIGHT} if right else {}),
    )


def _flow(document: Document) -> Iterator[Flowable]:
    about = document.about
    yield Paragraph(escape(about.name), _style(11, _SOFT))
    yield Paragraph(escape(f"{about.title}, {about.dates}"), _style(17, bold=True))
    yield Spacer(0, 5 * mm)
    yield Paragraph(escape(document.headline), _style(22, bold=True))
    yield Paragraph(escape(document.compared), _style(10, _TONES[document.tone]))
    yield Spacer(0, 3 * mm)
    yield _drawing(document)
    for line in document.coming:
        yield Paragraph(escape(line), _style(9.5, _SOFT))
    for section in document.sections:
        yield Spacer(0, 5 * mm)
        yield from _section(section)


def _section(section: Section) -> Iterator[Flowable]:
    title = Paragraph(escape(section.title), _style(12, bold=True))
    if not section.rows:
        yield KeepTogether([title, Paragraph(escape(section.foot), _style(9.5, _SOFT))])
        return
    table = _table(section)
    # A heading never stands alone at the foot of a page; a long table goes on over pages.
    yield KeepTogether([title, Spacer(0, 1.5 * mm), table]) if len(section.rows) < 12 else title
    if len(section.rows) >= 12:
        yield table
    if section.foot:
        yield Paragraph(escape(section.foot), _style(8.5, _SOFT))


def _table(section: Section) -> Table:
    others = len(section.columns) - 1
    width = 28 * mm if others <= 3 else 22 * mm
    head = [
        Paragraph(escape(each), _style(8.5, _SOFT, right=index > 0))
        for index, each in enumerate(section.columns)
    ]
    rows = [head, *(_cells(row) for row in section.rows)]
    table = Table(rows, colWidths=[_WIDTH - others * width, *[width] * others], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, 0), 0.7, HexColor(_SOFT)),
                ("LINEBELOW", (0, 1), (-1, -1), 0.3, HexColor(_RULE)),
                ("LEFTPADDING", (0, 0), (0, -1), 0),
                ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 2.5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
            ]
        )
    )
    return table


def _cells(row: Row) -> list[Paragraph]:
    note = f' <font size="8" color="{_SOFT}">{escape(row.note)}</font>' if row.note else ""
    indent = "\N{NO-BREAK SPACE}" * 4 if row.child else ""
    last = len(row.cells) - 1
    return [
        Paragraph(f"{indent}{escape(row.name)}{note}", _style(9.5)),
        *(
            Paragraph(
                escape(cell), _style(9.5, _TONES[row.tone] if index == last else _INK, right=True)
            )
            for index, cell in enumerate(row.cells)
        ),
    ]


def _drawing(document: Document) -> Drawing:
    placed = chart.layout(document)
    scale = _WIDTH / chart.WIDTH
    drawing = Drawing(_WIDTH, chart.HEIGHT * scale)
    drawing.scale(scale, scale)
    text, grid = HexColor(chart.TEXT), HexColor(_RULE)

    def up(y: float) -> float:
        return chart.HEIGHT - y

    for y, label in placed.grid:
        drawing.add(
            Line(
                chart.LEFT,
                up(y),
                chart.WIDTH - chart.RIGHT,
                up(y),
                strokeColor=grid,
                strokeWidth=0.7,
            )
        )
        drawing.add(
            String(
                chart.LEFT - 6,
                up(y) - 3.5,
                label,
                fontName="Report",
                fontSize=10,
                fillColor=text,
                textAnchor="end",
            )
        )
    for x, y, width, height in placed.columns:
        drawing.add(
            Rect(
                x, up(y + height), width, height, fillColor=HexColor(chart.COLUMN), strokeColor=None
            )
        )
    if len(placed.line) > 1:
        points = [part for x, y in placed.line for part in (x, up(y))]
        drawing.add(PolyLine(points, strokeColor=HexColor(chart.LINE), strokeWidth=1.5))
    for x, label in placed.labels:
        drawing.add(
            String(
                x,
                up(chart.HEIGHT - chart.BOTTOM + 15),
                label,
                fontName="Report",
                fontSize=10,
                fillColor=text,
                textAnchor="middle",
            )
        )
    return drawing
