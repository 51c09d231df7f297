"""POST /usage, on the wire."""

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.running_listener import Answer, App, RunningListener

from tallygate.registry.records import Service

pytestmark = pytest.mark.service

JSON, LINES = "application/json", "application/x-ndjson"
BY_KEY = "provider_key=pk&service_id=2"
ACCEPTED, DUPLICATE = {"status": "accepted"}, {"status": "duplicate"}


@pytest.fixture
def app(listener: RunningListener) -> App:
    return listener.application(limits={("hits", "eternity"): 10**9})


def post(
    listener: RunningListener,
    body: object,
    kind: str | None = JSON,
    query: str = BY_KEY,
    **headers: str,
) -> Answer:
    """A body of bytes as it is, a list in lines if these are wanted, anything else as JSON."""
    if isinstance(body, bytes):
        data = body
    elif kind == LINES:
        assert isinstance(body, list)
        data = b"\n".join(
            each if isinstance(each, bytes) else json.dumps(each).encode() for each in body
        )
    else:
        data = json.dumps(body).encode()
    return listener.request("POST", f"/usage?{query}", data, content_type=kind, **headers)


def told(answer: Answer) -> Any:
    """The answer's JSON; a list for lines."""
    if answer.headers["content-type"] == LINES:
        return [json.loads(line) for line in answer.body.splitlines()]
    assert answer.headers["content-type"] == JSON
    return json.loads(answer.body)


def item(app: App, **given: Any) -> dict[str, Any]:
    return {"app_id": app.id, "usage": {"hits": 1}, **given}


def code_of(answer: Answer) -> tuple[int, str]:
    found = told(answer)
    assert found["status"] in ("error", "conflict")
    assert found["message"]
    return answer.status, found["code"]


class TestForms:
    def test_one_object_is_answered_with_its_result(
        self, listener: RunningListener, app: App
    ) -> None:
        """Durable, at its own time, rolled up to the ancestors."""
        at_s = int(time.time()) - 3_600
        given = item(app, usage={"deep": 2}, timestamp=at_s, response_code=404, id=app.id)
        answer = post(listener, given, "application/json; charset=utf-8")
        assert (answer.status, told(answer)) == (200, ACCEPTED)
        (entry,) = listener.entries(app)
        assert sorted(entry.usage) == [("21", 2), ("22", 2), ("23", 2)]
        assert (entry.time_ms, entry.code, entry.id) == (at_s * 1000, 404, app.id)
        assert listener.authorize(app.by_id).values["hits", "eternity"] == 2

    def test_an_array_is_answered_with_a_result_for_each_in_order_and_their_sums(
        self, listener: RunningListener, app: App
    ) -> None:
        """What is right counts although the rest is wrong."""
        first = item(app, id=f"{app.id}-1")
        answer = post(
            listener, [first, item(app, app_id="nobody"), first, {**first, "usage": {"hits": 2}}, 5]
        )
        found = told(answer)
        statuses = [each["status"] for each in found["results"]]
        assert answer.status == 207
        assert statuses == ["accepted", "error", "duplicate", "conflict", "error"]
        assert found["results"][1] == {
            "status": "error",
            "code": "application_not_found",
            "message": 'application with id="nobody" was not found',
        }
        assert found["results"][3]["code"] == "id_conflict"
        assert {name: found[name] for name in ("accepted", "duplicate", "conflict", "error")} == {
            "accepted": 1, "duplicate": 1, "conflict": 1, "error": 2,
        }  # fmt: skip
        assert listener.counted(app) == 1

    @pytest.mark.parametrize("kind", [LINES, "application/ndjson", "application/jsonl"])
    def test_lines_are_answered_with_a_line_for_each(
        self, listener: RunningListener, app: App, kind: str
    ) -> None:
        """Blank lines are passed over, and so is the end of the last line."""
        lines = [json.dumps(item(app)), "", "nonsense", "   ", json.dumps(item(app)), ""]
        answer = post(listener, "\r\n".join(lines).encode(), kind)
        assert answer.status == 207
        assert [each["status"] for each in told(answer)] == ["accepted", "error", "accepted"]
        assert listener.counted(app) == 2

    @pytest.mark.parametrize(("body", "kind"), [([], JSON), (b"", LINES), (b"\n \n", LINES)])
    def test_nothing_is_counted_of_nothing(
        self, listener: RunningListener, body: object, kind: str
    ) -> None:
        assert post(listener, body, kind).status == 200

    def test_when_all_are_wrong_the_status_is_that_of_the_first(
        self, listener: RunningListener, app: App
    ) -> None:
        """So that a sender who looks at the status alone learns it."""
        wrong = [item(app, usage={"nope": 1}), item(app, app_id=None)]
        assert post(listener, wrong).status == 404
        assert post(listener, wrong[::-1], LINES).status == 404
        assert post(listener, [item(app, usage={"hits": -1}), *wrong], LINES).status == 403

    @pytest.mark.parametrize(
        "kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/xml"]
    )
    def test_another_type_is_refused(self, listener: RunningListener, kind: str | None) -> None:
        assert code_of(post(listener, b"{}", kind)) == (400, "content_type_invalid")


