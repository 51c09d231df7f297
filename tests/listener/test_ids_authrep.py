"""The header `Idempotency-Key` of authrep, on the wire."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.running_listener import Answer, App, RunningListener, error_body

pytestmark = pytest.mark.service

REPLAYED = "idempotent-replayed"


@pytest.fixture
def app(listener: RunningListener) -> App:
    return listener.application(limits={("hits", "eternity"): 2})


@pytest.fixture
def own(home: Path) -> Iterator[RunningListener]:
    """A listener of the test's own, which may be killed."""
    running = RunningListener(home, checkpoint_s="1")
    running.service("2", "2")
    running.start()
    yield running
    running.close()


def authrep(
    listener: RunningListener, app: App, key: str | None, rest: str = "usage[hits]=1", **more: str
) -> Answer:
    path = f"/transactions/authrep.xml?{app.by_id}&{rest}"
    return listener.request("GET", path, **{"idempotency-key": key, **more})


def test_a_retry_is_acknowledged_again_and_not_counted_although_the_limit_is_used_up(
    listener: RunningListener, app: App
) -> None:
    """Its answer shows the values as they are now, and says that it is a repetition."""
    keys = [f"{app.id}-{name}" for name in "abcabc"]
    answers = [authrep(listener, app, key) for key in keys]
    assert [each.status for each in answers] == [200, 200, 409, 200, 200, 409]
    assert [each.headers.get(REPLAYED) for each in answers] == [None, None, None, "true", "true", None]  # fmt: skip
    assert [each.values["hits", "eternity"] for each in answers] == [1, 2, 2, 2, 2, 2]
    assert listener.counted(app) == 2


def test_without_a_key_every_call_counts(listener: RunningListener, app: App) -> None:
    assert [authrep(listener, app, None).status for _ in range(3)] == [200, 200, 409]


@pytest.mark.parametrize("rest", ["usage[hits]=2", "usage[child]=1", "usage[hits]=1&log[code]=200"])
def test_the_same_key_with_other_content_is_an_error(
    listener: RunningListener, app: App, rest: str
) -> None:
    """Whatever the limits say; nothing is counted."""
    authrep(listener, app, app.id)
    answer = authrep(listener, app, app.id, rest)
    told = error_body("id_conflict", f'id "{app.id}" was already used with another content')
    assert (answer.status, answer.body) == (409, told)
    assert authrep(listener, app, app.id, f"{rest}&no_body=1").body == ""
    assert listener.counted(app) == 1


def test_a_key_belongs_to_its_product_and_names_one_application_in_it(
    listener: RunningListener, app: App
) -> None:
    same, elsewhere = listener.application(), listener.application("5")
    assert authrep(listener, app, app.id).status == 200
    assert "id_conflict" in authrep(listener, same, app.id).body
    assert authrep(listener, elsewhere, app.id).status == 200


def test_quotes_around_a_key_are_not_part_of_it(listener: RunningListener, app: App) -> None:
    """The header is a structured one for some clients, and a plain one for others."""
    assert authrep(listener, app, f'"{app.id}"').headers.get(REPLAYED) is None
    assert authrep(listener, app, app.id).headers[REPLAYED] == "true"


@pytest.mark.parametrize("key", ['""', '" "', "x" * 513])
def test_a_key_that_is_none_is_refused(listener: RunningListener, app: App, key: str) -> None:
    """Rather than counted without the protection that the caller relies on."""
    answer = authrep(listener, app, key)
    told = error_body("bad_request", "Idempotency-Key must have 1 to 512 characters")
    assert (answer.status, answer.body) == (400, told)
    assert listener.counted(app) == 0


def test_credentials_and_state_are_asked_for_at_each_try(
    listener: RunningListener,
) -> None:
    """Only the limits are not asked again."""
    app = listener.application(keys=["secret"])
    right = "usage[hits]=1&app_key=secret"
    assert authrep(listener, app, app.id, right).status == 200
    denied = authrep(listener, app, app.id, "usage[hits]=1&app_key=wrong")
    assert (denied.status, denied.reason) == (409, 'application key "wrong" is invalid')
    assert authrep(listener, app, app.id, right).headers[REPLAYED] == "true"


def test_a_call_that_counts_nothing_takes_no_key(listener: RunningListener, app: App) -> None:
    assert authrep(listener, app, app.id, "log[code]=200").status == 200
    assert authrep(listener, app, app.id).headers.get(REPLAYED) is None


def test_options_hold_for_a_retry_too(listener: RunningListener, app: App) -> None:
    options = {"3scale-options": "limit_headers=1&no_body=1"}
    for _ in range(2):
        answer = authrep(listener, app, app.id, **options)
        assert (answer.status, answer.body) == (200, "")
        assert answer.headers["3scale-limit-remaining"] == "1"


def test_a_report_under_the_key_of_a_call_is_its_repetition(
    listener: RunningListener, app: App
) -> None:
    """So a caller that heard no answer may report later instead of asking again."""
    authrep(listener, app, app.id)
    answer = listener.report_of(app, {"usage][hits": "1", "id": app.id})
    assert (answer.status, "tallygate-id-conflicts" in answer.headers) == (202, False)
    assert listener.counted(app) == 1


def test_of_tries_at_once_one_counts(listener: RunningListener) -> None:
    """And all are acknowledged, under a limit that has room for one."""
    app = listener.application(limits={("hits", "eternity"): 1})
    answers: list[Answer] = []
    tries = [
        threading.Thread(target=lambda: answers.append(authrep(listener, app, app.id)))
        for _ in range(20)
    ]
    for each in tries:
        each.start()
    for each in tries:
        each.join()
    assert [each.status for each in answers] == [200] * 20
    assert [each.headers.get(REPLAYED) for each in answers].count(None) == 1
    assert listener.counted(app) == 1


def test_a_retry_after_a_crash_counts_once(own: RunningListener) -> None:
    """kill -9 between a try and its retry, ten times; keys of before are known for as long."""
    app = own.application(limits={("hits", "eternity"): 10})
    for number in range(10):
        assert authrep(own, app, f"call-{number}").status == 200
        own.process.kill()
        own.start()
        again = authrep(own, app, f"call-{number}")
        assert (again.status, again.headers.get(REPLAYED)) == (200, "true")
        assert again.values["hits", "eternity"] == number + 1
    assert authrep(own, app, "one-more").status == 409
    assert authrep(own, app, "call-0").status == 200
    assert own.counted(app) == 10
