"""What callers do wrong becomes an integration error of the service that they meant.

Kept are errors of calls whose service is known and belongs to the caller, and the reports that were dropped. Not kept: denials,
credentials that are wrong (whose service would it be?), and what is not even text.
"""

from typing import Final

from tallygate.domain.errors import (
    MetricInvalid,
    NotValidData,
    ProtocolError,
    Unavailable,
    UsageShapeInvalid,
    UsageValueInvalid,
)
from tallygate.integration_errors.masking import Mask
from tallygate.integration_errors.record import Context
from tallygate.integration_errors.recorder import ErrorRecorder
from tallygate.listener import credentials
from tallygate.listener.caller import Caller
from tallygate.listener.parameters import Parameters
from tallygate.listener.reporting import Discarded
from tallygate.listener.request_log import RequestLog
from tallygate.registry.contract import Registry, looked_up
from tallygate.registry.views import ServiceView

_NOT_KEPT: Final = (NotValidData, UsageShapeInvalid)
_MAX_MESSAGE: Final = 500


class Mistakes:
    """Hands errors to the recorder and to the log, without the secrets of the calls."""

    def __init__(self, registry: Registry, recorder: ErrorRecorder, request_log: RequestLog) -> None:  # fmt: skip
        self._registry = registry
        self._recorder = recorder
        self._log = request_log

    async def in_call(self, caller: Caller, parameters: Parameters, error: ProtocolError) -> None:
        """An authorize or authrep call that was answered with `error`."""
        if isinstance(error, _NOT_KEPT):
            return
        try:
            view = await looked_up(self._registry, lambda: self._meant(parameters))
        except (ProtocolError, OSError):
            return
        await self._keep("call refused", caller, view, error, parameters, parameters)

    def _meant(self, parameters: Parameters) -> ServiceView:
        provider = credentials.provider_key(self._registry, parameters)
        service_id = credentials.text(parameters, "service_id")
        return credentials.service(self._registry, provider, service_id)

    async def in_report(self, caller: Caller, parameters: Parameters, discarded: Discarded) -> None:
        """A report that was dropped; `parameters` are those of the whole report."""
        view, transaction, error = discarded.view, discarded.transaction, discarded.error
        await self._keep("report discarded", caller, view, error, parameters, transaction)

    async def left_out(
        self,
        caller: Caller,
        parameters: Parameters,
        view: ServiceView,
        transaction: Parameters,
        error: ProtocolError,
    ) -> None:
        """A transaction, or an item of usage, that was not counted whatever became of the others beside it."""
        await self._keep("left out", caller, view, error, parameters, transaction)

    def not_counted(self, caller: Caller, error: Unavailable) -> None:
        """A call or report that the disk did not take: nobody's mistake, and only a line in the log."""
        self._log.warning("not counted", caller, reason=error.message)

    async def _keep(
        self,
        event: str,
        caller: Caller,
        view: ServiceView,
        error: ProtocolError,
        parameters: Parameters,
        transaction: Parameters,
    ) -> None:
        service = view.service.id
        also = await self._mistaken_key(service, transaction)
        mask = Mask.of(parameters, transaction, also=also)
        message = mask.text(error.message, _MAX_MESSAGE)
        self._recorder.record(
            service,
            error.code,
            message,
            lambda: _context(caller, error, mask, parameters, transaction),
        )
        self._log.warning(event, caller, service=service, code=error.code, reason=message)

    async def _mistaken_key(self, service: str, transaction: Parameters) -> list[str]:
        """A user key that was given as the application's id: a common mistake, and still a secret."""
        app_id = credentials.text(transaction, "app_id")
        if not app_id:
            return []
        try:
            known = await looked_up(
                self._registry, lambda: self._registry.application_id_of(service, app_id)
            )
        except OSError:
            return [app_id]  # it may be one
        return [] if known is None else [app_id]


def _context(
    caller: Caller,
    error: ProtocolError,
    mask: Mask,
    parameters: Parameters,
    transaction: Parameters,
) -> Context:
    shown = mask.parameters(parameters, transaction)
    metric = error.metric if isinstance(error, MetricInvalid | UsageValueInvalid) else ""
    return Context(
        endpoint=caller.endpoint,
        method=caller.method,
        client=caller.client,
        user_agent=mask.text(caller.user_agent),
        request_id=caller.id,
        credential=", ".join(
            f"{name}={shown[name]}" for name in ("app_id", "user_key") if name in shown
        ),
        metric=mask.text(metric),
        parameters=shown,
    )
