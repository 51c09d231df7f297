"""Keeping secrets out of what is stored and logged."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

SECRETS: Final = ("service_token", "provider_key", "app_key", "user_key")
"""The parameters whose values nobody but their owner may read."""

_TEXTS: Final = ("service_id", "app_id", *SECRETS, "timestamp", "user_id")
_URLS: Final = ("referrer", "redirect_url", "redirect_uri")
_URL: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)?(?:[^/@?#]*@)?(?P<rest>[^?#]*)", re.I)
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

MAX_TEXT: Final = 200
MAX_PARAMETERS: Final = 32
_TELLING: Final = 12
"""A secret shorter than this keeps no character: the last four would be too much of it."""

_DISTINCT: Final = 8
"""A secret shorter than this is masked where it stands alone or in quotes, not within other words."""


def masked(secret: str) -> str:
    """At most the last four characters."""
    return f"…{secret[-4:]}" if len(secret) >= _TELLING else "…"


def bounded(text: str, limit: int = MAX_TEXT) -> str:
    """The text on one line, cut after `limit` characters."""
    text = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return _UNPRINTABLE.sub("\ufffd", text)


class Mask:
    """Masks the secrets of one call, wherever they turn up."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted({each for each in secrets if each}, key=len, reverse=True)

    @classmethod
    def of(cls, *given: Mapping[str, object], also: Iterable[str] = ()) -> "Mask":
        """For the secrets in parameters, and others that are known."""
        found = [
            value
            for parameters in given
            for name in SECRETS
            if isinstance(value := parameters.get(name), str)
        ]
        return cls([*found, *also])

    def text(self, text: str, limit: int = MAX_TEXT) -> str:
        """The text without secrets, on one line, cut after `limit` characters."""
        if text in self._secrets:
            return bounded(masked(text))
        for secret in self._secrets:
            text = text.replace(f'"{secret}"', f'"{masked(secret)}"')
            if len(secret) >= _DISTINCT:
                text = text.replace(secret, masked(secret))
        return bounded(text, limit)

    def parameters(self, *given: Mapping[str, object]) -> dict[str, str]:
        """The parameters that the protocol knows, flat; of two with the same name the later one."""
        found: dict[str, str] = {}
        for parameters in given:
            found.update({name: self.text(_text(parameters[name])) for name in _TEXTS if name in parameters})  # fmt: skip
            found.update({name: self.text(_place(_text(parameters[name]))) for name in _URLS if name in parameters})  # fmt: skip
            found.update(self._nested("usage", parameters.get("usage")))
            found.update(self._nested("log", _code_of(parameters.get("log"))))
        return dict(list(found.items())[:MAX_PARAMETERS])

    def _nested(self, name: str, given: object) -> dict[str, str]:
        if not isinstance(given, dict):
            return {}
        pairs = list(given.items())[:MAX_PARAMETERS]
        return {f"{name}[{self.text(str(key))}]": self.text(_text(each)) for key, each in pairs}


def _text(value: object) -> str:
    """A list or map in the place of a text could hold anything: it is not shown."""
    return value if isinstance(value, str) else "" if value is None else "(no text)"


def _place(url: str) -> str:
    """A URL without user, password, query and fragment, which may hold secrets of others."""
    found = _URL.match(url)
    return f"{found['scheme'] or ''}{found['rest']}" if found else ""


def _code_of(log: object) -> object:
    return {"code": log["code"]} if isinstance(log, dict) and "code" in log else None