class TestItems:
    @pytest.mark.parametrize(
        ("change", "status", "code"),
        [
            ({"app_id": "nobody"}, 404, "application_not_found"),
            ({"app_id": None}, 404, "application_not_found"),
            ({"app_id": ""}, 404, "application_not_found"),
            ({"app_id": 5}, 400, "bad_request"),
            ({"user_key": "k"}, 403, "authentication_error"),
            ({"app_id": None, "user_key": "nobody"}, 403, "user_key_invalid"),
            ({"usage": {}}, 400, "bad_request"),
            ({"usage": None}, 400, "bad_request"),
            ({"usage": {"nope": 1}}, 404, "metric_invalid"),
            ({"usage": {"hits": -1}}, 403, "usage_value_invalid"),
            ({"usage": {"hits": 2**63}}, 403, "usage_value_invalid"),
            ({"usage": {"hits": 10**4000}}, 403, "usage_value_invalid"),
            ({"usage": {"hits": 1.5}}, 400, "bad_request"),
            ({"usage": {"hits": "1"}}, 400, "bad_request"),
            ({"usage": [1]}, 400, "bad_request"),
            ({"response_code": 99}, 400, "bad_request"),
            ({"response_code": 600}, 400, "bad_request"),
            ({"response_code": "200"}, 400, "bad_request"),
            ({"id": ""}, 400, "bad_request"),
            ({"id": "x" * 513}, 400, "bad_request"),
            ({"id": 5}, 400, "bad_request"),
            ({"timestamp": "yesterday"}, 400, "bad_request"),
            ({"timestamp": "2024-02-29T12:00:00"}, 400, "bad_request"),
            ({"timestamp": "2024-02-30T12:00:00Z"}, 400, "bad_request"),
            ({"timestamp": 0}, 400, "transaction_timestamp_too_old"),
            ({"timestamp": -1e300}, 400, "transaction_timestamp_too_old"),
            ({"timestamp": "2011-01-01T00:00:00Z"}, 400, "transaction_timestamp_too_old"),
            ({"timestamp": 1e300}, 400, "transaction_timestamp_too_new"),
            ({"timestamp": 10**30}, 400, "transaction_timestamp_too_new"),
            ({"timestamp": "9999-12-31T23:59:59Z"}, 400, "transaction_timestamp_too_new"),
            ({"timestmap": 1}, 400, "bad_request"),
            ({"service_id": "99"}, 403, "service_id_invalid"),
            ({"service_id": "20"}, 403, "service_id_invalid"),
        ],
    )
    def test_what_is_wrong_is_told_with_code_and_words(
        self, listener: RunningListener, app: App, change: dict[str, Any], status: int, code: str
    ) -> None:
        """A name that is not known is wrong too: it may be a known one that was mistyped."""
        assert code_of(post(listener, item(app, **change))) == (status, code)
        assert listener.entries(app) == []

    @pytest.mark.parametrize(
        "body",
        [b"", b"nonsense", b'"text"', b"null", b"\xff\xfe", b"{}", b"[" * 10_000, b'{"a":' * 10_000,
         b'{"app_id": "\\ud800", "usage": {"hits": 1}}', b'[{"usage": {"hits": 1}}'],
    )  # fmt: skip
    def test_what_cannot_be_read_is_told(self, listener: RunningListener, body: bytes) -> None:
        for kind in (JSON, "application/cloudevents+json", "application/cloudevents-batch+json"):
            assert code_of(post(listener, body, kind)) == (400, "bad_request")

    @pytest.mark.parametrize("form", ["number", "fraction", "utc", "offset"])
    def test_a_time_is_a_number_of_seconds_or_has_a_zone(
        self, listener: RunningListener, app: App, form: str
    ) -> None:
        """Kept to the millisecond."""
        at_s = int(time.time()) - 7_200
        moment = datetime.fromtimestamp(at_s, UTC)
        india = datetime.fromtimestamp(at_s + 19_800, UTC).strftime("%Y-%m-%dT%H:%M:%S.250+05:30")
        given = {
            "number": at_s,
            "fraction": at_s + 0.25,
            "utc": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "offset": india,
        }[form]
        assert post(listener, item(app, timestamp=given)).status == 200
        expected = at_s * 1000 + (250 if form in ("fraction", "offset") else 0)
        assert [each.time_ms for each in listener.entries(app)] == [expected]

    def test_what_is_null_or_left_out_has_its_default(
        self, listener: RunningListener, app: App
    ) -> None:
        """Now, no response code, no id; the user key names the application in any authentication mode."""
        given = dict.fromkeys(("app_id", "service_id", "timestamp", "response_code", "id"))
        sent = {**given, "user_key": app.user_key, "usage": {"hits": 0, "other": 3}}
        assert post(listener, sent).status == 200
        (entry,) = listener.entries(app)
        assert (dict(entry.usage)["24"], entry.code, entry.id) == (3, 0, "")
        assert abs(entry.time_ms / 1000 - time.time()) < 60


