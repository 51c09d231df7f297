"""What callers do wrong is kept for the provider: which errors, and nothing of their secrets."""

import itertools
import time
from pathlib import Path

import pytest
from support.full_disk import full_disk
from support.running_listener import RunningListener

pytestmark = pytest.mark.service

PROVIDER_KEY = "provider-key-0123456789"
SERVICE_TOKEN = "service-token-0123456789"
USER_KEY = "user-key-0123456789"
APP_KEY = "app-key-0123456789"
_NUMBERS = itertools.count(10)
SECRETS = (PROVIDER_KEY, SERVICE_TOKEN, USER_KEY, APP_KEY)


@pytest.fixture
def service(listener: RunningListener) -> str:
    """A service of the test's own, whose applications are found by id."""
    service_id = f"77{next(_NUMBERS)}"
    listener.service(service_id, "2", PROVIDER_KEY)
    listener.registry.put_service_token(service_id, SERVICE_TOKEN)
    return service_id


def files(home: Path) -> bytes:
    """All bytes of the file and its write-ahead log."""
    return b"".join(path.read_bytes() for path in home.glob("integration_errors.db*"))


@pytest.mark.parametrize("endpoint", ["authorize", "authrep", "oauth_authorize", "oauth_authrep"])
def test_a_refused_call_is_kept_with_its_context(
    listener: RunningListener, service: str, endpoint: str
) -> None:
    """Code, message, time, endpoint, caller, credential, metric and parameters; repeated ones with a count."""
    app = listener.application(service)
    query = (
        f"provider_key={PROVIDER_KEY}&service_id={service}&app_id={app.id}&usage[hits]=1&usage[nope]=2"
        "&referrer=https://x.org/?secret=1&other=thing&no_body=1"
    )
    if endpoint.startswith("oauth"):
        listener.service(service, "oauth", PROVIDER_KEY)
    path = f"/transactions/{endpoint}.xml?{query}"
    for number in range(3):
        sent = {"user_agent": "plugin/1.0", "x_request_id": f"call-{number}"}
        answer = listener.request("GET", path, **sent)
        assert (answer.status, answer.headers["x-request-id"]) == (404, f"call-{number}")
    (group,) = listener.errors(service, lambda found: found and found[0].count == 3)
    assert (group.code, group.message) == ("metric_invalid", 'metric "nope" is invalid')
    assert abs(group.last_ms / 1000 - time.time()) < 10
    assert group.first_ms <= group.last_ms
    context = group.context
    assert context.endpoint == f"/transactions/{endpoint}.xml"
    assert (context.method, context.client, context.user_agent) == (
        "GET",
        "127.0.0.1",
        "plugin/1.0",
    )
    assert context.request_id.startswith("call-")
    assert (context.credential, context.metric) == (f"app_id={app.id}", "nope")
    assert context.parameters == {
        "service_id": service, "app_id": app.id, "provider_key": "…6789", "referrer": "https://x.org/",
        "usage[hits]": "1", "usage[nope]": "2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("app_id=nope", "application_not_found"),
        ("", "application_not_found"),
        ("app_id=a&user_key=b", "authentication_error"),
        ("app_id={app}&usage[hits]=x", "usage_value_invalid"),
        ("app_id={app}&usage[nope]=1", "metric_invalid"),
        ("app_id={app}&user_id=1", "end_users_no_longer_supported"),
    ],
)
@pytest.mark.parametrize(
    "caller", ["provider_key=" + PROVIDER_KEY, "service_token=" + SERVICE_TOKEN]
)
def test_errors_of_a_known_caller_are_kept(
    listener: RunningListener, service: str, query: str, code: str, caller: str
) -> None:
    """Whether by provider key or by service token."""
    app = listener.application(service)
    listener.authorize(f"{caller}&service_id={service}&{query.format(app=app.id)}")
    assert [each.code for each in listener.errors(service)] == [code]


def test_a_call_without_a_service_is_about_the_default_one(listener: RunningListener) -> None:
    """As the call itself is."""
    listener.service("8800", "2", "pk-of-8800", default=True)
    listener.authorize("provider_key=pk-of-8800&app_id=nope")
    assert [each.code for each in listener.errors("8800")] == ["application_not_found"]


def test_what_is_no_integration_error_is_not_kept(listener: RunningListener, service: str) -> None:
    """Wrong credentials, denials, a usage of the wrong shape, bytes that are no text, and what a report is told at once."""
    app = listener.application(service, limits={("hits", "eternity"): 0}, keys=["k"])
    known = f"provider_key={PROVIDER_KEY}&service_id={service}&app_id={app.id}"
    for query, status in [
        (f"provider_key=nobody&service_id={service}&app_id=nope", 403),
        (f"service_token=nobody&service_id={service}&app_id=nope", 403),
        (f"provider_key=pk&service_id={service}&app_id=nope", 403),
        (f"service_id={service}&app_id=nope", 403),
        (f"{known}&app_key=wrong", 409),
        (f"{known}&app_key=k&usage[hits]=1", 409),
        (f"{known}&app_key=k&usage=1", 403),
        (f"{known}&app_key=k&other=%ff", 422),
        (f"{known}&other=%zz", 400),
    ]:
        assert listener.authrep(query).status == status
    assert listener.report(f"provider_key={PROVIDER_KEY}&service_id={service}").status == 400
    listener.authorize(f"provider_key={PROVIDER_KEY}&service_id={service}&app_id=nope")
    assert [each.code for each in listener.errors(service)] == ["application_not_found"]


