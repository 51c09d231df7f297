"""Links to the page one is on, with another question."""

from collections.abc import Mapping
from urllib.parse import urlencode

_TIME = ("frame", "since", "until", "per")


def with_metric(query: Mapping[str, str], system_name: str) -> str:
    """The same time frame, another metric."""
    return "?" + urlencode({**_kept(query, *_TIME), "metric": system_name})


def with_time(query: Mapping[str, str], time: Mapping[str, str]) -> str:
    """The same metric, another time frame."""
    return "?" + urlencode({**_kept(query, "metric"), **time})


def _kept(query: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: query[name] for name in names if query.get(name)}
