"""A report, ready to be sent to anybody who may see it, or shown."""

import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property

from django.template.loader import render_to_string

from tallygate.reports.document import Document
from tallygate.reports.figures import Figures
from tallygate.reports.table import table

TONES = {"": "#1b2430", "up": "#0f7a3d", "down": "#b3261e", "bad": "#b3261e", "same": "#5b6675"}

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Links:
    """Where a mail leads to; '' = nowhere.

    Attributes:
        portal: The numbers in the portal.
        unsubscribe: Ends the subscription.
    """

    portal: str = ""
    unsubscribe: str = ""


@dataclass(frozen=True)
class Rendered:
    """Each form is made when it is first wanted, and once."""

    figures: Figures
    document: Document

    @cached_property
    def png(self) -> bytes:
        from tallygate.reports.chart import (
            png,  # an image library: only who makes pictures pays for it
        )

        return png(self.document)

    @cached_property
    def pdf(self) -> bytes:
        from tallygate.reports.pdf import pdf  # 20 MB, so no sooner either

        return pdf(self.document)

    @cached_property
    def csv(self) -> bytes:
        return table(self.figures)

    @property
    def chart_url(self) -> str:
        """The chart within its own address, for a file that stands alone."""
        return f"data:image/png;base64,{b64encode(self.png).decode()}"

    @property
    def file_name(self) -> str:
        """Without its ending."""
        about = self.document.about
        named = about.product.system_name if about.product else about.name
        day = about.window.zone.local(about.window.since_s).date().isoformat()
        return f"{_UNSAFE.sub('-', named).strip('-') or 'report'}-{about.period}-{day}"

    def html(self, chart: str, links: Links) -> str:
        """`chart` is the address of the picture."""
        return render_to_string("reports/report.html", self._context(links) | {"chart": chart})

    def text(self, links: Links) -> str:
        return render_to_string("reports/report.txt", self._context(links))

    def _context(self, links: Links) -> dict[str, object]:
        given = {"portal": links.portal, "unsubscribe": links.unsubscribe}
        return {"d": self.document, "tones": TONES, **given}
