"""A report for whoever has the installation: about any product, in any form, or sent to any address."""

import uuid
from typing import Literal

import msgspec

from tallygate import mail
from tallygate.catalog.access import Principal
from tallygate.catalog.models import Product, Provider
from tallygate.catalog.sections import SECTIONS
from tallygate.domain.calendar import find_zone
from tallygate.domain.errors import InputError
from tallygate.domain.schedule import Period, Schedule, period_of
from tallygate.history import History
from tallygate.mail import Delivered, MailServer
from tallygate.reports import making
from tallygate.reports.about import About
from tallygate.reports.message import message
from tallygate.reports.rendered import Links, Rendered
from tallygate.reports.sending import sender
from tallygate.settings import Settings


class Asked(msgspec.Struct, frozen=True):
    """
    Attributes:
        product: Its number; None = all products of the first provider.
        form: What is wanted; 'send': it goes to `to`, and the mail server's answer is given.
    """

    product: int | None
    period: Period
    form: Literal["html", "txt", "pdf", "csv", "eml", "send"]
    to: str = ""


def read(given: object) -> Asked:
    """Raises InputError: it has another form."""
    try:
        return msgspec.convert(given, Asked)
    except msgspec.ValidationError as error:
        raise InputError(str(error)) from None


def make(asked: Asked, settings: Settings, history: History, now_s: int) -> bytes:
    """
    Raises:
        InputError: There is no such product, or the mail server does not take it.
        HistoryUnavailable: The numbers cannot be read now.
    """
    made = making.report(history, _about(asked, now_s), now_s, settings)
    if asked.form in ("pdf", "csv"):
        content: bytes = getattr(made, asked.form)
        return content
    if asked.form == "html":
        return made.html(made.chart_url, Links(settings.console_url)).encode()
    if asked.form == "txt":
        return made.text(Links(settings.console_url)).encode()
    return _mailed(asked, made, settings, now_s)


def _mailed(asked: Asked, made: Rendered, settings: Settings, now_s: int) -> bytes:
    url = mail.read(settings.smtp_url) if settings.smtp_url else None
    whom = sender(settings, url)
    to = asked.to or whom.addr_spec
    written = message(made, whom, to, Links(settings.console_url), uuid.uuid4().hex, now_s)
    if asked.form == "eml":
        return written.as_bytes()
    if url is None:
        raise InputError("there is no mail server: TALLYGATE_SMTP_URL names one")
    with MailServer(url) as server:
        outcome = server.send(written, to)
    if not isinstance(outcome, Delivered):
        raise InputError(f"the report was not sent: {outcome.reason}")
    return outcome.reason.encode()


def _about(asked: Asked, now_s: int) -> About:
    product = None
    if asked.product is not None:
        product = Product.objects.select_related("provider").filter(pk=asked.product).first()
        if product is None:
            raise InputError(f"there is no product {asked.product}")
    provider = product.provider if product else Provider.objects.order_by("pk").first()
    if provider is None:
        raise InputError("there is no provider yet")
    schedule = Schedule(asked.period, find_zone(provider.time_zone), hour=0)
    last = period_of(schedule, period_of(schedule, now_s).since_s - 1)
    everything = Principal(provider, frozenset(SECTIONS), is_admin=True)
    return About(everything, product, asked.period, provider.time_zone, last.since_s)
