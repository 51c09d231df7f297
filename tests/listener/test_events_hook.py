"""Who is told of events, when, and what happens if nobody listens."""

import asyncio
import json
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.command_line import wait_until
from support.hook_receiver import HookReceiver, respond
from support.installation import free_port
from support.running_listener import RunningListener

from tallygate.domain.clock import ManualClock
from tallygate.domain.errors import InputError
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.ledger.entry import Entry
from tallygate.listener import events_hook
from tallygate.listener.events_hook import EventsHook
from tallygate.settings import Settings

SECRET = "se cret&=é"


@pytest.fixture
def receiver() -> Iterator[HookReceiver]:
    with HookReceiver() as running:
        yield running


class Bench:
    """A ledger with a hook, and a clock that stands still."""

    def __init__(self, home: Path, url: str) -> None:
        self.clock = ManualClock.at(1_709_208_000)
        settings = Settings(home=home, events_hook=url, events_hook_secret=SECRET)
        self._runner = asyncio.Runner()
        self.ledger = EmbeddedLedger.open(settings, self.clock)
        self.hook = EventsHook(self.ledger, settings)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)

    def look(self) -> bool:
        return bool(self.run(self.hook.look()))

    def traffic(self, application: str = "a") -> None:
        self.ledger.record([Entry("1", application, self.clock.now_ms(), (("hits", 1),))])
        self.ledger.flush()

    def close(self) -> None:
        self.ledger.close()
        self._runner.close()


@pytest.fixture
def bench(home: Path, receiver: HookReceiver) -> Iterator[Bench]:
    made = Bench(home, f"{receiver.url}/hook?a=b")
    yield made
    made.close()


def test_the_hook_is_told_with_a_form_that_holds_the_secret(
    bench: Bench, receiver: HookReceiver
) -> None:
    bench.traffic()
    assert bench.look()
    (told,) = receiver.told
    assert (told.method, told.path) == ("POST", "/hook?a=b")
    assert told.headers["content-type"] == "application/x-www-form-urlencoded"
    assert told.body == "secret=se+cret%26%3D%C3%A9"


def test_the_hook_is_told_once_a_minute_as_long_as_there_are_events(
    bench: Bench, receiver: HookReceiver
) -> None:
    """However many come; and not at all when there are none."""
    assert not bench.look()
    bench.traffic()
    assert [bench.look() for _ in range(3)] == [True, False, False]
    bench.clock.advance(59)
    bench.traffic("b")
    assert not bench.look()
    bench.clock.advance(1)
    assert [bench.look(), bench.look()] == [True, False]
    bench.clock.advance(60)
    bench.run(bench.ledger.delete_events(1, 4))
    assert not bench.look()
    bench.traffic("c")
    assert bench.look()
    assert len(receiver.told) == 3


def test_a_clock_that_jumps_back_does_not_silence_the_hook(bench: Bench) -> None:
    bench.traffic()
    assert bench.look()
    bench.clock.advance(-3_600)
    assert bench.look()


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_hook_that_refuses_is_told_again_a_minute_later(
    bench: Bench, receiver: HookReceiver, status: int
) -> None:
    """A redirect is not followed."""
    receiver.answer = lambda handler: respond(handler, status, location=f"{receiver.url}/other")
    bench.traffic()
    assert bench.look()
    bench.clock.advance(60)
    assert bench.look()
    assert [told.path for told in receiver.told] == ["/hook?a=b"] * 2


def test_a_hook_that_is_not_there_does_no_harm(home: Path) -> None:
    bench = Bench(home, f"http://127.0.0.1:{free_port()}")
    bench.traffic()
    assert bench.look()
    bench.close()


def test_a_hook_that_hangs_holds_up_nothing(
    bench: Bench, receiver: HookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event loop goes on meanwhile, and in the end it is given up."""
    monkeypatch.setattr(events_hook, "TIMEOUT_S", 0.2)
    released = threading.Event()
    receiver.answer = lambda handler: released.wait(20) and respond(handler, 200)
    bench.traffic()

    async def run() -> int:
        looking = asyncio.ensure_future(bench.hook.look())
        turns = 0
        while not looking.done():
            turns += 1
            await asyncio.sleep(0.001)
        return turns

    assert bench.run(run()) > 10
    released.set()


@pytest.mark.parametrize(
    "url", ["ftp://example.org", "example.org", "http://", "file:///etc/passwd", "http://[", "x:y"]
)
def test_a_url_that_cannot_be_called_is_refused_at_the_start(home: Path, url: str) -> None:
    with (
        EmbeddedLedger.open(Settings(home=home), ManualClock.at(0)) as ledger,
        pytest.raises(InputError, match="TALLYGATE_EVENTS_HOOK"),
    ):
        EventsHook(ledger, Settings(home=home, events_hook=url))


@pytest.mark.service
def test_a_running_listener_tells_the_hook_by_itself(home: Path, receiver: HookReceiver) -> None:
    """And stops at once although the hook hangs."""
    released = threading.Event()
    receiver.answer = lambda handler: released.wait(30) and respond(handler, 200)
    own = RunningListener(home, events_hook=receiver.url, events_hook_secret="s")
    own.service("2", "2")
    own.start()
    try:
        app = own.application()
        assert own.authrep(f"{app.by_id}&usage[hits]=1").status == 200
        wait_until(lambda: receiver.told, "the hook was not told")
        assert receiver.told[0].body == "secret=s"
        assert own.authrep(f"{app.by_id}&usage[hits]=1").status == 200
        events = json.loads(own.request("GET", "/internal/events/").body)["events"]
        assert [event["type"] for event in events] == ["first_traffic", "first_daily_traffic"]
        assert own.process.stop() == 0
    finally:
        released.set()
        own.close()
