"""What stands between the endpoints and the ledger while providers' use is metered; without a master service none of it does.

    call                                       authorizations  transactions
    authorize, from where its provider is known       1              0         whatever is answered
    authrep, authorized and counted                   1              1         0 if it names no usage
    authrep, else answered, or with an unknown application
                                                      1              0
    authrep, any other error                          0              0
    report, POST /usage                               0         those that were counted
    report that is dropped                            0         those that name any usage

On a ledger that decides at once, use is counted in the same batch as the call, so that a death takes both or none. On others it is
durable before the answer leaves.
"""

from collections import Counter
from collections.abc import Awaitable, Iterable, Sequence
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable

from tallygate.domain.errors import (
    ApplicationNotFound,
    EndUsersNoLongerSupported,
    IdConflict,
    NotValidData,
    ProtocolError,
    UsageShapeInvalid,
)
from tallygate.integration_errors.recorder import ErrorRecorder
from tallygate.ledger.contract import Ledger, Prepared, Recorded, Verdict
from tallygate.ledger.delegating import DelegatingLedger
from tallygate.ledger.entry import Entry
from tallygate.ledger.usage import LimitOn, Usage
from tallygate.listener import credentials
from tallygate.listener.caller import Caller
from tallygate.listener.metering import Metering, Used, not_metered
from tallygate.listener.mistakes import Mistakes
from tallygate.listener.parameters import Parameters
from tallygate.listener.reporting import Discarded
from tallygate.listener.request_log import RequestLog
from tallygate.registry.contract import Registry, looked_up

_AUTHORIZED: Final = Used(1, 0)

_NOT_METERED: Final = (NotValidData, EndUsersNoLongerSupported, UsageShapeInvalid)
"""Errors that are told before the provider is looked at. Of a query that cannot be read no parameters are known."""


@runtime_checkable
class DecidesAtOnce(Protocol):
    """A ledger that counts in the turn in which it is asked, beside a registry that looks up without waiting."""

    def begin(self, call: Any, entry_id: str = "") -> tuple[Verdict, Awaitable[None]]: ...


class _Call(NamedTuple):
    """A prepared call, and what there is to meter when it is counted."""

    inner: Prepared
    service: str
    used: Used

    @property
    def limits(self) -> tuple[LimitOn, ...]:
        return self.inner.limits

    @property
    def usage(self) -> Usage:
        return self.inner.usage


class MeteredCalls(DelegatingLedger):
    """The ledger of authorize and authrep."""

    def __init__(self, inner: Ledger, registry: Registry, metering: Metering) -> None:
        super().__init__(inner)
        self._registry = registry
        self._metering = metering

    def prepare(
        self,
        service: str,
        application: str,
        limits: Sequence[LimitOn],
        usage: Usage | None,
        code: int = 0,
        levels: Sequence[int] = (),
    ) -> _Call:
        call = self._inner.prepare(service, application, limits, usage, code, levels)
        adds, sets = usage or Usage()
        counts = usage is not None and bool(sets or code or any(delta for _, delta in adds))
        return _Call(call, service, Used(1, int(counts)))

    async def check(self, call: _Call) -> Verdict:
        verdict = await self._inner.check(call.inner)
        await self._metering.count(await self._provider_key(call), _AUTHORIZED)
        return verdict

    async def check_and_record(self, call: _Call, entry_id: str = "") -> Verdict:
        provider_key = await self._provider_key(call)
        if isinstance(self._inner, DecidesAtOnce):
            verdict, batch = self._inner.begin(call.inner, entry_id)
            entry = self._metering.entry(provider_key, _used(call, verdict))
            metered = self._metering.record(entry) if entry else batch
            await batch
            try:
                await metered
            except OSError as error:  # it was alone in its batch: the call was denied
                not_metered(error)
        else:
            verdict = await self._inner.check_and_record(call.inner, entry_id)
            await self._metering.count(provider_key, _used(call, verdict))
        return verdict

    async def _provider_key(self, call: _Call) -> str:
        return await looked_up(self._registry, lambda: _owner(self._registry, call.service))


