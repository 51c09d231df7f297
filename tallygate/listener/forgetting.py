"""Forgetting an application: what the listener holds of it, and proof that it holds nothing any more."""

import msgspec

from tallygate.integration_errors.record import Naming
from tallygate.integration_errors.recorder import ErrorRecorder
from tallygate.ledger.contract import Ledger


class Who(msgspec.Struct, frozen=True):
    """An application as others name it.

    Attributes:
        service, application: Ids of the protocol. Neither needs to exist any more.
        user_keys: Its user keys as integration errors show them: masked.
        before_ms: Errors whose first came later are not its own: whoever goes on calling with its key is unknown by then. 0 = all are.
    """

    service: str
    application: str
    user_keys: tuple[str, ...] = ()
    before_ms: int = 0

    @property
    def naming(self) -> Naming:
        return Naming((self.application, *self.user_keys), self.before_ms)


class Forgetting:
    """Belongs to the event loop's thread. Every method raises OSError or sqlite3.Error when it cannot be done now."""

    def __init__(self, ledger: Ledger, errors: ErrorRecorder) -> None:
        self._ledger = ledger
        self._errors = errors

    async def forget(self, who: Who) -> None:
        """Ledger and integration errors forget it, the history when it comes to this place of the log."""
        await self._ledger.forget(who.service, who.application)
        await self._errors.forget(who.service, who.naming)

    async def traces(self, who: Who) -> dict[str, int]:
        """By place, how much is left of it. What the history has is taken out of the log first."""
        found = await self._ledger.traces(who.service, who.application)
        errors = await self._errors.count_of(who.service, who.naming)
        return {**found, "errors": errors}
