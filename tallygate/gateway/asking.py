"""Asking listeners whether a call may pass."""

from collections import defaultdict
from collections.abc import Mapping

import aiohttp
import structlog
from yarl import URL

from tallygate.client import protocol
from tallygate.client.answer import Answer
from tallygate.client.breaker import Breaker
from tallygate.client.protocol import Credentials, Unanswered
from tallygate.gateway.configuration import Product

log = structlog.get_logger()


class Asker:
    """Asks over connections that are kept; who does not answer is left alone for a while."""

    def __init__(self, timeout_s: float) -> None:
        """Within a running event loop. `timeout_s`: How long a question may take."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=256),
            timeout=aiohttp.ClientTimeout(total=timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        self._breakers: dict[str, Breaker] = defaultdict(Breaker)

    async def ask(
        self,
        product: Product,
        endpoint: str,
        who: Credentials,
        usage: Mapping[str, int],
        report_id: str = "",
    ) -> Answer | None:
        """What the product's listener says to `authorize` or `authrep`; None: it does not answer."""
        breaker = self._breakers[product.listener]
        if not breaker.may_ask():
            return None
        path = protocol.question(endpoint, product.id, product.token, who.given(), usage)
        headers = (
            {**protocol.ASKING, "Idempotency-Key": report_id} if report_id else protocol.ASKING
        )
        url = URL(product.listener + path, encoded=True)
        try:
            async with self._session.get(url, headers=headers) as response:
                body = await response.read()
            named = {name.lower(): value for name, value in response.headers.items()}
            found = protocol.answer(response.status, named, body)
        except (aiohttp.ClientError, TimeoutError, Unanswered) as error:
            breaker.failed()
            log.warning(
                "the listener does not answer",
                listener=product.listener,
                reason=str(error) or type(error).__name__,
            )
            return None
        except BaseException:
            breaker.failed()  # the call was broken off: somebody else may try
            raise
        breaker.succeeded()
        if found.reason in protocol.OF_THE_ASKER:
            log.warning("the listener refuses a question", product=product.id, reason=found.reason)
        return found

    async def close(self) -> None:
        await self._session.close()
