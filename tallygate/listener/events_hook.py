"""Tells another control plane that there are events: a POST to its URL, at most once a minute; it then fetches them.

what fails                 behaviour
the hook cannot be reached a line in the log; told again a minute later, for as long as there are events
it does not answer         the same, after TIMEOUT_S; calls are not concerned: a thread waits
it redirects               the same: the secret is for this URL alone
"""

import asyncio
import contextlib
import http.client
import threading
from concurrent.futures import Future
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import structlog

from tallygate.domain.errors import InputError
from tallygate.ledger.contract import Ledger
from tallygate.settings import Settings

log = structlog.get_logger()

LOOK_EVERY_S: Final = 1.0
TIMEOUT_S: Final = 5.0


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *given: object) -> None:
        return None


class EventsHook:
    """Belongs to the event loop's thread."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        """Raises InputError: the URL is none of HTTP."""
        self._ledger = ledger
        self._url = _checked(settings.events_hook)
        self._body = urlencode({"secret": settings.events_hook_secret}).encode()
        self._opener = build_opener(_NoRedirects)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Looks for events from now on, in the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def look(self) -> bool:
        """Tells of events, if there are any and it is time. Returns whether it tried; then it knows whether it was heard.

        Raises:
            OSError: The ledger cannot be reached now.
        """
        if not await self._ledger.claim_notice():
            return False
        told: Future[None] = Future()
        # No pool: the process must not wait at its end for a hook that does not answer.
        threading.Thread(target=self._tell, args=(told,), daemon=True).start()
        await asyncio.wrap_future(told)
        return True

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            with contextlib.suppress(OSError):
                await self.look()

    def _tell(self, told: "Future[None]") -> None:
        try:
            request = Request(self._url, self._body)  # noqa: S310 (the scheme was checked)
            self._opener.open(request, timeout=TIMEOUT_S).close()
        except HTTPError as error:
            error.close()
            log.warning("the events hook refuses", status=error.code)
        except (OSError, ValueError, http.client.HTTPException) as error:
            log.warning("the events hook cannot be reached", reason=str(error))
        finally:
            told.set_result(None)


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right:
        raise InputError(f"TALLYGATE_EVENTS_HOOK must be an http or https URL, not {url!r}")
    return url
