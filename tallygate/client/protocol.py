"""The Service Management API from the caller's side: what is asked, and what answers say."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

from tallygate.client.answer import Answer, Limit
from tallygate.client.sending import Result

ASKING: Final = {"3scale-options": "rejection_reason_header=1&limit_headers=1"}
"""The headers of a question."""

OF_THE_ASKER: Final = frozenset(
    {
        "provider_key_or_service_token_required", "service_id_missing", "service_token_invalid",
        "service_id_invalid", "metric_invalid", "usage_value_invalid", "bad_request", "not_valid_data",
    }
)  # fmt: skip
"""Reasons that tell of a mistake of whoever asks, not of whoever calls."""

_CODE: Final = re.compile(rb'<error code="([^"]*)"')
_DENIALS: Final = (403, 404, 409)


class Unanswered(Exception):
    """The listener could not say; the message says why."""


class Credentials(NamedTuple):
    """Who calls: a user key, or an application's id with or without a key."""

    user_key: str | None = None
    app_id: str | None = None
    app_key: str | None = None

    def given(self) -> dict[str, str]:
        """Those that are there, by their names in the protocol."""
        named = zip(self._fields, self, strict=True)
        return {name: value for name, value in named if value is not None}


def question(
    endpoint: str,
    product: str,
    token: str,
    credentials: Mapping[str, str],
    usage: Mapping[str, int],
    code: int | None = None,
) -> str:
    """Path and query of `authorize` or `authrep`."""
    given = {"service_token": token, "service_id": product, **credentials}
    given |= {f"usage[{metric}]": str(value) for metric, value in usage.items()}
    if code is not None:
        given["log[code]"] = str(code)
    return f"/transactions/{endpoint}.xml?{urlencode(given)}"


def answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """What an answer says; header names in lower case.

    Raises:
        Unanswered: Nothing about the call.
    """
    if status == 200:
        return Answer(True, limit=_limit(headers))
    if status not in _DENIALS:
        raise Unanswered(f"the listener answered {status}")
    code = _CODE.search(body)
    reason = headers.get("3scale-rejection-reason") or (code[1].decode() if code else "denied")
    return Answer(False, reason, _limit(headers))


def _limit(headers: Mapping[str, str]) -> Limit | None:
    try:
        return Limit(
            int(headers["3scale-limit-max-value"]),
            int(headers["3scale-limit-remaining"]),
            int(headers["3scale-limit-reset"]),
        )
    except (KeyError, ValueError):
        return None


def usage_path(product: str) -> str:
    """Where reports of a product are sent."""
    return f"/usage?service_id={quote(product, safe='')}"


def usage_headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}


def results(number: int, headers: Mapping[str, str], body: bytes) -> Sequence[Result] | None:
    """What became of so many reports; None if the answer is about none of them."""
    if "ndjson" not in headers.get("content-type", ""):
        return None
    try:
        found = [Result(**json.loads(line)) for line in body.splitlines()]
    except (ValueError, TypeError):
        return None
    return found if len(found) == number else None


def said(status: int, body: bytes) -> str:
    """An answer that is no success, for people."""
    text = " ".join(body.decode("utf-8", "replace").split())
    return f"the listener answered {status}: {text[:200]}"


def retry_after_s(headers: Mapping[str, str]) -> float:
    """How long to wait, where an answer says so in seconds; 0 = it does not."""
    value = headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else 0.0
