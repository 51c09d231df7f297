"""Where reports go: POST /usage of a listener."""

from collections.abc import Sequence

from tallygate.client import protocol
from tallygate.client.connections import Connections, NoAnswer
from tallygate.client.sending import NotDelivered, Result


class OneProduct:
    """A listener, for the reports of one product."""

    def __init__(self, connections: Connections, token: str) -> None:
        """`token`: The product's service token."""
        self._connections = connections
        self._token = token

    def places(self, product: str) -> Sequence[str]:
        return places(self._connections, product)

    def send(self, product: str, lines: Sequence[bytes]) -> Sequence[Result]:
        return deliver(self._connections, product, self._token, lines)


def places(connections: Connections, product: str) -> Sequence[str]:
    """Where reports of a product go: to a listener, and there to the product."""
    return (connections.url, f"{connections.url} product {product}")


def deliver(
    connections: Connections, product: str, token: str, lines: Sequence[bytes]
) -> Sequence[Result]:
    """Delivers reports; a batch that is too large for somebody on the way, in halves.

    Raises:
        NotDelivered: None was taken, as far as is known.
    """
    try:
        response = connections.request(
            "POST", protocol.usage_path(product), b"".join(lines), protocol.usage_headers(token)
        )
    except NoAnswer as error:
        raise NotDelivered(connections.url, str(error)) from None
    status, headers, body = response
    found = protocol.results(len(lines), headers, body)
    if found is not None:
        return found
    if status == 413 and len(lines) > 1:
        half = len(lines) // 2
        return [
            *deliver(connections, product, token, lines[:half]),
            *deliver(connections, product, token, lines[half:]),
        ]
    of_product = 400 <= status < 500 and status != 429
    raise NotDelivered(
        places(connections, product)[of_product],
        protocol.said(status, body),
        protocol.retry_after_s(headers),
    )