class TestIds:
    def test_what_is_sent_again_counts_once(self, listener: RunningListener, app: App) -> None:
        """Also as a report or call under the same id."""
        items = [item(app, id=f"{app.id}-{number}") for number in range(500)]
        assert told(post(listener, items, LINES)) == [ACCEPTED] * 500
        answer = post(listener, items, LINES)
        assert (answer.status, told(answer)) == (200, [DUPLICATE] * 500)
        assert listener.report_of(app, {"usage][hits": "1", "id": f"{app.id}-7"}).status == 202
        assert listener.counted(app) == 500

    def test_one_conflict_alone_is_409(self, listener: RunningListener, app: App) -> None:
        post(listener, item(app, id=app.id))
        assert code_of(post(listener, item(app, id=app.id, usage={"hits": 2}))) == (409, "id_conflict")  # fmt: skip


class TestCallers:
    @pytest.mark.parametrize(
        ("query", "bearer", "status", "code"),
        [
            ("", "", 403, "provider_key_or_service_token_required"),
            ("", "Basic cGs6", 403, "provider_key_or_service_token_required"),
            ("", "Bearer ", 403, "provider_key_or_service_token_required"),
            ("service_token=%20", "", 403, "provider_key_or_service_token_required"),
            ("service_id=2", "Bearer token1", 403, "service_token_invalid"),
            ("service_id=99", "Bearer token2", 403, "service_token_invalid"),
            ("service_id=2&service_token=token1", "", 403, "service_token_invalid"),
            ("", "Bearer token2", 422, "service_id_missing"),
            ("service_id=2&provider_key=nobody", "", 403, "provider_key_invalid"),
            ("service_id=99&provider_key=pk", "", 403, "service_id_invalid"),
            ("provider_key=nobody", "", 403, "provider_key_invalid_or_service_missing"),
            ("provider_key=%ff", "", 422, "not_valid_data"),
            ("service_id=%ff", "Bearer token2", 422, "not_valid_data"),
            ("a=%zz", "Bearer token2", 400, "bad_request"),
        ],
    )
    def test_who_may_not_is_told_as_everywhere(
        self, listener: RunningListener, app: App, query: str, bearer: str, status: int, code: str
    ) -> None:
        answer = post(listener, item(app), query=query, authorization=bearer)
        assert code_of(answer) == (status, code)
        assert listener.entries(app) == []

    @pytest.mark.parametrize(
        ("query", "bearer", "named"),
        [
            ("service_id=2&service_token=token2", "", None),
            ("service_id=2", "Bearer token2", None),
            ("service_id=2", "bearer  token2 ", "2"),
            ("", "Bearer token2", "2"),
            ("provider_key=pk", "", "2"),
            ("provider_key=pk&service_id=1", "", "2"),
            ("provider_key=pk&service_id=2", "Bearer wrong", None),
            ("service_id=1", "Bearer token1", None),
        ],
    )
    def test_token_and_provider_key_name_the_product_or_let_the_items_name_it(
        self, listener: RunningListener, query: str, bearer: str, named: str | None
    ) -> None:
        app = listener.application("1" if "token1" in bearer else "2")
        sent = item(app) if named is None else item(app, service_id=named)
        assert post(listener, sent, query=query, authorization=bearer).status == 200
        assert listener.counted(app) == 1

    def test_a_token_opens_its_own_product_only(self, listener: RunningListener) -> None:
        """An item for another one fails; the others count."""
        mine, other = listener.application("2"), listener.application("1")
        sent = [item(mine, service_id="2"), item(other, service_id="1")]
        answer = post(listener, sent, LINES, "", authorization="Bearer token2")
        assert (answer.status, told(answer)[1]["code"]) == (207, "service_token_invalid")
        assert (listener.counted(mine), listener.counted(other)) == (1, 0)

    def test_a_provider_key_without_a_service_means_the_default_one(
        self, listener: RunningListener
    ) -> None:
        app = listener.application("1")
        assert post(listener, item(app), query="provider_key=pk").status == 200
        assert listener.counted(app) == 1


