"""A disk that takes no more: what is refused, what goes on, and that nothing is counted that was not acknowledged."""

import json

import pytest
from support.full_disk import full_disk
from support.running_listener import Answer, RunningListener, error_body

pytestmark = pytest.mark.service


@pytest.mark.parametrize("listener", ["embedded"], indirect=True)
def test_what_cannot_be_made_durable_is_refused_and_taken_back(listener: RunningListener) -> None:
    """All that counts answers 503 with the reason, authorize goes on, and afterwards all is as it was: ids are free too."""
    app = listener.application(limits={("hits", "eternity"): 7})
    call = f"{app.by_id}&usage[hits]=1"
    hit = json.dumps(
        {"application": app.id, "time_ms": 0, "usage": {"hits": 1}, "id": "disk"}
    ).encode()
    item = json.dumps({"app_id": app.id, "usage": {"hits": 1}, "id": "item"}).encode()
    wrong = json.dumps({"app_id": app.id, "usage": {"nope": 1}}).encode()
    reason = "nothing was counted, try again later: File too large"

    def post(body: bytes) -> Answer:
        kind = "application/x-ndjson"
        return listener.request("POST", f"/usage?{app.by_id}", body, content_type=kind)

    def once() -> Answer:
        path = f"/transactions/authrep.xml?{call}"
        return listener.request("GET", path, **{"idempotency-key": f"disk-{app.id}"})

    assert listener.authrep(call).status == 200
    with full_disk(listener):
        for _ in range(3):
            answer = listener.authrep(call)
            assert (answer.status, answer.body) == (503, error_body("unavailable", reason))
            assert listener.report_of(app, {"usage][hits": "1"}).status == 503
            assert listener.backfill(app.service, hit).status == 503
            assert (once().status, once().body) == (503, error_body("unavailable", reason))
            refused = post(item + b"\n" + wrong + b"\n" + item)
            codes = [json.loads(line)["code"] for line in refused.body.splitlines()]
            assert (refused.status, codes) == (
                503,
                ["unavailable", "metric_invalid", "unavailable"],
            )
        assert listener.authorize(call).values["hits", "eternity"] == 1
        assert listener.authrep(app.by_id).status == 200
        no_body = listener.authrep(call, "no_body=1")
        assert (no_body.status, no_body.body) == (503, "")
    assert [listener.authrep(call).status for _ in range(3)] == [200, 200, 200]
    assert json.loads(listener.backfill(app.service, hit).body)["accepted"] == 1
    assert "idempotent-replayed" not in once().headers
    assert json.loads(post(item).body) == {"status": "accepted"}
    assert listener.authrep(call).status == 409
    assert listener.counted(app) == 7
