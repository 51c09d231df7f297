"""How to do with an API what a page does: a curl command; of the Account Management API made from its own table."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from tallygate.api.management.endpoint import Endpoint
from tallygate.api.management.parameter import Kind, Parameter
from tallygate.api.management.table import ENDPOINTS
from tallygate.domain.calendar import Granularity, Window

_BY_KEY = {(endpoint.method, endpoint.path): endpoint for endpoint in ENDPOINTS}
_STRUCTURED = frozenset({Kind.OBJECT, Kind.JSON})

Given = Mapping[str, Any]


class Command(NamedTuple):
    """
    Attributes:
        title: What it does.
        text: To be pasted into a shell that has an access token in $TOKEN.
    """

    title: str
    text: str


class Api:
    """The APIs as a page's reader reaches them."""

    def __init__(self, url: str) -> None:
        """
        Args:
            url: Of the console, with a slash at its end.
        """
        self._url = url

    def call(self, method: str, path: str, given: Given | None = None, /, **ids: object) -> Command:
        """The command for one endpoint.

        Args:
            method, path: As in the table.
            given: Parameter, or field of the record that it sets, -> value; the parameters that a new
                record needs and that have none are shown as words in capitals.
            ids: The placeholders of the path.

        Raises:
            KeyError: There is no such endpoint, parameter, or id.
        """
        endpoint = _BY_KEY[method, path]
        where = f"{self._url}admin/api/{endpoint.path.format(**ids)}.json"
        parts = ['curl -u "$TOKEN:"', *_method(endpoint, given), shlex.quote(where)]
        values = _values(endpoint, given or {})
        return Command(
            endpoint.summary, " \\\n  ".join([" ".join(parts), *_data(endpoint, values)])
        )

    def analytics(self, title: str, path: str, window: Window, given: Mapping[str, str]) -> Command:
        """What asks the Analytics API for the numbers of a window; it has no weeks, so for them the days.

        Args:
            path: Below `/stats/`, without the format: 'services/7/usage'.
            given: What it needs besides the window.
        """
        weekly = window.granularity is Granularity.WEEK
        data = {
            **given,
            "since": window.zone.iso(window.since_s),
            "until": window.zone.iso(window.last_s),
            "granularity": (Granularity.DAY if weekly else window.granularity).value,
            "timezone": window.zone.name,
        }
        where = shlex.quote(f"{self._url}stats/{path}.json")
        parts = [f"--data-urlencode {shlex.quote(f'{name}={text}')}" for name, text in data.items()]
        return Command(title, " \\\n  ".join([f'curl -u "$TOKEN:" -G {where}', *parts]))

    def usage(self, path: str, metric: str, window: Window) -> Command:
        """What asks for the usage of a metric; `path` is whose: 'services/7'."""
        return self.analytics("Read the usage", f"{path}/usage", window, {"metric_name": metric})

    def report(
        self, title: str, name: str, given: Mapping[str, str], window: Window | None = None
    ) -> Command:
        """What asks the Analytics API's second family.

        Args:
            name: Of its report: 'usage'.
            window: Where it is about one.
        """
        data = dict(given)
        if window is not None:
            zone = window.zone
            since, until = zone.iso(window.since_s), zone.iso(window.edges_s[-1])
            data |= {"since": since, "until": until, "timezone": zone.name}
        where = shlex.quote(f"{self._url}analytics/v1/{name}")
        parts = [f"--data-urlencode {shlex.quote(f'{name}={text}')}" for name, text in data.items()]
        return Command(title, " \\\n  ".join([f'curl -u "$TOKEN:" -G {where}', *parts]))


def _method(endpoint: Endpoint, given: Given | None) -> Iterator[str]:
    if endpoint.method == "GET":
        if given:
            yield "-G"
    else:
        yield f"-X {endpoint.method}"


def _values(endpoint: Endpoint, given: Given) -> dict[Parameter, Any]:
    parameters = {each.name: each for each in endpoint.parameters}
    parameters |= {each.target: each for each in endpoint.parameters if each.target}
    if endpoint.paged:
        parameters |= {name: Parameter(name, Kind.INTEGER) for name in ("page", "per_page")}
    values = {parameters[name]: value for name, value in given.items()}
    if endpoint.makes:
        for each in endpoint.parameters:
            if each.required and values.get(each) in (None, ""):
                values[each] = each.name.upper()
    return values


def _data(endpoint: Endpoint, values: Mapping[Parameter, Any]) -> Iterator[str]:
    if any(each.kind in _STRUCTURED for each in values):
        body = msgspec.json.encode({each.name: value for each, value in values.items()})
        yield "-H 'Content-Type: application/json'"
        yield f"-d {shlex.quote(body.decode())}"
        return
    for each, value in values.items():
        for name, text in _pairs(each, value):
            yield f"--data-urlencode {shlex.quote(f'{name}={text}')}"


def _pairs(parameter: Parameter, value: Any) -> Iterator[tuple[str, str]]:
    """As a form holds it."""
    if isinstance(value, list):
        yield from ((f"{parameter.name}[]", _text(item)) for item in value or ["[]"])
    else:
        yield parameter.name, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
