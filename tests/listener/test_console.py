"""Asking the console never holds the listener up: questions are bounded in time and in number."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tallygate.listener import console as module
from tallygate.listener.console import Console, ConsoleSilent
from tallygate.settings import Settings

pytestmark = pytest.mark.usefixtures("runner")

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def console(home: Path, port: int) -> Console:
    """One that believes that the console is at a port of this machine."""
    (home / "run").mkdir(parents=True, exist_ok=True)
    said = {"pid": 1, "url": f"http://127.0.0.1:{port}"}
    (home / "run" / "console.json").write_text(json.dumps(said))
    return Console(Settings(home=home), "secret")


@asynccontextmanager
async def answering(home: Path, behaviour: Behaviour) -> AsyncIterator[Console]:
    """A console that behaves so."""
    answers = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers.append(asyncio.current_task())
        with contextlib.suppress(ConnectionError):
            await behaviour(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield console(home, server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await asyncio.gather(*filter(None, answers))


def saying(answer: bytes) -> Behaviour:
    async def behaviour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    return behaviour


async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reads until the other side gives up, and says nothing."""
    await reader.read()


async def why_silent(asked: Console) -> str:
    with pytest.raises(ConsoleSilent) as silent:
        await asked.ask("/internal/usage", {})
    return str(silent.value)


async def test_the_question_and_the_token_arrive_and_the_answer_comes_back(home: Path) -> None:
    received = []

    async def behaviour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        received.append((head.splitlines(), await reader.readexactly(7)))
        writer.write(b'HTTP/1.1 400 Bad\r\nContent-Length: 8\r\n\r\n{"b": 2}')

    async with answering(home, behaviour) as asked:
        assert await asked.ask("/internal/usage", {"a": 1}) == (400, b'{"b": 2}')
    ((head, body),) = received
    assert head[0] == b"POST /internal/usage HTTP/1.1"
    assert b"Authorization: Bearer secret" in head
    assert body == b'{"a":1}'


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", b"\x00\xff" * 100],
)
async def test_what_is_no_whole_answer_is_told(home: Path, answer: bytes) -> None:
    async with answering(home, saying(answer)) as asked:
        assert (await why_silent(asked)).startswith("the console does not answer: ")


async def test_an_answer_without_end_is_not_read_to_its_end(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_BYTES", 1000)
    async with answering(home, saying(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000)) as asked:
        assert await why_silent(asked) == "the console does not answer: its answer is too large"


async def test_a_console_that_does_not_run_is_told(home: Path) -> None:
    assert await why_silent(console(home, 9)) != ""
    (home / "run" / "console.json").unlink()
    asked = Console(Settings(home=home), "secret")
    assert await why_silent(asked) == "the console does not answer: it does not run"


async def test_a_note_of_its_address_that_is_damaged_is_told(home: Path) -> None:
    asked = console(home, 9)
    for damaged in ("", "[]", "{}", '{"url": "http://x:port"}', '{"url": null}'):
        (home / "run" / "console.json").write_text(damaged)
        assert (await why_silent(asked)).startswith("the console does not answer: ")


async def test_a_console_that_is_silent_is_left_after_a_time(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WITHIN_S", 0.2)
    async with answering(home, never) as asked:
        assert await why_silent(asked) == "the console did not answer within 0.2 s"


async def test_only_so_many_are_asked_at_once_and_the_others_wait_their_turn(home: Path) -> None:
    at_once = most = 0

    async def behaviour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.02)
        at_once -= 1
        await saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")(reader, writer)

    async with answering(home, behaviour) as asked:
        replies = await asyncio.gather(
            *(asked.ask("/internal/usage", {}) for _ in range(module.WAITING))
        )
    assert [reply.status for reply in replies] == [200] * module.WAITING
    assert most == module.AT_ONCE


async def test_more_than_may_wait_are_refused_at_once_and_later_ones_are_not(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WITHIN_S", 0.5)
    async with answering(home, never) as asked:
        waiting = [asyncio.create_task(why_silent(asked)) for _ in range(module.WAITING)]
        await asyncio.sleep(0)
        assert "asked too much at once" in await why_silent(asked)
        assert all("did not answer" in why for why in await asyncio.gather(*waiting))
        assert "did not answer" in await why_silent(asked)