class TestCloudEvents:
    ONE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"

    def event(self, app: App, **given: Any) -> dict[str, Any]:
        return {
            "specversion": "1.0",
            "id": "1",
            "source": f"//gw.example.org/{app.id}/services/{app.service}/x",
            "type": "org.example.usage",
            "data": {"app_id": app.id, "usage": {"child": 2}, "response_code": 201},
            **given,
        }

    def test_an_event_counts_at_its_time_once(self, listener: RunningListener, app: App) -> None:
        """Source and id together make the id; the source names the product when nothing else does."""
        at_s = int(time.time()) - 60
        moment = datetime.fromtimestamp(at_s, UTC).isoformat()
        event = self.event(app, time=moment, datacontenttype=JSON, myextension=5)
        for expected in (ACCEPTED, DUPLICATE):
            answer = post(listener, event, self.ONE, "", authorization="Bearer token2")
            assert (answer.status, told(answer)) == (200, expected)
        (entry,) = listener.entries(app)
        assert (entry.time_ms, entry.code) == (at_s * 1000, 201)
        assert sorted(entry.usage) == [("21", 2), ("22", 2)]
        assert entry.id == f"{event['source']} 1"

    def test_a_batch_has_a_result_for_each_event(self, listener: RunningListener, app: App) -> None:
        """The same id from another source is another event."""
        events = [
            self.event(app),
            self.event(app, id="2"),
            self.event(app, source=f"/other/{app.id}"),
            self.event(app),
            self.event(app, data={"app_id": app.id, "usage": {"child": 3}}),
            self.event(app, id="3", data={"usage": {"hits": 1}, "user_key": app.user_key}),
            self.event(app, id="4", data={"usage": {"hits": 1}}, subject=app.id),
        ]
        answer = post(listener, events, self.BATCH)
        assert answer.status == 207
        found = [each["status"] for each in told(answer)["results"]]
        assert found == ["accepted"] * 3 + ["duplicate", "conflict"] + ["accepted"] * 2
        assert listener.counted(app) == 8

    def test_the_product_that_data_or_query_name_goes_before_the_source(
        self, listener: RunningListener, app: App
    ) -> None:
        misleading = {"source": "/services/99"}
        named = {"app_id": app.id, "usage": {"hits": 1}, "service_id": "2"}
        event = self.event(app, id=app.id, data=named, **misleading)
        assert post(listener, event, self.ONE, "provider_key=pk").status == 200
        event = self.event(app, id=f"{app.id}-2", **misleading)
        assert post(listener, event, self.ONE).status == 200
        event = self.event(app, id=f"{app.id}-3", **misleading)
        assert code_of(post(listener, event, self.ONE, "provider_key=pk")) == (403, "service_id_invalid")  # fmt: skip

    @pytest.mark.parametrize(
        "change",
        [
            {"specversion": "0.3"}, {"specversion": None}, {"id": ""}, {"id": None}, {"id": 1},
            {"source": " "}, {"source": None}, {"type": ""}, {"type": None}, {"data": None},
            {"data": "dGV4dA=="}, {"data": {"usage": {"hits": 1}, "more": 1}}, {"time": "noon"},
            {"time": 5}, {"subject": 5}, {"source": "x" * 513},
        ],
    )  # fmt: skip
    def test_what_is_no_such_event_is_told(
        self, listener: RunningListener, app: App, change: dict[str, Any]
    ) -> None:
        assert code_of(post(listener, self.event(app, **change), self.ONE)) == (400, "bad_request")

    def test_an_object_is_no_batch_and_a_batch_is_no_event(
        self, listener: RunningListener, app: App
    ) -> None:
        assert code_of(post(listener, self.event(app), self.BATCH)) == (400, "bad_request")
        assert code_of(post(listener, [self.event(app)], self.ONE)) == (400, "bad_request")


