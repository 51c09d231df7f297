"""A report as it is spooled and sent: a line of JSON."""

import itertools
import json
import secrets
import time
from collections.abc import Mapping
from typing import Final

from tallygate.client.forking import begin_anew_in_children
from tallygate.client.protocol import Credentials

_encode: Final = json.JSONEncoder(separators=(",", ":")).encode


class Ids:
    """Ids that nobody else makes: random for each process, then counted."""

    def __init__(self) -> None:
        self.after_fork()
        begin_anew_in_children(self)

    def after_fork(self) -> None:
        self._name = secrets.token_urlsafe(9)
        self._numbers = itertools.count(1)

    def next(self) -> str:
        return f"{self._name}-{next(self._numbers):x}"


def line(
    product: str,
    credentials: Credentials,
    usage: Mapping[str, int],
    report_id: str,
    code: int | None = None,
    time_s: float | None = None,
) -> bytes:
    """The line, with its end.

    Raises:
        ValueError: Tallygate would refuse it: no metric, a number below zero, no application, or a code that is none.
    """
    if credentials.user_key is None and credentials.app_id is None:
        raise ValueError("a report names a user_key or an app_id")
    if not usage or any(type(value) is not int or value < 0 for value in usage.values()):
        raise ValueError(f"usage is metric names with whole numbers of 0 or more, not {usage!r}")
    item: dict[str, object] = {"service_id": product}
    if credentials.user_key is not None:
        item["user_key"] = credentials.user_key
    else:
        item["app_id"] = credentials.app_id
    item["usage"] = dict(usage)
    item["timestamp"] = round(time.time() if time_s is None else time_s, 3)
    if code is not None:
        if not 100 <= code <= 599:
            raise ValueError(f"a response code is 100 to 599, not {code}")
        item["response_code"] = code
    item["id"] = report_id
    return _encode(item).encode() + b"\n"
