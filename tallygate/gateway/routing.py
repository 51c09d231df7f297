"""Which product a host's calls belong to."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from tallygate.gateway.configuration import Product


class Products:
    """All products that the gateway serves, by their hosts.

    Attributes:
        by_id: By the product's id.
    """

    def __init__(self, products: Iterable[Product] = ()) -> None:
        self.by_id = {product.id: product for product in products}
        by_host: dict[str, list[Product]] = defaultdict(list)
        for product in self.by_id.values():
            for host in product.hosts:
                by_host[host].append(product)
        self._by_host = dict(by_host)

    def of_host(self, host: str) -> Sequence[Product]:
        """The products of a Host header's value, in the order of the configuration; the port does not matter."""
        return self._by_host.get(_without_port(host), ())


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower().strip("[]")