def _used(call: _Call, verdict: Verdict) -> Used:
    return call.used if verdict.authorized and not verdict.repeated else _AUTHORIZED


def _owner(registry: Registry, service: str) -> str:
    """The provider key of a service; '' if it has gone meanwhile. Raises NotLoaded."""
    view = registry.service(service)
    return view.service.provider_key if view else ""


class _Reported:
    """What became of entries, with a batch that holds their metering too. See `ledger.contract.Recorded`."""

    def __init__(self, recorded: Recorded, batch: Awaitable[None]) -> None:
        self._recorded = recorded
        self.batch = batch

    @property
    def accepted(self) -> Sequence[int]:
        return self._recorded.accepted

    @property
    def duplicates(self) -> Sequence[int]:
        return self._recorded.duplicates

    @property
    def conflicts(self) -> Sequence[tuple[int, IdConflict]]:
        return self._recorded.conflicts


class MeteredReports(DelegatingLedger):
    """The ledger of reports and POST /usage."""

    def __init__(self, inner: Ledger, registry: Registry, metering: Metering) -> None:
        super().__init__(inner)
        self._registry = registry
        self._metering = metering

    def record(
        self, entries: Iterable[Entry], keep_ids: bool = False, watched: Iterable[Any] = ()
    ) -> Recorded:
        given = list(entries)
        recorded = self._inner.record(given, keep_ids, watched)
        if isinstance(self._inner, DecidesAtOnce):
            return _Reported(recorded, self._at_once(given, recorded))
        return _Reported(recorded, self._afterwards(given, recorded))

    def _at_once(self, given: list[Entry], recorded: Recorded) -> Awaitable[None]:
        batch = recorded.batch
        for service, number in _accepted(given, recorded).items():
            provider_key = _owner(self._registry, service)
            entry = self._metering.entry(provider_key, Used(0, number))
            if entry is not None:
                batch = self._metering.record(entry)
        return batch

    async def _afterwards(self, given: list[Entry], recorded: Recorded) -> None:
        await recorded.batch
        for service, number in _accepted(given, recorded).items():
            provider_key = await looked_up(
                self._registry,
                lambda: _owner(self._registry, service),  # noqa: B023
            )
            await self._metering.count(provider_key, Used(0, number))


def _accepted(given: list[Entry], recorded: Recorded) -> Counter[str]:
    """How many entries of each service were counted."""
    return Counter(given[index].service for index in recorded.accepted)


class MeteredMistakes(Mistakes):
    """Meters also the calls that are answered with an error, and the reports that are dropped."""

    def __init__(
        self,
        registry: Registry,
        recorder: ErrorRecorder,
        request_log: RequestLog,
        metering: Metering,
    ) -> None:
        super().__init__(registry, recorder, request_log)
        self._metering = metering

    async def in_call(self, caller: Caller, parameters: Parameters, error: ProtocolError) -> None:
        if _is_metered(caller, error):
            await self._count(parameters, _AUTHORIZED)
        await super().in_call(caller, parameters, error)

    async def in_report(self, caller: Caller, parameters: Parameters, discarded: Discarded) -> None:
        given = parameters.get("transactions")
        named = given.values() if isinstance(given, dict) else ()
        number = sum(1 for each in named if isinstance(each, dict) and each.get("usage"))
        await self._count(parameters, Used(0, number))
        await super().in_report(caller, parameters, discarded)

    async def _count(self, parameters: Parameters, used: Used) -> None:
        try:
            provider_key = await looked_up(
                self._registry, lambda: credentials.provider_key(self._registry, parameters)
            )
        except (ProtocolError, OSError):
            return  # nobody knows whose call it was
        await self._metering.count(provider_key, used)


def _is_metered(caller: Caller, error: ProtocolError) -> bool:
    if caller.endpoint.endswith("authrep.xml"):
        return isinstance(error, ApplicationNotFound)
    return not isinstance(error, _NOT_METERED)
