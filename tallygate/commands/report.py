"""A report that somebody asks for on the command line: into a file, or by mail."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tallygate.commands import running
from tallygate.commands.catalog import open_catalog
from tallygate.domain.clock import SystemClock
from tallygate.domain.errors import HistoryUnavailable, InputError
from tallygate.domain.schedule import Period
from tallygate.settings import Settings

if TYPE_CHECKING:
    pass

ANSWER_WITHIN_S = 120.0
FORMS = ("html", "txt", "pdf", "csv", "eml")


def write(settings: Settings, product: int | None, period: Period, file: Path) -> None:
    """Makes the report about the last whole period, in the form that the file's ending names.

    Raises:
        InputError: There is no such product, or no such form, or the file cannot be written.
        HistoryUnavailable: The numbers cannot be read now.
    """
    form = file.suffix.removeprefix(".")
    if form not in FORMS:
        raise InputError(f"{file}: a report can be written as {', '.join(FORMS)}")
    given = {"product": product, "period": period, "form": form}
    _put(file, _asked(settings, given))


def send(settings: Settings, product: int | None, period: Period, to: str) -> str:
    """Sends it to an address; returns the mail server's answer.

    Raises:
        InputError: There is no such product, or no mail server, or it does not take the message; its reason is told.
        HistoryUnavailable: The numbers cannot be read now.
    """
    if not settings.smtp_url:
        raise InputError("there is no mail server: TALLYGATE_SMTP_URL names one")
    given = {"product": product, "period": period, "form": "send", "to": to}
    return _asked(settings, given).decode()


def _asked(settings: Settings, given: dict[str, object]) -> bytes:
    """By the running console, which has the history; where none runs, in this process."""
    if not settings.home.is_dir():
        raise InputError(f"there is no Tallygate in {settings.home}")
    url = running.url_of(settings, "console")
    if url is None:
        return _made(settings, given)
    status, body = running.post(settings, url, "/internal/report", ANSWER_WITHIN_S, given)
    if status == 400:
        raise InputError(str(json.loads(body)["error"]))
    if status != 200:
        raise HistoryUnavailable(f"the console answered {status}: {body.decode(errors='replace')}")
    return body


def _made(settings: Settings, given: dict[str, object]) -> bytes:
    open_catalog(settings)
    from tallygate.history import History
    from tallygate.reports import ad_hoc

    clock = SystemClock()
    with History.open(settings, clock) as history:
        return ad_hoc.make(ad_hoc.read(given), settings, history, clock.now_s())


def _put(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}") from None
