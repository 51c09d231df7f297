"""What was counted of a service or an application in a window: the console is asked, which has the history."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from tallygate.domain.clock import Clock
from tallygate.listener.console import Console, ConsoleSilent, Reply
from tallygate.listener.internal.answers import Answer, Refused, invalid, missing, not_found
from tallygate.listener.internal.request import Object, Request, text
from tallygate.listener.internal.utilization import find, find_service
from tallygate.registry.contract import Registry, looked_up
from tallygate.registry.views import ServiceView

_PATH: Final = "/internal/usage"
_WINDOW: Final = ("period", "since", "until", "granularity", "timezone")
_CODES: Final = re.compile(r"[1-5](?:[0-9]{2}|xx)")


class _Subject(NamedTuple):
    """Whose usage is asked for, by the registry's ids.

    Attributes:
        application: None: the whole service's.
        metric: The metric's id; None: entries are counted, whatever their metrics.
    """

    service: str
    application: str | None
    metric: str | None


class _Counted(msgspec.Struct):
    """What the console answers. `period` has since, until, timezone and granularity."""

    period: dict[str, str | int]
    total: int
    values: list[int]


class Usage:
    """Checks who and what is asked for in the registry, and asks the console."""

    def __init__(self, registry: Registry, console: Console, clock: Clock) -> None:
        self._registry = registry
        self._console = console
        self._clock = clock

    async def of_service(self, request: Request) -> Answer:
        """Raises Refused: there is no such service or metric, the question makes no sense, or nobody answers it."""
        return await self._answer(request, of_application=False)

    async def of_application(self, request: Request) -> Answer:
        """The same of one application."""
        return await self._answer(request, of_application=True)

    async def _answer(self, request: Request, of_application: bool) -> Answer:
        metric, codes = _given(request.parameters, "metric"), _codes(request.parameters)
        subject = await self._subject(request.ids, metric, of_application)
        if metric is None and codes is None:
            raise Refused(400, "missing parameter 'metric' or 'response_code'")
        question = {
            "product": subject.service,
            "application": subject.application,
            "metric": subject.metric,
            "codes": codes,
            "now_s": self._clock.now_s(),
            "window": _window(request.parameters),
        }
        try:
            counted = _read(await self._console.ask(_PATH, question))
        except ConsoleSilent as error:
            raise Refused(503, str(error)) from error
        named = {
            "application_id": subject.application, "metric": metric, "response_code": codes,
        }  # fmt: skip
        usage = {
            "service_id": subject.service,
            **{name: value for name, value in named.items() if value is not None},
            "period": counted.period,
            "total": counted.total,
            "values": counted.values,
        }
        return Answer(200, {"status": "found", "usage": usage})

    async def _subject(
        self, ids: Mapping[str, str], metric: str | None, of_application: bool
    ) -> _Subject:
        """Raises Refused: there is none."""
        registry = self._registry

        def work() -> _Subject:
            if not of_application:
                view = find_service(registry, ids["service"])
                return _Subject(view.service.id, None, _metric_id(view, metric))
            view, application = find(registry, ids)
            return _Subject(view.service.id, application.application.id, _metric_id(view, metric))

        while True:
            registry.refresh()
            found = await looked_up(registry, work)
            if await registry.is_current():
                return found


def _metric_id(view: ServiceView, name: str | None) -> str | None:
    if name is None:
        return None
    if name not in view.metric_ids:
        raise not_found("metric not found")
    return view.metric_ids[name]


def _given(parameters: Object, name: str) -> str | None:
    """A parameter's text without blanks around it; None if there is none."""
    return (text(parameters, name) or "").strip() or None


def _codes(parameters: Object) -> str | None:
    """A response code, or a class of them: `404`, `4xx`."""
    given = _given(parameters, "response_code")
    if given is not None and _CODES.fullmatch(given.lower()) is None:
        raise invalid("response_code")
    return given and given.lower()


def _window(parameters: Object) -> dict[str, str]:
    """The parameters that name it; what they mean is for the console to say."""
    found = {name: _given(parameters, name) for name in _WINDOW}
    if found["period"] is None:
        for name in ("since", "until", "granularity"):
            if found[name] is None:
                raise missing(name)
    return {name: value for name, value in found.items() if value is not None}


def _read(reply: Reply) -> _Counted:
    """Raises Refused: it is no answer to the question."""
    try:
        if reply.status == 200:
            return msgspec.json.decode(reply.body, type=_Counted)
        reason = str(msgspec.json.decode(reply.body, type=dict[str, Any])["error"])
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
        raise Refused(503, f"the console answered {reply.status} and no reason") from None
    raise Refused(400 if reply.status == 400 else 503, reason)
