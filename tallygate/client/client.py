"""The client: may this call pass, and what was used."""

import atexit
import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from tallygate.client import protocol, report
from tallygate.client.answer import ALLOWED, DENIED, Answer
from tallygate.client.breaker import Breaker
from tallygate.client.connections import Connections, NoAnswer
from tallygate.client.destination import OneProduct
from tallygate.client.figures import Figures
from tallygate.client.folder import spool_folder
from tallygate.client.protocol import Credentials, Unanswered
from tallygate.client.sender import Sender
from tallygate.client.spool import MAX_BYTES, Spool, Sync

F = TypeVar("F", bound=Callable[..., Any])

SENDING_TIMEOUT_S: Final = 30.0
"""How long a batch of reports may take, which nobody waits for."""


class Client:
    """Of one product. Safe for threads, and for processes that are forked after it was made.

    Reports go to a file at once (see `spool`) and from there to Tallygate, in batches, until it has answered; what a
    process leaves behind, its successor sends.

    Attributes:
        product: The product's id.
    """

    def __init__(
        self,
        service_token: str,
        product: str | int,
        *,
        listener: str = "http://127.0.0.1:3001",
        spool: str | Path | None = None,
        when_away: Literal["allow", "deny"] = "allow",
        timeout_s: float = 1.0,
        send_every_s: float = 1.0,
        max_bytes: int = MAX_BYTES,
        sync: Sync = "interval",
    ) -> None:
        """
        Args:
            service_token: The product's, from its page in the Admin Portal.
            listener: Where Tallygate's listener is.
            spool: The folder of reports that are not delivered yet; None = one below the user's home.
            when_away: What is answered while Tallygate does not answer.
            timeout_s: How long a question may take.
            send_every_s: How long a report waits for others to be sent with it.
            max_bytes: How large the spool may become; then reports are dropped, which is counted and logged.
            sync: When reports are forced to the disk.

        Raises:
            ValueError: An argument makes no sense.
            OSError: The spool's folder cannot be made or written.
        """
        self.product = str(product)
        self._token = service_token
        self._when_away = ALLOWED if when_away == "allow" else DENIED
        self._asking = Connections(listener, timeout_s)
        self._breaker = Breaker()
        self._ids = report.Ids()
        self._spool = Spool(spool_folder(spool, listener, self.product), max_bytes, sync)
        self._sending = Connections(listener, SENDING_TIMEOUT_S)
        destination = OneProduct(self._sending, service_token)
        self._sender = Sender(self._spool, destination, send_every_s)
        self._sender.start()
        atexit.register(self.close)

    def authorize(
        self,
        *,
        user_key: str | None = None,
        app_id: str | None = None,
        app_key: str | None = None,
        usage: Mapping[str, int] | None = None,
    ) -> Answer:
        """Whether a call may pass that would use so much; counts nothing."""
        who = Credentials(user_key, app_id, app_key)
        return self._ask("authorize", who, usage or {}) or self._when_away

    def authrep(
        self,
        *,
        user_key: str | None = None,
        app_id: str | None = None,
        app_key: str | None = None,
        usage: Mapping[str, int],
    ) -> Answer:
        """Whether a call may pass; if so, its usage is counted, in the same step.

        While Tallygate is away and calls are allowed, the usage is spooled, and counted later.
        """
        who = Credentials(user_key, app_id, app_key)
        report_id = self._ids.next()
        found = self._ask("authrep", who, usage, report_id)
        if found is None and self._when_away.authorized:
            # Under the same id: if the call was heard, it is not counted again.
            self._spool.take(report.line(self.product, who, usage, report_id))
            self._sender.start()
        return found or self._when_away

    def report(
        self,
        *,
        user_key: str | None = None,
        app_id: str | None = None,
        usage: Mapping[str, int],
        response_code: int | None = None,
        time_s: float | None = None,
        report_id: str | None = None,
    ) -> bool:
        """Tells what was used. Returns at once; True: it is on file, and will be counted, once.

        Args:
            response_code: How the call was answered.
            time_s: When, UTC seconds; None = now.
            report_id: The same id counts once; None = one is made.

        Raises:
            ValueError: Tallygate would refuse it.
        """
        who = Credentials(user_key, app_id)
        made = report.line(
            self.product, who, usage, report_id or self._ids.next(), response_code, time_s
        )
        self._sender.start()
        return self._spool.take(made)

    @contextlib.contextmanager
    def counting(
        self, usage: Mapping[str, int], *, user_key: str | None = None, app_id: str | None = None
    ) -> Iterator[dict[str, int]]:
        """Reports usage when the `with` ends, with the code 200, or 500 if it ends with an exception.

        Gives the usage, to which more can be added on the way.
        """
        counted = dict(usage)
        code = 500
        try:
            yield counted
            code = 200
        finally:
            self.report(user_key=user_key, app_id=app_id, usage=counted, response_code=code)

    def counted(
        self, usage: Mapping[str, int], *, user_key: str | None = None, app_id: str | None = None
    ) -> Callable[[F], F]:
        """A decorator: each call of the function is reported as `counting` reports it."""
        counting = functools.partial(self.counting, usage, user_key=user_key, app_id=app_id)

        def decorate(function: F) -> F:
            if inspect.iscoroutinefunction(function):

                @functools.wraps(function)
                async def run_async(*args: Any, **named: Any) -> Any:
                    with counting():
                        return await function(*args, **named)

                return run_async  # type: ignore[return-value]

            @functools.wraps(function)
            def run(*args: Any, **named: Any) -> Any:
                with counting():
                    return function(*args, **named)

            return run  # type: ignore[return-value]

        return decorate

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Sends what is spooled now; whether all of it was dealt with in time."""
        return self._sender.flush(timeout_s)

    def close(self, timeout_s: float = 2.0) -> None:
        """Sends what it can in that time; the rest stays on file for the next process."""
        atexit.unregister(self.close)
        self._sender.close(timeout_s)
        for connections in (self._asking, self._sending):
            connections.close()

    @property
    def figures(self) -> Figures:
        """What became of the reports of this process, and of those that it took over."""
        return self._spool.figures

    def _ask(
        self, endpoint: str, who: Credentials, usage: Mapping[str, int], report_id: str = ""
    ) -> Answer | None:
        """None: nobody answers."""
        if not self._breaker.may_ask():
            return None
        path = protocol.question(endpoint, self.product, self._token, who.given(), usage)
        headers = (
            {**protocol.ASKING, "Idempotency-Key": report_id} if report_id else protocol.ASKING
        )
        try:
            response = self._asking.request("GET", path, None, headers)
            found = protocol.answer(*response)
        except (NoAnswer, Unanswered) as error:
            self._breaker.failed()
            self._spool.notices.warn("away", f"Tallygate is away: {error}")
            return None
        self._breaker.succeeded()
        self._spool.notices.over("away", "Tallygate answers again")
        if found.reason in protocol.OF_THE_ASKER:
            self._spool.notices.warn(
                found.reason, f"Tallygate refuses the question: {found.reason}"
            )
        return found
