"""A report as a mail: HTML with its chart inside, plain text beside it, PDF and CSV attached."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from tallygate.reports.rendered import Links, Rendered

CHART_ID = "chart@tallygate"


def message(
    rendered: Rendered, sender: Address, to: str, links: Links, message_id: str, now_s: int
) -> EmailMessage:
    """
    Args:
        message_id: The same for the same delivery, so that a mail server that gets it twice can tell.
    """
    made = headed(rendered.document.subject, sender, to, message_id, now_s)
    if links.unsubscribe:
        made["List-Unsubscribe"] = f"<{links.unsubscribe}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content(rendered.text(links))
    made.add_alternative(rendered.html(f"cid:{CHART_ID}", links), subtype="html")
    html = made.get_body(("html",))
    assert html is not None
    html.add_related(
        rendered.png,
        "image",
        "png",
        cid=f"<{CHART_ID}>",
        filename="chart.png",
        disposition="inline",
    )
    name = rendered.file_name
    made.add_attachment(rendered.pdf, "application", "pdf", filename=f"{name}.pdf")
    made.add_attachment(
        rendered.csv, "text", "csv", filename=f"{name}.csv", params={"charset": "utf-8"}
    )
    return made


def headed(subject: str, sender: Address, to: str, message_id: str, now_s: int) -> EmailMessage:
    """A mail that a program wrote, without a body."""
    made = EmailMessage()
    made["From"] = sender
    made["To"] = to
    made["Subject"] = one_line(subject)
    made["Date"] = format_datetime(datetime.fromtimestamp(now_s, UTC))
    made["Message-ID"] = f"<{message_id}@{sender.domain}>"
    made["Auto-Submitted"] = "auto-generated"
    return made


def one_line(text: str) -> str:
    """A name can have a line break in it, a header cannot."""
    return " ".join(text.split())
