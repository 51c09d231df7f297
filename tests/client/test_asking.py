"""Whether a call may pass: what the client says is what Tallygate says, and while that is away, what the settings say."""

import asyncio
import logging
import time
from collections.abc import Callable

import pytest
from support.faulty_proxy import FaultyProxy
from support.running_listener import RunningListener

from tallygate.client import Answer, Client, Limit

pytestmark = pytest.mark.service

Make = Callable[..., Client]


def test_a_call_within_its_limits_may_pass(listener: RunningListener, make: Make) -> None:
    """Authorize says yes with the limit that leaves least room, and counts nothing."""
    app, client = listener.application("1", limits={("hits", "day"): 5}), make()
    answer = client.authorize(user_key=app.user_key, usage={"hits": 1})
    assert answer.authorized
    assert not answer.away
    assert answer.limit is not None
    assert answer.limit[:2] == (5, 5)
    assert 0 < answer.limit.reset_s <= 86_400
    assert listener.counted(app) == 0


def test_authrep_counts_up_to_the_limit_exactly(listener: RunningListener, make: Make) -> None:
    """With a limit of 3, three calls pass and are counted; the fourth is denied for it."""
    app, client = listener.application("1", limits={("hits", "eternity"): 3}), make()
    found = [client.authrep(user_key=app.user_key, usage={"hits": 1}) for _ in range(4)]
    assert [each.authorized for each in found] == [True, True, True, False]
    assert found[3].limited
    assert found[3].limit == Limit(3, 0, -1)
    assert listener.counted(app) == 3


def test_an_application_id_goes_with_its_key(listener: RunningListener, make: Make) -> None:
    app, client = listener.application("2", keys=["secret"]), make(product="2")
    assert client.authorize(app_id=app.id, app_key="secret").authorized
    assert client.authorize(app_id=app.id, app_key="wrong").reason == "application_key_invalid"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"user_key": "nobody"}, "user_key_invalid"),
        ({}, "user_key_invalid"),
        ({"user_key": "nobody", "app_id": "x"}, "authentication_error"),
    ],
)
def test_who_is_not_known_may_not_pass(make: Make, given: dict[str, str], reason: str) -> None:
    assert make().authorize(**given) == Answer(False, reason)


def test_a_wrong_service_token_is_told_to_whoever_runs_the_application(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """That everybody is refused for a mistake of the set-up stands in the log."""
    with caplog.at_level(logging.WARNING, "tallygate"):
        assert make(token="wrong").authorize(user_key="x").reason == "service_token_invalid"
    assert "service_token_invalid" in caplog.text


def test_an_answer_that_is_lost_does_not_count_twice(listener: RunningListener, make: Make) -> None:
    """authrep is counted, its answer breaks off: the call may pass, and what is spooled for it is not counted again."""
    app = listener.application("1")
    with FaultyProxy(listener.port) as network:
        client = make(listener=network.url)
        network.mode = "lose_answers"
        assert client.authrep(user_key=app.user_key, usage={"hits": 1}) == Answer(True, away=True)
        assert listener.counted(app) == 1
        network.mode = "pass"
        assert client.flush()
    assert listener.counted(app) == 1
    assert client.figures.duplicates == 1


def test_while_tallygate_is_away_calls_pass_and_are_counted_later(
    listener: RunningListener, make: Make
) -> None:
    app = listener.application("1")
    with FaultyProxy(listener.port) as network:
        client = make(listener=network.url, timeout_s=0.2)
        network.mode = "hang"
        found = [client.authrep(user_key=app.user_key, usage={"hits": 2}) for _ in range(10)]
        assert found == [Answer(True, away=True)] * 10
        network.mode = "pass"
        assert client.flush(40)
    assert listener.counted(app) == 20


def test_fail_closed_denies_and_counts_nothing(listener: RunningListener, make: Make) -> None:
    app = listener.application("1")
    client = make(listener="http://127.0.0.1:9", when_away="deny")
    assert client.authrep(user_key=app.user_key, usage={"hits": 1}) == Answer(
        False, "away", away=True
    )
    assert client.authorize(user_key=app.user_key) == Answer(False, "away", away=True)
    assert client.figures.spooled == 0


def test_an_outage_costs_few_calls_time_and_its_end_is_noticed(
    listener: RunningListener, make: Make
) -> None:
    """Of calls to somebody who hangs one waits, the others do not; once it is back, answers are its own again."""
    app = listener.application("1")
    with FaultyProxy(listener.port) as network:
        client = make(listener=network.url, timeout_s=0.3)
        network.mode = "hang"
        asked: list[int] = []
        client._asking.request = _counting(client._asking.request, asked)  # type: ignore[method-assign]
        for _ in range(200):
            assert client.authorize(user_key=app.user_key).away
        assert len(asked) <= 2
        network.mode = "pass"
        give_up_at = time.monotonic() + 20
        while client.authorize(user_key=app.user_key).away:
            assert time.monotonic() < give_up_at
            time.sleep(0.05)


def _counting(request: Callable[..., object], asked: list[int]) -> Callable[..., object]:
    def counted(*given: object) -> object:
        asked.append(1)
        return request(*given)

    return counted


def test_a_connection_that_tallygate_has_closed_is_no_outage(
    listener: RunningListener, make: Make
) -> None:
    """A kept connection of before a restart is replaced without a word."""
    app, client = listener.application("1"), make()
    assert not client.authorize(user_key=app.user_key).away
    listener.process.kill()
    listener.start()
    assert client.authorize(user_key=app.user_key) == Answer(True)


def test_a_job_is_counted_with_how_it_ended(listener: RunningListener, make: Make) -> None:
    """A decorated function is counted with 200 when it returns, with 500 when it raises, and raises all the same."""
    app, client = listener.application("1"), make()

    @client.counted({"hits": 1}, user_key=app.user_key)
    def job(fail: bool) -> str:
        """What it does."""
        if fail:
            raise KeyError("it failed")
        return "done"

    @client.counted({"hits": 1}, user_key=app.user_key)
    async def async_job() -> str:
        await asyncio.sleep(0)
        return "done"

    assert (job(False), asyncio.run(async_job())) == ("done", "done")
    assert job.__doc__ == "What it does."
    with pytest.raises(KeyError, match="it failed"):
        job(True)
    with client.counting({"hits": 1}, user_key=app.user_key) as usage:
        usage["other"] = 7
    assert client.flush()
    assert sorted(entry.code for entry in listener.entries(app)) == [200, 200, 200, 500]
    assert (listener.counted(app), listener.counted(app, "other")) == (4, 7)


@pytest.mark.parametrize(
    "url", ["localhost:3001", "ftp://x", "http://", "http://x/?a=b", "http://x:y"]
)
def test_an_address_that_is_none_is_told_at_once(make: Make, url: str) -> None:
    with pytest.raises(ValueError):
        make(listener=url)
