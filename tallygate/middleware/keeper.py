"""What both middlewares do: find out who calls and what it counts, decide, and report."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from tallygate.client import Answer, Client
from tallygate.client.held import HeldAnswers
from tallygate.client.protocol import Credentials
from tallygate.domain.mapping_rules import Rule, RuleSet
from tallygate.middleware import credentials
from tallygate.middleware.credentials import Credentialing

Identify = Callable[[Any], "str | None"]
"""Who calls, by the ASGI scope or the WSGI environment: a user key, or the id of an application; None = nobody known."""

Location = Literal["query", "headers", "authorization"]

HITS: Final = {"hits": 1}


class Refusal(NamedTuple):
    """How a call that may not pass is answered."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]


class Counting(NamedTuple):
    """A request that is counted.

    Attributes:
        usage: What it counts, but for what the application adds.
        counted: Whether that is counted already.
    """

    who: Credentials
    usage: Mapping[str, int]
    counted: bool = False


def _refusal(status: int, text: str, **headers: str) -> Refusal:
    body = text.encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Refusal(
        status,
        body,
        (
            ("content-type", "text/plain; charset=us-ascii"),
            ("content-length", str(len(body))),
            *named.items(),
        ),
    )


MISSING: Final = _refusal(401, "Authentication parameters missing")
_FAILED: Final = _refusal(403, "Authentication failed")
_AWAY: Final = _refusal(503, "Authorization is not possible now", retry_after="5")


class Keeper:
    """One for each application.

    Attributes:
        client: Through which it asks and reports.
        authorizes: Whether calls may be refused.
    """

    def __init__(
        self,
        service_token: str,
        product: str | int,
        *,
        rules: Sequence[Rule] | None = None,
        authorize: bool = True,
        hold_s: float = 10.0,
        credentials_location: Location = "query",
        user_key: str = "user_key",
        app_id: str | None = None,
        app_key: str = "app_key",
        identify: Identify | None = None,
        **client: Any,
    ) -> None:
        """
        Args:
            service_token, product, client: As of `Client`.
            rules: What requests count; those that no rule matches pass, and count nothing. None = each counts one hit.
            authorize: Whether calls without credentials, with wrong ones, or beyond a limit are refused.
            hold_s: How long an answer holds for further calls; 0 = each call is asked for, and counted, before it passes.
            credentials_location: Where callers put their credentials.
            user_key: The name of a user key there.
            app_id: The name of an application's id there; None = callers have user keys.
            app_key: The name of its key.
            identify: Tells who calls, where the application knows; then nobody looks for credentials.

        Raises:
            ValueError, OSError: As of `Client`.
        """
        self.client = Client(service_token, product, **client)
        self.authorizes = authorize
        self._rules = None if rules is None else RuleSet(rules)
        self._held = HeldAnswers(hold_s) if hold_s else None
        self._identify = identify
        self._asked = Credentialing(
            credentials_location, app_id is None, user_key, app_id or "", app_key
        )

    def usage(self, method: str, target: str) -> Mapping[str, int]:
        """What a request counts; {} = nothing, so that it passes."""
        return HITS if self._rules is None else self._rules.match(method, target).usage()

    def who(self, request: Any, headers: Mapping[str, str], query: str) -> Credentials | None:
        """Who calls; None: credentials are missing. `headers` by their names in lower case."""
        if self._identify is None:
            return credentials.find(self._asked, headers, query)
        name = self._identify(request)
        if not name:
            return None
        return Credentials(name) if self._asked.by_user_key else Credentials(None, name)

    def known(self, who: Credentials, usage: Mapping[str, int]) -> Answer | None:
        """An answer that still holds; None: `ask`."""
        return None if self._held is None else self._held.take(self.client.product, who, usage)

    def ask(self, who: Credentials, usage: Mapping[str, int]) -> Answer:
        """Asks Tallygate, and waits for it; with exact limits the call is counted then, if it may pass."""
        if self._held is None:
            return self.client.authrep(**who._asdict(), usage=usage)
        answer = self.client.authorize(**who._asdict(), usage=usage)
        if not answer.away:
            self._held.put(self.client.product, who, usage, answer)
        return answer

    def counting(self, who: Credentials, usage: Mapping[str, int]) -> Counting:
        """A request that may pass."""
        return Counting(who, usage, counted=self.authorizes and self._held is None)

    def report(self, counting: Counting, added: Mapping[str, int], code: int | None) -> None:
        """What a request counted, when it was answered."""
        usage = dict.fromkeys(counting.usage, 0) if counting.counted else dict(counting.usage)
        for metric, value in added.items():
            usage[metric] = usage.get(metric, 0) + value
        who = counting.who
        known_code = code if code is not None and 100 <= code <= 599 else None
        self.client.report(
            user_key=who.user_key, app_id=who.app_id, usage=usage, response_code=known_code
        )


def refusal(answer: Answer) -> Refusal:
    """How a call is answered that may not pass."""
    if answer.away:
        return _AWAY
    if not answer.limited or (answer.limit is not None and not answer.limit.maximum):
        return _FAILED
    if answer.limit is None or answer.limit.reset_s < 0:
        return _refusal(429, "Limits exceeded")
    return _refusal(429, "Limits exceeded", retry_after=str(answer.limit.reset_s))
