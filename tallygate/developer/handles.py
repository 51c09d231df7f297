"""How records are named in the portal's addresses: by their numbers, shuffled.

Numbers are given in a row, and so whoever has two of them knows how many others were made between
them. What developers see instead is a permutation of all numbers that only this installation knows: it tells
nothing, and needs no column.
"""

from collections.abc import Callable

from django.utils.crypto import salted_hmac

_ROUNDS = 4
"""Of a Feistel network: so many make it a permutation that cannot be told from one drawn by lot."""
_HALF_BITS = 32
_HALF = (1 << _HALF_BITS) - 1
_LARGEST = (1 << 63) - 1
"""The largest number that a record can have."""


class Handles:
    """A converter of addresses for one kind of record."""

    kind = ""
    regex = "[0-9a-f]{16}"

    def to_python(self, value: str) -> int:
        """The number; 0, which no record has, for a handle that is none."""
        left, right = int(value[:8], 16), int(value[8:], 16)
        for turn in reversed(range(_ROUNDS)):
            left, right = right ^ self._mixed(turn, left), left
        number = left << _HALF_BITS | right
        return number if number <= _LARGEST else 0

    def to_url(self, value: int) -> str:
        left, right = value >> _HALF_BITS, value & _HALF
        for turn in range(_ROUNDS):
            left, right = right, left ^ self._mixed(turn, right)
        return f"{left:08x}{right:08x}"

    def _mixed(self, turn: int, half: int) -> int:
        digest = salted_hmac(f"tallygate.handle.{self.kind}.{turn}", str(half), algorithm="sha256")
        return int.from_bytes(digest.digest()[:4])


def converter(kind: str) -> type[Handles]:
    """The converter for a kind of record: the same number is something else in another kind."""
    return type(f"{kind.title()}Handles", (Handles,), {"kind": kind})


def namer(kind: str) -> Callable[[int], str]:
    """How records of the kind are named where it is not in addresses."""
    return converter(kind)().to_url
