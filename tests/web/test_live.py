"""Streams of events: what comes, when they end, and how many there may be."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.middleware.gzip import GZipMiddleware
from django.test import RequestFactory

from tallygate.domain.errors import HistoryUnavailable
from tallygate.web import live, runtime
from tallygate.web.live import Event, stream

pytestmark = pytest.mark.usefixtures("django_home")

RETRY = b"retry: 5000\n\n"


def two() -> Iterator[Event | None]:
    yield Event("count", {"value": 1})
    yield None
    yield Event("count", {"value": 2})


def chunks_of(answer: HttpResponseBase) -> list[bytes]:
    assert isinstance(answer, StreamingHttpResponse)
    found = [bytes(chunk) for chunk in answer]
    answer.close()
    return found


def test_events_come_as_they_are_made_and_nothing_holds_them_back() -> None:
    """Not compression either, which collects what it compresses."""

    def view(_: object) -> HttpResponseBase:
        return stream(two)

    given = RequestFactory().get("/", headers={"accept-encoding": "gzip"})
    answer = GZipMiddleware(view)(given)  # type: ignore[arg-type]
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert chunks_of(answer) == [
        RETRY,
        b'event: count\ndata: {"value":1}\n\n',
        b'event: count\ndata: {"value":2}\n\n',
    ]


def test_more_than_there_are_places_for_are_told_to_come_again() -> None:
    """Whoever leaves makes room, also before the first event; leaving twice makes room once."""
    places = settings.TALLYGATE.console_streams
    held = [stream(two) for _ in range(places)]
    refused = stream(two)
    assert isinstance(refused, HttpResponse)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    for answer in held:
        answer.close()
        answer.close()
    again = [stream(two) for _ in range(places)]
    assert stream(two).status_code == 503
    for answer in again:
        chunks_of(answer)


def test_a_sign_of_life_is_given_while_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it is noticed when the watcher has gone."""
    monkeypatch.setattr(live, "HEARTBEAT_S", 0)
    assert chunks_of(stream(lambda: iter([None, Event("x", 1)]))) == [
        RETRY,
        b":\n\n",
        b"event: x\ndata: 1\n\n",
    ]


def test_a_stream_ends_after_a_while_so_that_the_watchers_rights_are_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "LASTS_S", 0)
    assert chunks_of(stream(two)) == [RETRY]


def test_streams_end_when_the_console_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_stopping", True)
    assert chunks_of(stream(two)) == [RETRY]


def test_what_fails_is_told_and_ends_the_stream() -> None:
    def produce() -> Iterator[Event | None]:
        yield Event("x", 1)
        raise HistoryUnavailable("no")

    assert chunks_of(stream(produce))[1:] == [
        b"event: x\ndata: 1\n\n",
        b'event: failed\ndata: "no"\n\n',
    ]
