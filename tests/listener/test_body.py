"""How much of a body is read, and for how long."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tallygate.domain.errors import BadRequest
from tallygate.listener import body
from tallygate.listener.parameters import LimitExceeded


async def parts(*given: bytes, pause_s: float = 0) -> AsyncIterator[bytes]:
    """As the server gives them: an empty one ends them."""
    for each in (*given, b""):
        await asyncio.sleep(pause_s)
        yield each


def test_a_body_is_read_whole() -> None:
    assert asyncio.run(body.read_body(parts(b"ab", b"c"), {}, 3)) == b"abc"


def test_a_body_that_is_too_large_is_not_read_on() -> None:
    with pytest.raises(LimitExceeded):
        asyncio.run(body.read_body(parts(b"ab", b"cd"), {}, 3))


def test_a_body_that_does_not_arrive_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may hold memory and a connection for ever by sending slowly."""
    monkeypatch.setattr(body, "READ_WITHIN_S", 0.05)
    with pytest.raises(BadRequest, match="in time"):
        asyncio.run(body.read_body(parts(*[b"x"] * 100, pause_s=0.01), {}, 1000))
