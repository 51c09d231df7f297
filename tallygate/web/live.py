"""Pages that move by themselves: server-sent events, each stream on a thread of its own.

what happens                        behaviour
too many watch already              503 with Retry-After; the page asks now and then instead
the watcher leaves                  noticed with the next event, or the next sign of life, HEARTBEAT_S at most
the watcher's rights end            a stream lasts LASTS_S; the page asks for the next, and is refused
the console stops                   streams end; the page comes again by itself
the producer fails                  the stream ends with the event `failed`; the log has the reason
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any, Final, NamedTuple

import msgspec
import structlog
from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from tallygate.domain.errors import TallygateError
from tallygate.web import runtime

log = structlog.get_logger(__name__)

HEARTBEAT_S: Final = 10.0
LASTS_S: Final = 300.0
RETRY_S: Final = 5

_places = threading.BoundedSemaphore(settings.TALLYGATE.console_streams)


class Event(NamedTuple):
    """What a page is told.

    Attributes:
        name: What kind of event it is, for the page's script.
        data: Written as JSON.
    """

    name: str
    data: Any


Producer = Callable[[], Iterator[Event | None]]
"""Gives events as they come, and None about every second when there is none, so that the stream can end in time.

It may raise TallygateError: then the stream ends.
"""


def stream(produce: Producer) -> HttpResponseBase:
    """The answer that tells of events as they come; 503 if too many are being told already."""
    if not _places.acquire(blocking=False):
        return HttpResponse(
            "Too many pages are live at once", status=503, headers={"Retry-After": str(RETRY_S)}
        )
    return StreamingHttpResponse(
        _Stream(produce),
        content_type="text/event-stream",
        # What is compressed, or kept back by a proxy, is not live.
        headers={
            "Cache-Control": "no-store",
            "Content-Encoding": "identity",
            "X-Accel-Buffering": "no",
        },
    )


class _Stream:
    """The bytes of one stream. It holds a place until it is closed."""

    def __init__(self, produce: Producer) -> None:
        self._chunks = _chunks(produce)
        self._holds_place = True

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)

    def close(self) -> None:
        self._chunks.close()
        if self._holds_place:
            self._holds_place = False
            _places.release()


def _chunks(produce: Producer) -> Generator[bytes]:
    begun_s = told_s = time.monotonic()
    yield f"retry: {RETRY_S * 1000}\n\n".encode()
    try:
        for event in produce():
            now_s = time.monotonic()
            if runtime.stopping() or now_s - begun_s > LASTS_S:
                return
            if event is not None:
                yield _written(event)
                told_s = now_s
            elif now_s - told_s > HEARTBEAT_S:
                yield b":\n\n"
                told_s = now_s
    except TallygateError as error:
        log.warning("a live page has ended", reason=str(error))
        yield _written(Event("failed", str(error)))


def _written(event: Event) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (event.name.encode(), msgspec.json.encode(event.data))
