"""Reports are counted once, whatever fails on the way."""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.faulty_proxy import FaultyProxy
from support.running_listener import RunningListener

from tallygate.client import Client, sender
from tallygate.client import part as files

pytestmark = pytest.mark.service

Make = Callable[..., Client]


def test_a_report_is_counted_with_its_usage_code_and_time(
    listener: RunningListener, make: Make
) -> None:
    """Usage, response code and the time of the call arrive as they were given."""
    app, client = listener.application("1"), make()
    at_s = time.time() - 100
    assert client.report(user_key=app.user_key, usage={"child": 3}, response_code=404, time_s=at_s)
    assert client.flush()
    (entry,) = listener.entries(app)
    assert dict(entry.usage) == {"12": 3, "11": 3}
    assert entry.code == 404
    assert entry.time_ms == round(at_s * 1000)
    assert (client.figures.spooled, client.figures.sent) == (1, 1)


def test_an_application_may_be_named_by_its_id(listener: RunningListener, make: Make) -> None:
    app, client = listener.application("2", keys=["secret"]), make(product="2")
    client.report(app_id=app.id, usage={"hits": 2})
    assert client.flush()
    assert listener.counted(app) == 2


def test_reports_are_sent_by_themselves(listener: RunningListener, make: Make) -> None:
    """Nobody needs to flush: within moments a report is counted."""
    app, client = listener.application("1"), make()
    client.report(user_key=app.user_key, usage={"hits": 1})
    wait_until(lambda: listener.counted(app) == 1)


def test_when_the_answer_is_lost_a_report_is_sent_again_and_counted_once(
    listener: RunningListener, make: Make
) -> None:
    """The listener counts, the answer does not arrive, the client sends again: counted once."""
    app = listener.application("1")
    with FaultyProxy(listener.port) as network:
        client = make(listener=network.url)
        network.mode = "lose_answers"
        for _ in range(10):
            client.report(user_key=app.user_key, usage={"hits": 1})
        assert not client.flush(1)
        assert listener.counted(app) == 10
        assert client.figures.failures > 0
        network.mode = "pass"
        assert client.flush()
    assert listener.counted(app) == 10
    assert client.figures.duplicates == 10
    assert client.figures.sent == 0