class TestProvider:
    def test_the_provider_learns_of_the_first_mistake_of_each_kind(self, home: Path) -> None:
        """With the item, as far as it could be read, and without its secrets; not of those who are strangers."""
        own = RunningListener(home)
        own.service("2", "2")
        own.start()
        try:
            app = own.application()
            wrong = [
                item(app),
                item(app, usage={"hitz": 3}, response_code=200),
                item(app, usage={"hitz": 3}),
                {"user_key": "a-key-that-nobody-has", "usage": {"hits": 1}},
                b"nonsense",
                item(app, service_id="99"),
                item(app, timestamp="2011-01-01T00:00:00Z"),
            ]
            answer = post(own, wrong, LINES, x_request_id="abc")
            assert (answer.status, answer.headers["x-request-id"]) == (207, "abc")
            assert post(own, wrong[1:2], LINES, "provider_key=nobody").status == 403
            found = {each.code: each for each in own.errors("2", lambda found: len(found) >= 4)}
        finally:
            own.close()
        assert set(found) == {
            "metric_invalid", "user_key_invalid", "bad_request", "transaction_timestamp_too_old",
        }  # fmt: skip
        mistyped = found["metric_invalid"]
        assert (mistyped.count, mistyped.context.metric) == (1, "hitz")
        assert (mistyped.context.endpoint, mistyped.context.request_id) == ("/usage", "abc")
        assert mistyped.context.parameters["usage[hitz]"] == "3"
        assert mistyped.context.parameters["log[code]"] == "200"
        assert b"a-key-that" not in msgspec.json.encode(found)


class TestSize:
    def test_arrays_of_up_to_ten_thousand_items_are_taken(
        self, listener: RunningListener, app: App
    ) -> None:
        one = {"app_id": app.id, "usage": {"hits": 1}}
        answer = post(listener, [one] * 10_000)
        assert (answer.status, told(answer)["accepted"]) == (200, 10_000)
        answer = post(listener, [one] * 10_001)
        assert answer.status == 413
        assert "number of items (10001) exceeds limit (10000)" in answer.body
        assert listener.counted(app) == 10_000

    def test_a_hundred_thousand_lines_are_the_most(self, listener: RunningListener) -> None:
        """However short they are; each wrong one is told."""
        answer = post(listener, b"1\n" * 100_000, LINES)
        assert (answer.status, len(told(answer))) == (400, 100_000)
        answer = post(listener, b"1\n" * 100_000 + b"1", LINES)
        assert answer.status == 413
        assert "number of lines (100001) exceeds limit (100000)" in answer.body

    @pytest.mark.parametrize(("kind", "mebibytes"), [(JSON, 1), (LINES, 8)])
    def test_a_larger_body_is_refused_before_it_is_read(
        self, listener: RunningListener, kind: str, mebibytes: int
    ) -> None:
        size = mebibytes * 1024 * 1024
        head = (
            f"POST /usage?{BY_KEY} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {size + 1}\r\n\r\n"
        )
        answer = listener.raw(head.encode())
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert f"exceeds limit ({size})".encode() in answer

    def test_a_body_that_breaks_off_counts_nothing(
        self, listener: RunningListener, app: App
    ) -> None:
        lines = (json.dumps(item(app)) + "\n").encode() * 3
        head = (
            f"POST /usage?{BY_KEY} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            f"Content-Type: {LINES}\r\nContent-Length: {len(lines) + 10}\r\n\r\n"
        )
        assert listener.raw(head.encode() + lines, half_close=True).startswith(b"HTTP/1.1 400 ")
        assert listener.entries(app) == []

    def test_a_long_body_does_not_hold_up_the_calls_of_others(
        self, listener: RunningListener, app: App
    ) -> None:
        """While 50,000 items come in, other calls go on being answered, none of them late."""
        body = [item(app, id=f"{app.id}-{number}") for number in range(50_000)]
        results: list[Answer] = []
        sender = threading.Thread(target=lambda: results.append(post(listener, body, LINES)))
        other = listener.application()
        sender.start()
        answered, slowest_s = 0, 0.0
        while sender.is_alive():
            begun = time.monotonic()
            assert listener.authorize(other.by_id).status == 200
            slowest_s = max(slowest_s, time.monotonic() - begun)
            answered += 1
        sender.join()
        assert told(results[0]) == [ACCEPTED] * 50_000
        assert answered > 20
        assert slowest_s < 0.5


