"""What a request to the Analytics API asks: its parameters, and the window they name."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.http import HttpRequest

from tallygate.domain.calendar import Granularity, Window, find_zone, window
from tallygate.domain.errors import QuestionError

_GRANULARITIES = {each.value: each for each in Granularity} | {"21600": Granularity.SIX_HOURS}
_NAMED = ":eternity, :year, :month, :week, :day, 6 hours, :hour, :minute"


class MissingParameter(QuestionError):
    """A parameter that must be there is absent or blank."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Required parameter missing: {name}")


class Given:
    """Parameters by name. A JSON null or a blank text is the same as no parameter."""

    def __init__(self, given: Mapping[str, object]) -> None:
        """Raises QuestionError when a value is no text, number or truth."""
        texts = {name: _text(name, value) for name, value in given.items() if value is not None}
        self._given = {name: text for name, text in texts.items() if text.strip()}

    def get(self, name: str) -> str | None:
        """The parameter's text; None when it is absent or blank."""
        return self._given.get(name)

    def require(self, name: str) -> str:
        """The parameter's text. Raises MissingParameter when it is absent or blank."""
        if name not in self._given:
            raise MissingParameter(name)
        return self._given[name]

    @property
    def compare(self) -> bool:
        """Whether the window before is asked for: by `skip_change=false`, and by nothing else."""
        return self.get("skip_change") == "false"

    def window(self, time_zone: str, now_s: int) -> Window:
        """The window they name, in the zone they name or else in `time_zone`.

        Raises:
            QuestionError: They make no sense.
        """
        return window(
            find_zone(self.get("timezone") or time_zone),
            now_s,
            period=self.get("period"),
            since=self.get("since"),
            until=self.get("until"),
            granularity=self._granularity(),
        )

    def _granularity(self) -> Granularity | None:
        name = self.get("granularity")
        if name is None:
            return None
        if name not in _GRANULARITIES:
            raise QuestionError(f"Granularity must be one of [{_NAMED}], not {name}")
        return _GRANULARITIES[name]


class Parameters(Given):
    """The parameters of the query and of a JSON body, which may come with a GET; the query wins."""

    def __init__(self, request: HttpRequest) -> None:
        """Raises QuestionError when the body is no JSON, or a value is no text, number or truth."""
        super().__init__(_json(request) | request.GET.dict())


def _json(request: HttpRequest) -> dict[str, Any]:
    if request.content_type != "application/json" or not request.body:
        return {}
    try:
        body = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise QuestionError("The request body is not valid JSON") from None
    return dict(body) if isinstance(body, Mapping) else {}


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise QuestionError(f"Parameter {name} must be a single value")