def test_what_waits_while_tallygate_is_away_is_counted_when_it_is_back(
    listener: RunningListener, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """An outage is told once, holds nothing up, and its end is told too; then all is counted."""
    app = listener.application("1")
    client = make()
    listener.process.kill()
    with caplog.at_level(logging.WARNING, "tallygate"):
        for _ in range(2_000):
            assert client.report(user_key=app.user_key, usage={"hits": 1})
        assert not client.flush(0.5)
        listener.start()
        assert client.flush()
    assert listener.counted(app) == client.figures.sent == 2_000
    told = [record.message for record in caplog.records]
    assert len([each for each in told if "wait on disk" in each]) == 1
    assert told[-1] == "reports are delivered again"


def test_a_report_that_tallygate_refuses_is_told_and_holds_nothing_up(
    listener: RunningListener, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a batch with wrong reports the right ones count, the others are counted as lost, by reason."""
    app, client = listener.application("1"), make()
    client.report(user_key=app.user_key, usage={"hits": 1})
    client.report(user_key="nobody", usage={"hits": 1})
    client.report(user_key=app.user_key, usage={"hitz": 1})
    client.report(user_key=app.user_key, usage={"hits": 1}, time_s=time.time() - 100_000)
    client.report(user_key=app.user_key, usage={"hits": 1}, report_id="same")
    client.report(user_key=app.user_key, usage={"hits": 2}, report_id="same")
    with caplog.at_level(logging.WARNING, "tallygate"):
        assert client.flush()
    assert listener.counted(app) == 2
    assert client.figures.sent == 2
    assert client.figures.lost == {
        "user_key_invalid": 1, "metric_invalid": 1, "transaction_timestamp_too_old": 1, "id_conflict": 1,
    }  # fmt: skip
    assert 'user key "nobody" is invalid' in caplog.text


def test_with_a_wrong_token_reports_wait(
    listener: RunningListener, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong service token loses nothing: the reports are counted as soon as somebody gives the right one."""
    app = listener.application("1")
    wrong = make(token="wrong")
    wrong.report(user_key=app.user_key, usage={"hits": 1})
    with caplog.at_level(logging.WARNING, "tallygate"):
        assert not wrong.flush(0.3)
    assert "service_token_invalid" in caplog.text
    wrong.close(0)
    right = make()
    wait_until(lambda: right.flush() and listener.counted(app) == 1)


def test_on_a_full_disk_of_tallygate_reports_wait(listener: RunningListener, make: Make) -> None:
    """What the listener cannot write it says so of, and it is sent again."""
    from support.full_disk import full_disk

    app, client = listener.application("1"), make()
    with full_disk(listener):
        client.report(user_key=app.user_key, usage={"hits": 1})
        assert not client.flush(0.5)
    assert client.flush()
    assert listener.counted(app) == 1


def test_a_report_of_a_clock_that_goes_ahead_waits(listener: RunningListener, make: Make) -> None:
    """What Tallygate takes for the future is neither lost nor sent without pause."""
    app, client = listener.application("1"), make()
    client.report(user_key=app.user_key, usage={"hits": 1}, time_s=time.time() + 3_605)
    client.report(user_key=app.user_key, usage={"hits": 1})
    assert not client.flush(0.5)
    assert listener.counted(app) == 1
    assert not client.figures.lost


def test_a_batch_that_is_too_large_for_somebody_is_sent_in_halves(
    listener: RunningListener, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More lines than the listener takes at once are counted all the same, each once."""
    monkeypatch.setattr(sender, "BATCH_LINES", 150_000)
    monkeypatch.setattr(sender, "BATCH_BYTES", 64 * 1024 * 1024)
    monkeypatch.setattr("tallygate.client.spool.SEGMENT_BYTES", 64 * 1024 * 1024)
    app, client = listener.application("1"), make(send_every_s=30)
    for _ in range(100_001):
        client.report(user_key=app.user_key, usage={"hits": 1})
    assert client.flush(60)
    assert listener.counted(app) == client.figures.sent == 100_001


def test_what_was_spooled_six_days_ago_is_told_as_lost(
    listener: RunningListener, make: Make, tmp_path: Path
) -> None:
    """Tallygate might have counted it and forgotten the id since: it is not sent any more."""
    app = listener.application("1")
    client = make(listener="http://127.0.0.1:9")
    client.report(user_key=app.user_key, usage={"hits": 1})
    client.close(0)
    (folder,) = (tmp_path / "spool").iterdir()
    (part,) = files.parts(folder)
    (segment,) = part.glob("*.ndjson")
    os.utime(segment, (0, time.time() - sender.TOO_OLD_S - 1))
    later = make(listener="http://127.0.0.1:9")
    wait_until(lambda: later.figures.lost == {"too_old": 1})


def test_damaged_lines_are_told_as_lost(
    listener: RunningListener, make: Make, tmp_path: Path
) -> None:
    """What a power cut made of the end of a file is passed over, and counted as lost."""
    app = listener.application("1")
    client = make(send_every_s=30)
    client.report(user_key=app.user_key, usage={"hits": 1})
    (folder,) = (tmp_path / "spool").iterdir()
    (part,) = files.parts(folder)
    (segment,) = part.glob("*.ndjson")
    with segment.open("ab") as file:
        file.write(b"\0\0\0\0\n" + b'{"service_id":"1","user_key":"k","usa\0\0\n')
    assert client.flush()
    assert listener.counted(app) == 1
    assert client.figures.lost == {"unreadable": 1, "bad_request": 1}


def test_a_successor_sends_what_a_process_left_behind(
    listener: RunningListener, make: Make
) -> None:
    """What a process that has ended could not deliver, the next one of the application delivers."""
    app = listener.application("1")
    with FaultyProxy(listener.port) as network:
        network.mode = "hang"
        first = make(listener=network.url)
        first.report(user_key=app.user_key, usage={"hits": 1})
        first.close(0)
        network.mode = "pass"
        second = make(listener=network.url)
        wait_until(lambda: listener.counted(app) == 1)
        assert second.figures.sent == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"usage": {"hits": 1}}, "user_key or an app_id"),
        ({"user_key": "k", "usage": {}}, "whole numbers"),
        ({"user_key": "k", "usage": {"hits": -1}}, "whole numbers"),
        ({"user_key": "k", "usage": {"hits": 1.5}}, "whole numbers"),
        ({"user_key": "k", "usage": {"hits": True}}, "whole numbers"),
        ({"user_key": "k", "usage": {"hits": 1}, "response_code": 99}, "100 to 599"),
    ],
)
def test_what_would_be_refused_is_told_at_once(
    make: Make, given: dict[str, object], said: str
) -> None:
    """A report that can never count is an error where it is made."""
    with pytest.raises(ValueError, match=said):
        make().report(**given)


def wait_until(done: Callable[[], object], within_s: float = 20) -> None:
    give_up_at = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)
