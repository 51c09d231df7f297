"""Reports of all products: into one spool, and from there to the listener of each."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tallygate.client import report
from tallygate.client.connections import Connections
from tallygate.client.destination import deliver, places
from tallygate.client.figures import Figures
from tallygate.client.protocol import Credentials
from tallygate.client.sender import Sender
from tallygate.client.sending import NotDelivered, Result
from tallygate.client.spool import Spool
from tallygate.gateway.configuration import Product
from tallygate.gateway.routing import Products

_TIMEOUT_S = 30.0


class ManyProducts:
    """Delivers reports to the listeners of those products that are configured now."""

    def __init__(self, products: Callable[[], Products]) -> None:
        self._products = products
        self._connections: dict[str, Connections] = {}

    def places(self, product: str) -> Sequence[str]:
        found = self._products().by_id.get(product)
        if found is None:
            return (_unknown(product),)
        return places(self._to(found), product)

    def send(self, product: str, lines: Sequence[bytes]) -> Sequence[Result]:
        found = self._products().by_id.get(product)
        if found is None:
            raise NotDelivered(_unknown(product), "the product is not configured any more")
        return deliver(self._to(found), product, found.token, lines)

    def _to(self, product: Product) -> Connections:
        url = product.listener
        if url not in self._connections:
            self._connections[url] = Connections(url, _TIMEOUT_S)
        return self._connections[url]

    def close(self) -> None:
        for each in self._connections.values():
            each.close()


def _unknown(product: str) -> str:
    return f"product {product}"


class Reports:
    """Takes reports. To take one is a write to a file; to send them, a thread's work."""

    def __init__(self, folder: Path, products: Callable[[], Products], max_bytes: int) -> None:
        """Raises OSError: the folder cannot be made or written."""
        self._spool = Spool(folder, max_bytes)
        self._destination = ManyProducts(products)
        self._sender = Sender(self._spool, self._destination)
        self._ids = report.Ids()
        self._sender.start()

    def new_id(self) -> str:
        return self._ids.next()

    def take(
        self,
        product: str,
        who: Credentials,
        usage: Mapping[str, int],
        report_id: str = "",
        code: int | None = None,
    ) -> None:
        """Puts a report on file; what is dropped instead is counted and logged."""
        made = report.line(product, who, usage, report_id or self._ids.next(), code)
        self._spool.take(made)

    @property
    def figures(self) -> Figures:
        return self._spool.figures

    def close(self, timeout_s: float) -> None:
        """Sends what it can in that time; the rest stays on file."""
        self._sender.close(timeout_s)
        self._destination.close()
