"""Deleting what was counted of a service, over HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.internal_api import InternalClient
from support.running_listener import App, RunningListener

pytestmark = pytest.mark.service

LIMITS = {("hits", "eternity"): 5}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[RunningListener]:
    """A listener that may be killed; checkpoints come often."""
    running = RunningListener(tmp_path, checkpoint_s="1")
    running.start()
    yield running
    running.close()


def used(listener: RunningListener, app: App) -> int:
    return listener.authorize(app.by_id).values["hits", "eternity"]


def test_limits_begin_at_zero_again_and_others_stay(
    listener: RunningListener, internal: InternalClient
) -> None:
    mine = listener.application(listener.service("6201"), limits=LIMITS)
    other = listener.application(listener.service("6202"), limits=LIMITS)
    for app in (mine, other):
        assert listener.authrep(f"{app.by_id}&usage[hits]=5").status == 200
    assert listener.authrep(f"{mine.by_id}&usage[hits]=1").status == 409
    assert internal.text("DELETE", "/services/6201/stats") == (200, '{"status":"to_be_deleted"}')
    assert (used(listener, mine), used(listener, other)) == (0, 5)
    assert listener.authrep(f"{mine.by_id}&usage[hits]=2").status == 200
    assert used(listener, mine) == 2


def test_an_unknown_service_is_told_and_so_is_a_slash_at_the_end(
    listener: RunningListener, internal: InternalClient
) -> None:
    missing = {"status": "not_found", "error": "service not found"}
    assert internal.delete("/services/6299/stats") == (404, missing)
    listener.service("6203")
    assert internal.delete("/services/6203/stats/")[0] == 404


def test_deleting_the_service_itself_leaves_what_was_counted(
    listener: RunningListener, internal: InternalClient
) -> None:
    app = listener.application(listener.service("6204"), limits=LIMITS)
    listener.service("6205")
    assert listener.authrep(f"{app.by_id}&usage[hits]=3").status == 200
    assert internal.delete("/services/6204")[0] == 200
    listener.service("6204")
    again = listener.application("6204", limits=LIMITS, application_id=app.id)
    assert used(listener, again) == 3


def test_what_is_forgotten_stays_forgotten_over_kills(own: RunningListener) -> None:
    app = own.application(own.service("7"), limits=LIMITS)
    internal = InternalClient(own)
    for _ in range(5):
        assert own.authrep(f"{app.by_id}&usage[hits]=3").status == 200
        assert internal.delete("/services/7/stats")[0] == 200
        assert own.authrep(f"{app.by_id}&usage[hits]=1").status == 200
        own.process.kill()
        own.start()
        assert used(own, app) == 1
        assert internal.delete("/services/7/stats")[0] == 200
        own.process.kill()
        own.start()
        assert used(own, app) == 0


def forget(listener: RunningListener, service_id: str, token: str) -> tuple[int, object]:
    path = f"/internal/services/{service_id}/forget"
    answer = listener.request("POST", path, b"", authorization=f"Bearer {token}")
    return answer.status, json.loads(answer.body)


def test_a_command_of_this_home_may_forget_a_service_that_is_deleted_already(
    listener: RunningListener, internal: InternalClient
) -> None:
    app = listener.application(listener.service("6206"), limits=LIMITS)
    assert listener.authrep(f"{app.by_id}&usage[hits]=3").status == 200
    assert internal.delete("/services/6206")[0] == 200
    assert forget(listener, "6206", "wrong")[0] == 401
    assert forget(listener, "6206", listener.internal_token) == (200, {"status": "to_be_deleted"})
    listener.service("6206")
    again = listener.application("6206", limits=LIMITS, application_id=app.id)
    assert used(listener, again) == 0
