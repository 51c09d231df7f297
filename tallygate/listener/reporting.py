"""POST /transactions.xml: a batch of transactions that have happened already."""

from typing import Final

from tallygate.domain.clock import Clock
from tallygate.domain.errors import (
    EndUsersNoLongerSupported,
    NotValidData,
    ProtocolError,
    TransactionsFormatInvalid,
    TransactionsHasNilTransaction,
    TransactionsIsBlank,
    TransactionTimestampTooNew,
    TransactionTimestampTooOld,
)
from tallygate.ledger.entry import Entry
from tallygate.ledger.usage import Usage
from tallygate.listener import credentials
from tallygate.listener.idempotency import checked_id
from tallygate.listener.parameters import Parameters, Value
from tallygate.listener.timestamps import parse_timestamp
from tallygate.listener.usage import effective_usage, response_code, without_zeros
from tallygate.registry.contract import Missing, NotLoaded, Registry
from tallygate.registry.records import Service
from tallygate.registry.views import ServiceView
from tallygate.settings import Settings

FORM_TYPES: Final = ("", "application/x-www-form-urlencoded", "multipart/form-data")


class Report:
    """A report whose caller is known, and whose transactions have the right form.

    Attributes:
        named: The transactions that count something, in order, by the names that the caller gave them.
    """

    def __init__(self, view: ServiceView, named: dict[str, Parameters]) -> None:
        self.view = view
        self.named = named


class Discarded(ProtocolError):
    """A report of which nothing is counted: its first wrong transaction, and what is wrong with it."""

    code, status = "discarded", 202

    def __init__(self, view: ServiceView, transaction: Parameters, error: ProtocolError) -> None:
        super().__init__(error.message)
        self.view = view
        self.transaction = transaction
        self.error = error


def read_report(registry: Registry, parameters: Parameters, utf8: bool) -> Report:
    """Checks what is answered at once.

    Args:
        utf8: Whether all names and values were UTF-8; asked only after the caller is known, as the protocol has it.

    Raises:
        ProtocolError: The first thing that is wrong, in the protocol's order.
    """
    provider = credentials.provider_key(registry, parameters)
    if not utf8:
        raise NotValidData()
    transactions = _transactions(parameters.get("transactions"))
    service_id = credentials.text(parameters, "service_id")
    return Report(credentials.service(registry, provider, service_id or None), transactions)


def _transactions(given: Value) -> dict[str, Parameters]:
    if not given:
        raise TransactionsIsBlank()
    if not isinstance(given, dict):
        raise TransactionsFormatInvalid()
    if None in given.values():
        raise TransactionsHasNilTransaction()
    found = {name: _counted(transaction) for name, transaction in given.items()}
    if any("user_id" in transaction for transaction in found.values()):
        raise EndUsersNoLongerSupported()
    return {name: transaction for name, transaction in found.items() if transaction["usage"]}


def _counted(transaction: Value) -> Parameters:
    """The transaction, with what is left of its usage when zeros are taken out."""
    if not isinstance(transaction, dict):
        raise TransactionsFormatInvalid()
    if any(isinstance(transaction.get(name), list | dict) for name in ("app_id", "user_key", "id")):
        raise TransactionsFormatInvalid()
    if isinstance(entry_id := transaction.get("id"), str):
        checked_id(entry_id, "the id of a transaction")
    usage = transaction.get("usage") or {}
    if not isinstance(usage, dict):
        raise TransactionsFormatInvalid()
    transaction["usage"] = without_zeros(usage) if "0" in usage.values() else usage
    return transaction


def entries(
    registry: Registry, report: Report, flat: bool, clock: Clock, settings: Settings
) -> list[Entry]:
    """What the report's transactions count. All of them or, where one is wrong, none.

    Raises:
        Discarded: A transaction is wrong. The protocol does not tell the caller, only the provider.
        NotLoaded
    """
    reader = _Reader(registry, report.view, flat, clock.now_ms(), settings)
    found: list[Entry] = []
    missing = Missing()
    for transaction in report.named.values():
        try:
            found.append(reader.entry(transaction))
        except NotLoaded as error:
            missing.add(error)
        except ProtocolError as error:
            missing.check()
            raise Discarded(report.view, transaction, error) from error
    missing.check()
    return found


class _Reader:
    """Makes entries of one report's transactions, most of which use the same few metrics."""

    def __init__(
        self,
        registry: Registry,
        view: ServiceView,
        flat: bool,
        now_ms: int,
        settings: Settings,
    ) -> None:
        self._registry = registry
        self._view = view
        self._flat = flat
        self._now_ms = now_ms
        self._settings = settings
        self._usages: dict[tuple[tuple[str, Value], ...], Usage] = {}

    def entry(self, transaction: Parameters) -> Entry:
        """Raises ProtocolError: what is wrong with the transaction."""
        text = credentials.text
        who = credentials.reported_application(
            self._registry, self._view, text(transaction, "app_id"), text(transaction, "user_key")
        ).application
        usage = self._usage(transaction)
        at_ms = self._time_ms(transaction.get("timestamp"))
        code = response_code(transaction["log"]) if "log" in transaction else 0
        entry_id = text(transaction, "id") or ""
        return Entry(who.service_id, who.id, at_ms, usage.adds, code, usage.sets, entry_id)

    def _usage(self, transaction: Parameters) -> Usage:
        given = transaction["usage"]
        assert isinstance(given, dict)  # as `_counted` leaves it
        key = tuple(given.items())
        try:
            found = self._usages.get(key)
        except TypeError:  # a value is no text: that is told below
            found = None
        if found is None:
            found = effective_usage(given, self._view, self._flat)
            self._usages[key] = found
        return found

    def _time_ms(self, given: Value) -> int:
        at_s = parse_timestamp(given) if isinstance(given, str) and given.strip() else None
        if at_s is None:
            return self._now_ms
        check_window(at_s, self._now_ms, self._view.service, self._settings)
        return at_s * 1000


def check_window(at_s: int, now_ms: int, service: Service, settings: Settings) -> None:
    """Whether a reported time lies in the window of the service's provider, both ends included.

    Raises:
        TransactionTimestampTooOld, TransactionTimestampTooNew
    """
    now_s = now_ms // 1000
    past_s, future_s = service.past_window_s, service.future_window_s
    past_s = settings.past_window_s if past_s is None else past_s
    future_s = settings.future_window_s if future_s is None else future_s
    if at_s < now_s - past_s:
        raise TransactionTimestampTooOld(past_s)
    if at_s > now_s + future_s:
        raise TransactionTimestampTooNew(future_s)