class TestWindow:
    """The window of time is the provider's to set; reports and items obey the same."""

    @pytest.fixture
    def own(self, home: Path) -> Iterator[RunningListener]:
        running = RunningListener(home, past_window_s=str(400 * 86_400), future_window_s="0")
        running.service("2", "2")
        running.start()
        yield running
        running.close()

    def test_history_comes_in_when_the_window_is_wide(self, own: RunningListener) -> None:
        app, now_s = own.application(), int(time.time())
        ages_s = [399 * 86_400, 0, 401 * 86_400, -3_600]
        answer = post(own, [item(app, timestamp=now_s - age_s) for age_s in ages_s])
        codes = [each.get("code") for each in told(answer)["results"]]
        assert codes == [None, None, "transaction_timestamp_too_old", "transaction_timestamp_too_new"]  # fmt: skip
        for age_s in ages_s:
            own.report_of(app, {"usage][hits": "1", "timestamp": str(now_s - age_s)})
        assert sorted(each.time_ms // 1000 - now_s for each in own.entries(app)) == [-399 * 86_400] * 2 + [0] * 2  # fmt: skip

    def test_a_providers_own_goes_before_the_installations(self, own: RunningListener) -> None:
        own.registry.put_service(Service("2", "pk", "2", past_window_s=60, future_window_s=120))
        app, now_s = own.application(), int(time.time())
        answer = post(own, [item(app, timestamp=now_s + later_s) for later_s in (-30, -90, 90)])
        codes = [each.get("code") for each in told(answer)["results"]]
        assert codes == [None, "transaction_timestamp_too_old", None]
        for later_s in (-30, -90, 90, 150):
            own.report_of(app, {"usage][hits": "1", "timestamp": str(now_s + later_s)})
        assert sorted(each.time_ms // 1000 - now_s for each in own.entries(app)) == [-30] * 2 + [90] * 2  # fmt: skip


def test_items_sent_again_after_a_crash_count_once(home: Path) -> None:
    """kill -9 after the answer, and in the middle of counting."""
    own = RunningListener(home, checkpoint_s="1")
    own.service("2", "2")
    own.start()
    try:
        app = own.application()
        items = [item(app, id=str(number)) for number in range(20_000)]
        assert post(own, items[:1000], LINES).status == 200
        own.process.kill()
        own.start()
        sender = threading.Thread(target=lambda: _ignoring_its_end(own, items))
        sender.start()
        time.sleep(0.1)
        own.process.kill()
        sender.join()
        own.start()
        answer = post(own, items, LINES)
        assert (answer.status, len(told(answer))) == (200, 20_000)
        assert told(answer)[:1000] == [DUPLICATE] * 1000
        assert own.counted(app) == 20_000
    finally:
        own.close()


def _ignoring_its_end(listener: RunningListener, items: list[dict[str, Any]]) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        post(listener, items, LINES)