def test_a_dropped_report_is_kept_with_its_first_wrong_transaction(
    listener: RunningListener, service: str
) -> None:
    """The caller is told nothing; the provider sees which transaction it was."""
    app = listener.application(service)
    wrong = {"usage][hits": "many", "timestamp": "2026-01-01 00:00:00", "log][code": "200"}
    answer = listener.report_of(
        app, {"usage][hits": "1"}, wrong, {"usage][nope": "1"}, x_request_id="r-1"
    )
    assert answer.status == 403, "of another provider"
    body = "&".join(
        [f"provider_key={PROVIDER_KEY}&service_id={service}"]
        + [f"transactions[0][app_id]={app.id}&transactions[0][usage][hits]=1"]
        + [f"transactions[x][app_id]={app.id}"]
        + [f"transactions[x][{name}]={value}" for name, value in wrong.items()]
        + [f"transactions[y][app_id]={app.id}&transactions[y][usage][nope]=1"]
    )
    answer = listener.report(body, user_agent="batch/2", x_request_id="r-1")
    assert (answer.status, answer.headers["x-request-id"]) == (202, "r-1")
    (group,) = listener.errors(service)
    assert (group.code, group.count) == ("usage_value_invalid", 1)
    assert group.message == 'usage value "many" for metric "hits" is invalid'
    context = group.context
    assert (context.endpoint, context.method) == ("/transactions.xml", "POST")
    assert (context.user_agent, context.request_id, context.metric) == ("batch/2", "r-1", "hits")
    assert context.parameters == {
        "service_id": service, "provider_key": "…6789", "app_id": app.id,
        "timestamp": "2026-01-01 00:00:00", "usage[hits]": "many", "log[code]": "200",
    }  # fmt: skip
    assert listener.counted(app) == 0


@pytest.mark.parametrize("listener", ["embedded"], indirect=True)
def test_no_secret_is_written(listener: RunningListener, service: str) -> None:
    """Of every kind of credential at most the last four characters: not in parameters, messages, names or the user agent."""
    twin = f"{service}1"
    listener.service(twin, "1", PROVIDER_KEY)
    app = listener.application(service)
    listener.registry.put_user_key(service, "known-user-key-0123456789", app.id)
    for service_id, query in [
        (twin, f"user_key={USER_KEY}"),
        (service, f"app_id=nope&app_key={APP_KEY}&user_id={USER_KEY}&user_key={USER_KEY}"),
        (service, f"app_id={USER_KEY}&user_key={USER_KEY}"),
        (service, "app_id=known-user-key-0123456789"),
        (service, f"app_id={app.id}&app_key={APP_KEY}&usage[{APP_KEY}]=1"),
        (service, f"app_id={app.id}&app_key={APP_KEY}&usage[hits]={APP_KEY}"),
    ]:
        for caller in (f"provider_key={PROVIDER_KEY}", f"service_token={SERVICE_TOKEN}&provider_key={PROVIDER_KEY}"):  # fmt: skip
            path = f"/transactions/authorize.xml?{caller}&service_id={service_id}&{query}"
            assert listener.request("GET", path, user_agent=f"x {PROVIDER_KEY}").status in (400, 403, 404)  # fmt: skip
    listener.report(
        f"service_token={SERVICE_TOKEN}&service_id={service}&transactions[0][user_key]={USER_KEY}&transactions[0][usage][hits]=1"
    )
    found = listener.errors(service, lambda groups: len(groups) == 6)
    assert {each.message for each in found} == {
        "End-users are no longer supported, do not specify the user_id parameter",
        "either app_id or user_key is allowed, not both", 'application with id="…6789" was not found',
        'metric "…6789" is invalid', 'usage value "…6789" for metric "hits" is invalid',
        'user key "…6789" is invalid',
    }  # fmt: skip
    assert listener.errors(twin)[0].message == 'user key "…6789" is invalid'
    written = files(listener.home)
    for secret in (*SECRETS, "known-user-key-0123456789"):
        assert secret[:-4].encode() not in written


@pytest.mark.parametrize("listener", ["embedded"], indirect=True)
def test_callers_with_errors_do_not_hold_up_a_full_disk(listener: RunningListener) -> None:
    """Errors are answered as ever while nothing can be written, and kept again afterwards."""
    listener.service("8900", "2", "pk-of-8900", default=True)
    with full_disk(listener):
        for _ in range(3):
            assert listener.authorize("provider_key=pk-of-8900&app_id=nope").status == 404
        time.sleep(1.5)
        assert listener.authorize("provider_key=pk-of-8900&app_id=nope").status == 404
    listener.authorize("provider_key=pk-of-8900&app_id=again")
    messages = [each.message for each in listener.errors("8900")]
    assert 'application with id="again" was not found' in messages
