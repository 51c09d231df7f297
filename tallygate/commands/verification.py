"""Comparing the totals of a home with its raw entries."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tallygate.commands import forgetting, running
from tallygate.domain.clock import SystemClock
from tallygate.domain.errors import HistoryUnavailable, InputError
from tallygate.settings import Settings

if TYPE_CHECKING:
    from tallygate.history.verify import Difference

ANSWER_WITHIN_S = 3_600.0
"""Recomputing weeks of raw entries takes its time."""


def differences(settings: Settings) -> list[str]:
    """A line of text for each total that is wrong, and for whoever is forgotten in part only.

    Asks the running console; where none runs, opens the history in this process.

    Raises:
        InputError: The home holds no Tallygate.
        HistoryUnavailable: The history cannot be read now.
        ProcessSilent: The console runs and does not answer.
    """
    if not settings.home.is_dir():
        raise InputError(f"there is no Tallygate in {settings.home}")
    url = running.url_of(settings, "console")
    found = _opened(settings) if url is None else _asked(settings, url)
    lines = [_line(*difference) for difference in found]
    if forgetting.is_unfinished(settings):
        lines.append(
            "somebody is forgotten in part only: the same `tallygate forget` again goes on"
        )
    return lines


def _asked(settings: Settings, url: str) -> "list[Difference]":
    from tallygate.history.verify import Difference

    status, body = running.post(settings, url, "/internal/verify", ANSWER_WITHIN_S)
    if status != 200:
        raise HistoryUnavailable(f"the console answered {status}: {body.decode(errors='replace')}")
    return [Difference(**row) for row in json.loads(body)["differences"]]


def _opened(settings: Settings) -> "list[Difference]":
    from tallygate.history import History

    with History.open(settings, SystemClock()) as history:
        return history.verify()


def _line(
    table: str, series: str, product: str, application: str, t: int, expected: int, found: int
) -> str:
    at = datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    who = f"application {application}" if application else "all applications"
    return (
        f"{table}: {series} of product {product}, {who}, at {at}:"
        f" its parts say {expected}, the total says {found}"
    )
