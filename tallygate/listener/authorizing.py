"""authorize and authrep: from a query string to a decision.

Everything about a call that stays the same until the registry changes is worked out once and kept by its query string
(`Prepared`); what is left for the next call like it is to check, count and fill in the current values.
"""

from typing import Final

from tallygate.domain.clock import Clock
from tallygate.domain.errors import (
    ApplicationNotFound,
    EndUsersNoLongerSupported,
    NotValidData,
    UsageShapeInvalid,
)
from tallygate.ledger.contract import Ledger, Verdict
from tallygate.ledger.contract import Prepared as PreparedCall
from tallygate.ledger.usage import Usage
from tallygate.listener import credentials
from tallygate.listener.denials import LIMITS_EXCEEDED, Denial, denial, redirect_name
from tallygate.listener.document import StatusDocument, app_keys, oauth_application
from tallygate.listener.limit_headers import limit_headers
from tallygate.listener.options import Options
from tallygate.listener.parameters import Parameters, is_utf8
from tallygate.listener.usage import effective_usage, named_metrics, response_code
from tallygate.listener.watching import limits_of
from tallygate.registry.cache import Cache
from tallygate.registry.contract import Registry
from tallygate.registry.views import ApplicationView, ServiceView

PREPARED_CALLS: Final = 30_000
"""How many prepared calls are kept at least (and at most twice as many); about 2 KB each."""

KEPT_BYTES: Final = 512
"""Longer calls (with a whole request in the query string, say) hardly come twice: keeping them would only cost memory."""


class Prepared:
    """A call that was worked out.

    Attributes:
        denied: Why it is denied whatever the limits say; then nothing is checked or counted.
        plain: The answer, if authorized, is the plain body: no option asks for more, and all limits are checked.
        revision, generation: Of registry and ledger when it was made; it is void when either has changed.
    """

    __slots__ = (
        "app_keys", "application", "call", "denied", "document", "generation", "options", "plain", "revision",
        "units",
    )  # fmt: skip

    def __init__(
        self,
        call: PreparedCall,
        denied: Denial | None,
        document: StatusDocument,
        options: Options,
        units: dict[str, int] | None,
        keys: str,
        application: str,
    ) -> None:
        """`keys` and `application` are sections of the body, '' where they are not wanted."""
        self.call = call
        self.denied = denied
        self.document = document
        self.options = options
        self.units = units
        self.app_keys = keys
        self.application = application
        # Limits of metrics that the call does not name may be exceeded, which the plain body does not say.
        all_checked = units is None or all(limit.metric in units for limit in call.limits)
        self.plain = (
            all_checked
            and not options.no_body
            and not options.limit_headers
            and not keys
            and not application
            and not call.usage.sets
        )
        self.revision = self.generation = -1

    def body(self, verdict: Verdict, denied: Denial | None) -> str:
        """The answer's body."""
        if self.options.no_body:
            return ""
        reason = denied.reason if denied else None
        return self.document.render(
            verdict.epoch, verdict.values, reason, self.app_keys, self.application
        )

    def headers(
        self, verdict: Verdict, denied: Denial | None, now_ms: int
    ) -> list[tuple[str, str]]:
        """What there is besides the body, `now_ms` being UTC milliseconds: what the options ask for, and that it is a repetition."""
        found = [("idempotent-replayed", "true")] if verdict.repeated else []
        if denied and self.options.rejection_reason_header:
            found.append(("3scale-rejection-reason", denied.code))
        if self.options.limit_headers and denied in (None, LIMITS_EXCEEDED):
            found += limit_headers(
                self.call.limits, verdict.values, self.units, verdict.epoch, now_ms
            )
        return found


class Authorizer:
    """Prepares calls and keeps them."""

    def __init__(
        self, registry: Registry, ledger: Ledger, clock: Clock, oauth: bool = False
    ) -> None:
        """`oauth`: the calls are those of the OAuth endpoints."""
        self._oauth = oauth
        self._registry = registry
        self._ledger = ledger
        self._clock = clock
        self._kept: Cache[tuple[bool, str, str | None], Prepared] = Cache(PREPARED_CALLS)
        self._documents: dict[tuple[str, str, str, bool], StatusDocument] = {}
        self._documents_revision = -1

    def find(self, key: tuple[bool, str, str | None]) -> Prepared | None:
        """The prepared call of (is authrep, query string, options header), if it still holds. Refreshes the registry."""
        self._registry.refresh()
        found = self._kept.get(key)
        if (
            found is not None
            and found.revision == self._registry.revision
            and found.generation == self._ledger.generation
        ):
            return found
        return None

    def prepare(
        self, key: tuple[bool, str, str | None], parameters: Parameters, options: Options
    ) -> Prepared:
        """Works a call out, which was not found, and keeps it.

        Raises:
            ProtocolError: The first thing that is wrong, in the protocol's order.
        """
        if not is_utf8(parameters):
            raise NotValidData()
        prepared = self._prepare(parameters, options)
        prepared.revision = self._registry.revision
        prepared.generation = self._ledger.generation
        if len(key[1]) + len(key[2] or "") <= KEPT_BYTES:
            self._kept.put(key, prepared)
        return prepared

    def _prepare(self, parameters: Parameters, options: Options) -> Prepared:
        credentials.normalise(parameters)
        provider = credentials.provider_key(self._registry, parameters)
        if "user_id" in parameters:
            raise EndUsersNoLongerSupported()
        given = parameters.get("usage") if "usage" in parameters else {}
        if not isinstance(given, dict):
            raise UsageShapeInvalid()
        text = credentials.text
        view = credentials.service(self._registry, provider, text(parameters, "service_id"))
        if self._oauth and "app_id" not in parameters:
            raise ApplicationNotFound(None)
        application = credentials.application(
            self._registry, view, text(parameters, "app_id"), text(parameters, "user_key")
        )
        if options.no_body:
            named_metrics(given, view)
        denied = denial(view, application, parameters, self._oauth)
        usage = None
        if given and denied is None:
            usage = effective_usage(given, view, options.flat_usage)
        code = response_code(parameters.get("log"))
        shown = oauth_application(application, redirect_name(parameters)) if self._oauth else ""
        return self._assemble(view, application, usage, code, denied, options, shown)

    def _assemble(
        self,
        view: ServiceView,
        application: ApplicationView,
        usage: Usage | None,
        code: int,
        denied: Denial | None,
        options: Options,
        shown: str,
    ) -> Prepared:
        who = application.application
        limits = limits_of(view, application)
        call = self._ledger.prepare(who.service_id, who.id, limits, usage, code, view.alert_levels)
        document = self._document(view, who.plan_id, who.plan_name, options.hierarchy)
        keys = app_keys(view, application) if options.list_app_keys else ""
        units = None if usage is None else {**dict(usage.adds), **dict(usage.sets)}
        return Prepared(call, denied, document, options, units, keys, shown)

    def _document(
        self, view: ServiceView, plan_id: str, plan_name: str, hierarchy: bool
    ) -> StatusDocument:
        if self._documents_revision != self._registry.revision:
            self._documents.clear()
            self._documents_revision = self._registry.revision
        key = (view.service.id, plan_id, plan_name, hierarchy)
        found = self._documents.get(key)
        if found is None:
            found = StatusDocument(view, plan_name, view.limits(plan_id), hierarchy)
            self._documents[key] = found
        return found
