"""POST /transactions.xml over HTTP; what a report means is in `reporting`."""

from typing import Any, Final, NamedTuple
from urllib.parse import quote

from tallygate.domain.clock import Clock
from tallygate.domain.errors import ContentTypeInvalid, IdConflict, ProtocolError, Unavailable
from tallygate.ledger.contract import Ledger, Recorded, Stale
from tallygate.ledger.entry import Entry
from tallygate.listener.answers import Headers, send_empty, send_error, unavailable
from tallygate.listener.body import read_body
from tallygate.listener.caller import caller_of
from tallygate.listener.mistakes import Mistakes
from tallygate.listener.multipart import form_text
from tallygate.listener.options import NONE, parse_options, with_no_body
from tallygate.listener.parameters import MAX_BYTES, Parameters, parse, readable, text_is_utf8
from tallygate.listener.reporting import FORM_TYPES, Discarded, Report, entries, read_report
from tallygate.listener.watching import watch
from tallygate.registry.contract import Registry, looked_up
from tallygate.registry.views import ServiceView
from tallygate.settings import Settings

_MAX_NAMES_CHARACTERS: Final = 2_000


class ReportEndpoint:
    """Counts batches of transactions that have happened already."""

    def __init__(
        self,
        registry: Registry,
        ledger: Ledger,
        clock: Clock,
        settings: Settings,
        mistakes: Mistakes,
    ) -> None:
        self._registry = registry
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._mistakes = mistakes

    async def report(self, scope: Any, protocol: Any) -> int:
        """Durable when answered with 202. Returns the status."""
        header, query = scope.headers.get("3scale-options"), scope.query_string
        options = parse_options(header) if header else NONE
        if query:
            options = with_no_body(options, readable(query))
        try:
            content_type = scope.headers.get("content-type") or ""
            media_type = content_type.partition(";")[0].strip().lower()
            if media_type not in FORM_TYPES:
                raise ContentTypeInvalid(media_type)
            data = await read_body(protocol, scope.headers, MAX_BYTES)
            form = form_text(data, content_type)
            parameters = {**parse(query), **parse(form)}
            utf8 = text_is_utf8(query) and text_is_utf8(form)
            left_out = await self._count(parameters, utf8, options.flat_usage)
        except Discarded as discarded:
            # The protocol has the caller learn nothing of this: the whole batch is dropped, and the provider is told.
            caller = caller_of(scope)
            await self._mistakes.in_report(caller, parameters, discarded)
            send_empty(protocol, 202, caller.echo)
            return 202
        except ProtocolError as error:
            caller = caller_of(scope)
            if isinstance(error, Unavailable):
                self._mistakes.not_counted(caller, error)
            send_error(protocol, error, options.no_body, caller.echo)
            return error.status
        if left_out is None:
            send_empty(protocol, 202)
        else:
            caller = caller_of(scope)
            await self._mistakes.left_out(
                caller, parameters, left_out.view, left_out.transaction, left_out.error
            )
            send_empty(protocol, 202, [*_told(left_out.names), *caller.echo])
        return 202

    async def _count(self, parameters: Parameters, utf8: bool, flat: bool) -> "_LeftOut | None":
        """Counts a report; returns what was left out of it.

        Raises:
            Discarded: A transaction is wrong, so that none is counted.
            ProtocolError: The caller is wrong, or it cannot be made durable now.
        """
        try:
            report, recorded = await self._recorded(parameters, utf8, flat)
        except OSError as error:
            raise unavailable(error) from error
        if not recorded.conflicts:
            return None
        named = list(report.named.items())
        names = [named[index][0] for index, _ in recorded.conflicts]
        first, conflict = recorded.conflicts[0]
        return _LeftOut(report.view, names, named[first][1], conflict)

    async def _recorded(
        self, parameters: Parameters, utf8: bool, flat: bool
    ) -> tuple[Report, Recorded]:
        """Durable when it returns. Raises as `_count`, or OSError."""
        registry = self._registry
        while True:
            registry.refresh()
            report = await looked_up(registry, lambda: read_report(registry, parameters, utf8))
            found, watched = await looked_up(registry, lambda: self._read(report, flat))  # noqa: B023
            recorded = self._ledger.record(found, watched=watched)
            try:
                await recorded.batch
            except Stale:
                await registry.is_current()
            else:
                return report, recorded

    def _read(self, report: Report, flat: bool) -> tuple[list[Entry], list[Any]]:
        found = entries(self._registry, report, flat, self._clock, self._settings)
        return found, watch(self._ledger, self._registry, report.view, found)


class _LeftOut(NamedTuple):
    """The transactions whose ids were used before with another content, by their names, and the first of them."""

    view: ServiceView
    names: list[str]
    transaction: Parameters
    error: IdConflict


def _told(left_out: list[str]) -> Headers:
    """How many transactions were not counted, and which: as many of their names as are read comfortably in a header."""
    names = ""
    for name in left_out:
        more = f"{names},{quote(name)}" if names else quote(name)
        if len(more) > _MAX_NAMES_CHARACTERS:
            break
        names = more
    return [
        ("tallygate-id-conflicts", str(len(left_out))),
        ("tallygate-id-conflicts-in", names),
    ]
