"""Mail to people: a server that is named by a URL, and what becomes of a message there."""

from tallygate.mail.server import Delivered, MailServer, Outcome, Refused, Unclear, Unreachable
from tallygate.mail.url import MailUrl, read

__all__ = [
    "Delivered",
    "MailServer",
    "MailUrl",
    "Outcome",
    "Refused",
    "Unclear",
    "Unreachable",
    "read",
]
