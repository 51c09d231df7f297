"""What a sender asks of whoever takes reports, and what it is told."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Result(NamedTuple):
    """What became of a report: `accepted`, `duplicate`, `conflict` or `error`, the last two with code and message."""

    status: str
    code: str = ""
    message: str = ""

    @property
    def again(self) -> bool:
        """Whether it can be sent again: the disk was full, or this machine's clock goes ahead."""
        return self.code in ("unavailable", "transaction_timestamp_too_new")


class NotDelivered(Exception):
    """No report of a request was taken, as far as is known; the ids make it safe to send them again.

    Attributes:
        place: Whatever else goes there is not delivered either: an address, or an address and a product.
        retry_after_s: How long to wait, if that was told.
    """

    def __init__(self, place: str, reason: str, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.place = place
        self.retry_after_s = retry_after_s


class Destination(Protocol):
    """Takes reports."""

    def places(self, product: str) -> Sequence[str]:
        """Where reports of a product go, as NotDelivered names it."""
        ...

    def send(self, product: str, lines: Sequence[bytes]) -> Sequence[Result]:
        """Delivers reports of a product, and says of each what became of it.

        Raises:
            NotDelivered: It did not work, or not for certain.
        """
        ...
