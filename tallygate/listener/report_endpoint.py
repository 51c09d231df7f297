"""POST /transactions.xml over HTTP; what a report means is in `reporting`."""

from typing import Any, Final
from urllib.parse import quote

from tallygate.domain.clock import Clock
from tallygate.domain.errors import ContentTypeInvalid, ProtocolError, Unavailable
from tallygate.ledger.embedded import Ledger
from tallygate.listener.answers import Headers, send_empty, send_error, unavailable
from tallygate.listener.body import read_body
from tallygate.listener.caller import caller_of
from tallygate.listener.mistakes import Mistakes
from tallygate.listener.multipart import form_text
from tallygate.listener.options import NONE, parse_options, with_no_body
from tallygate.listener.parameters import MAX_BYTES, Parameters, parse, readable, text_is_utf8
from tallygate.listener.reporting import FORM_TYPES, Discarded, entries, read_report
from tallygate.registry.reader import Registry
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
            conflicts = await self._count(parameters, utf8, options.flat_usage)
        except Discarded as discarded:
            # The protocol has the caller learn nothing of this: the whole batch is dropped, and the provider is told.
            caller = caller_of(scope)
            self._mistakes.in_report(caller, parameters, discarded)
            send_empty(protocol, 202, caller.echo)
            return 202
        except ProtocolError as error:
            caller = caller_of(scope)
            if isinstance(error, Unavailable):
                self._mistakes.not_counted(caller, error)
            send_error(protocol, error, options.no_body, caller.echo)
            return error.status
        send_empty(protocol, 202, _told(conflicts) if conflicts else ())
        return 202

    async def _count(self, parameters: Parameters, utf8: bool, flat: bool) -> list[str]:
        """Counts a report; returns the names of transactions whose ids were used before with another content.

        Raises:
            Discarded: A transaction is wrong, so that none is counted.
            ProtocolError: The caller is wrong, or it cannot be made durable now.
        """
        self._registry.refresh()
        report = read_report(self._registry, parameters, utf8)
        found = entries(self._registry, report, flat, self._clock, self._settings)
        recorded = self._ledger.record(found)
        try:
            await recorded.batch
        except OSError as error:
            raise unavailable(error) from error
        if not recorded.conflicts:
            return []
        names = list(report.named)
        return [names[index] for index, _ in recorded.conflicts]


def _told(conflicts: list[str]) -> Headers:
    """How many transactions were not counted, and which: as many of their names as are read comfortably in a header."""
    names = ""
    for name in conflicts:
        more = f"{names},{quote(name)}" if names else quote(name)
        if len(more) > _MAX_NAMES_CHARACTERS:
            break
        names = more
    return [
        ("tallygate-id-conflicts", str(len(conflicts))),
        ("tallygate-id-conflicts-in", names),
    ]
