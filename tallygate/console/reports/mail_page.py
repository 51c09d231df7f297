"""The mail server: what is set up, what is missing, and a message that tries it."""

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tallygate.catalog.access import Principal
from tallygate.console.pages import action, page, show
from tallygate.mail import Delivered, MailServer
from tallygate.reports.message import headed
from tallygate.reports.sending import sender
from tallygate.web import runtime, scheduler

TEST = "This is a test message. Tallygate can send reports and alerts to you.\n"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is set up, or not.

    Attributes:
        hint: What to do where it is not.
    """

    name: str
    value: str
    done: bool
    hint: str = ""


@page
def mail(request: HttpRequest, principal: Principal) -> HttpResponse:
    principal.require("manage_users")
    context = {
        "title": "Mail",
        "steps": steps(principal),
        "has_mail": bool(settings.TALLYGATE.smtp_url),
        "address": principal.user.email if principal.user else "",
    }
    return show(request, principal, "console/mail.html", "reports", context)


@action
def test(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Sends a message to whoever presses the button, and says what the mail server says."""
    principal.require("manage_users")
    to = principal.user.email if principal.user else ""
    url = scheduler.mail_server(settings.TALLYGATE)
    if url is None or not to:
        missing = "an address of your own" if url else "a mail server"
        messages.error(request, f"The test message was not sent: {missing} is missing")
        return redirect("console:mail")
    whom, now_s = sender(settings.TALLYGATE, url), runtime.clock().now_s()
    message = headed("Test message of Tallygate", whom, to, uuid.uuid4().hex, now_s)
    message.set_content(TEST)
    with MailServer(url) as server:
        outcome = server.send(message, to)
    if isinstance(outcome, Delivered):
        messages.success(request, f"The mail server has taken a message to {to}: {outcome.reason}")
    else:
        messages.error(request, f"The test message was not sent: {outcome.reason}")
    return redirect("console:mail")


def steps(principal: Principal) -> list[Step]:
    """What mail needs, in the order in which it is set up."""
    given = settings.TALLYGATE
    url = scheduler.mail_server(given)
    return [
        Step(
            "Mail server", str(url or ""), url is not None,
            "Set TALLYGATE_SMTP_URL, for instance to smtp://USER:PASSWORD@mail.example.com, and start Tallygate again."
            " Until then reports are kept and shown in the delivery log.",
        ),
        Step(
            "Sender", sender(given, url).addr_spec, bool(url and url.sender),
            "Add ?from=ADDRESS to TALLYGATE_SMTP_URL: most mail servers take mail from addresses of their own only.",
        ),
        Step(
            "Address of this portal", given.console_url, bool(given.public_console_url),
            "Set TALLYGATE_PUBLIC_CONSOLE_URL: links in mails lead there, also the one that ends a report.",
        ),
        Step(
            "Your own address", principal.user.email if principal.user else "",
            bool(principal.user and principal.user.email), "Have it entered on the page Users.",
        ),
    ]  # fmt: skip
