"""Every error of authorize and authrep, and which one comes first."""

import pytest
from support.running_listener import App, RunningListener, error_body

pytestmark = pytest.mark.service

ENDPOINTS = pytest.mark.parametrize("endpoint", ["authorize", "authrep"])


@pytest.fixture(scope="module")
def app(listener: RunningListener) -> App:
    """Mode 2, with a key; `dangling` is a user key of service 1 whose application is missing."""
    listener.registry.put_user_key("1", "dangling", "ghost")
    return listener.application("2", keys=["k"], application_id="the-app")


BAD_REQUEST = "request contains syntax errors, should not be repeated without modification"
END_USERS = "End-users are no longer supported, do not specify the user_id parameter"
NOT_BOTH = "either app_id or user_key is allowed, not both"
TOKEN_INVALID, VALUE_INVALID = "service_token_invalid", "usage_value_invalid"
GOOD = "provider_key=pk&service_id=2&app_id=the-app&app_key=k"


@ENDPOINTS
@pytest.mark.parametrize(
    ("query", "status", "code", "message"),
    [
        ("a=%zz", 400, "bad_request", "Invalid query parameters: invalid %-encoding"),
        ("a=%", 400, "bad_request", "Invalid query parameters: invalid %-encoding"),
        ("usage[]=1&usage[hits]=1", 400, "bad_request", BAD_REQUEST),
        ("usage=2&usage[hits]=1", 400, "bad_request", BAD_REQUEST),
        ("a" + "[b]" * 32 + "=1", 400, "bad_request", BAD_REQUEST),
        ("&" * 4096, 400, "bad_request", "total number of query parameters (4097) exceeds limit (4096)"),
        ("a=%ff", 422, "not_valid_data", "all data must be valid UTF8"),
        ("a[%ff]=1", 422, "not_valid_data", "all data must be valid UTF8"),
        ("", 403, "provider_key_or_service_token_required", "Provider key or service token are required"),
        ("provider_key=", 403, "provider_key_or_service_token_required", "Provider key or service token are required"),
        ("provider_key=+", 403, "provider_key_or_service_token_required", "Provider key or service token are required"),
        ("provider_key[]=pk", 403, "provider_key_or_service_token_required", "Provider key or service token are required"),
        ("service_id=2", 403, "provider_key_or_service_token_required", "Provider key or service token are required"),
        ("service_token=&service_id=2", 403, "provider_key_or_service_token_required", "Provider key or service token are required"),
        ("service_token=token2", 422, "service_id_missing", "Service ID is missing"),
        ("service_token=token2&service_id=+", 422, "service_id_missing", "Service ID is missing"),
        ("service_token=token1&service_id=2", 403, TOKEN_INVALID, 'service token "token1" or service id "2" is invalid'),
        ("service_token=token2&service_id=99", 403, TOKEN_INVALID, 'service token "token2" or service id "99" is invalid'),
        ("service_token=%3C%26%3E&service_id=2", 403, TOKEN_INVALID, 'service token "&lt;&amp;&gt;" or service id "2" is invalid'),
        (f"{GOOD}&user_id=u", 400, "end_users_no_longer_supported", END_USERS),
        (f"{GOOD}&user_id=", 400, "end_users_no_longer_supported", END_USERS),
        (f"{GOOD}&user_id", 400, "end_users_no_longer_supported", END_USERS),
        ("provider_key=nobody", 403, "provider_key_invalid_or_service_missing", 'provider key "nobody" invalid and/or service ID missing'),
        ("provider_key=pk3", 403, "provider_key_invalid_or_service_missing", 'provider key "pk3" invalid and/or service ID missing'),
        ("provider_key=nobody&service_id=99", 403, "service_id_invalid", 'service id "99" is invalid'),
        ("provider_key=pk&service_id=99", 403, "service_id_invalid", 'service id "99" is invalid'),
        ("provider_key=pk&service_id=2+", 403, "service_id_invalid", 'service id "2 " is invalid'),
        ("provider_key=nobody&service_id=2", 403, "provider_key_invalid", 'provider key "nobody" is invalid'),
        ("provider_key=pk2&service_id=2", 403, "service_id_invalid", 'service id "2" is invalid'),
        ("provider_key=pk&service_id=2&app_id=the-app&user_key=u", 403, "authentication_error", NOT_BOTH),
        ("provider_key=pk&service_id=1&app_id=a&user_key=u", 403, "authentication_error", NOT_BOTH),
        ("provider_key=pk&service_id=1", 403, "user_key_invalid", "user key is missing"),
        ("provider_key=pk", 403, "user_key_invalid", "user key is missing"),
        ("provider_key=pk&service_id=1&app_id=the-app", 403, "user_key_invalid", "user key is missing"),
        ("provider_key=pk&service_id=1&user_key=nope", 403, "user_key_invalid", 'user key "nope" is invalid'),
        ("provider_key=pk&service_id=1&user_key=dangling", 404, "application_not_found", 'application with id="ghost" was not found'),
        ("provider_key=pk&service_id=2", 404, "application_not_found", "application id is missing"),
        ("provider_key=pk&service_id=2&user_key=u", 404, "application_not_found", "application id is missing"),
        ("provider_key=pk&service_id=2&app_id=", 404, "application_not_found", "application id is missing"),
        ("provider_key=pk&service_id=2&app_id[]=the-app", 404, "application_not_found", "application id is missing"),
        ("provider_key=pk&service_id=2&app_id=nope", 404, "application_not_found", 'application with id="nope" was not found'),
        ("provider_key=pk&service_id=2&app_id=+the-app", 404, "application_not_found", 'application with id=" the-app" was not found'),
        ("provider_key=pk&service_id=2&app_id=50%2525%25d", 404, "application_not_found", 'application with id="50%25%d" was not found'),
        ("provider_key=pk&service_id=2&app_id=a%00b", 404, "application_not_found", 'application with id="a\ufffdb" was not found'),
        (f"{GOOD}&usage[nope]=1", 404, "metric_invalid", 'metric "nope" is invalid'),
        (f"{GOOD}&usage[+nope+]=1", 404, "metric_invalid", 'metric "nope" is invalid'),
        (f"{GOOD}&usage[hits=1", 404, "metric_invalid", 'metric "[hits" is invalid'),
        (f"{GOOD}&usage[hits]", 403, VALUE_INVALID, 'usage value for metric "hits" can not be empty'),
        (f"{GOOD}&usage[hits]=", 403, VALUE_INVALID, 'usage value for metric "hits" can not be empty'),
        (f"{GOOD}&usage[hits][]=1", 403, VALUE_INVALID, 'usage value for metric "hits" can not be empty'),
        (f"{GOOD}&usage[+hits]=1.5", 403, VALUE_INVALID, 'usage value "1.5" for metric "hits" is invalid'),
        (f"{GOOD}&usage[hits]=-1", 403, VALUE_INVALID, 'usage value "-1" for metric "hits" is invalid'),
        (f"{GOOD}&usage[hits]=9223372036854775808", 403, VALUE_INVALID, 'usage value "9223372036854775808" for metric "hits" is invalid'),
        (f"{GOOD}&usage[nope]=x&usage[hits]=y", 403, VALUE_INVALID, 'usage value "x" for metric "nope" is invalid'),
        (f"{GOOD}&usage[hits]=1&usage[nope]=1&usage[other]=y", 404, "metric_invalid", 'metric "nope" is invalid'),
    ],
)  # fmt: skip
def test_each_error_has_its_status_code_and_words(
    listener: RunningListener, app: App, endpoint: str, query: str, status: int, code: str, message: str
) -> None:  # fmt: skip
    """To the byte, with the text that was given, escaped."""
    answer = listener.get(endpoint, query)
    assert (answer.status, answer.body) == (status, error_body(code, message))


@ENDPOINTS
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("a=%zz&b=%ff", "bad_request"),
        ("b=%ff", "not_valid_data"),
        ("service_token=token2&user_id=u&usage=1", "service_id_missing"),
        ("provider_key=nobody&user_id=u&usage=1", "end_users_no_longer_supported"),
        ("provider_key=nobody&service_id=99&app_id=a&user_key=u", "service_id_invalid"),
        ("provider_key=nobody&service_id=2&app_id=a&user_key=u", "provider_key_invalid"),
        ("provider_key=pk&service_id=2&app_id=nope&user_key=u", "authentication_error"),
        ("provider_key=pk&service_id=2&app_id=nope&usage[nope]=x", "application_not_found"),
        ("provider_key=pk&service_id=1&user_key=nope&usage[nope]=x", "user_key_invalid"),
    ],
)
def test_the_first_failed_check_is_the_one_told(
    listener: RunningListener, app: App, endpoint: str, query: str, code: str
) -> None:
    """Each call is wrong in several ways; the protocol's order decides."""
    assert f'<error code="{code}">' in listener.get(endpoint, query).body


@ENDPOINTS
def test_a_usage_without_metrics_comes_after_the_end_user_and_before_the_service(
    listener: RunningListener, app: App, endpoint: str
) -> None:
    assert listener.get(endpoint, "provider_key=nobody&service_id=99&usage=1").body == ""
    assert "end_users" in listener.get(endpoint, "provider_key=nobody&user_id=u&usage=1").body


@ENDPOINTS
def test_a_wrong_key_hides_a_wrong_metric_unless_no_body_is_asked_for(
    listener: RunningListener, app: App, endpoint: str
) -> None:
    """With no_body the metrics are looked up before anything else is decided, untrimmed."""
    wrong = "provider_key=pk&service_id=2&app_id=the-app&app_key=wrong&usage[nope]=1"
    assert listener.get(endpoint, wrong).status == 409
    assert listener.get(endpoint, wrong, "no_body=1").status == 404
    assert listener.get(endpoint, f"{GOOD}&usage[+hits]=1").status == 200
    assert listener.get(endpoint, f"{GOOD}&usage[+hits]=1", "no_body=1").status == 404


@ENDPOINTS
def test_a_wrong_token_is_ignored_beside_a_provider_key(
    listener: RunningListener, app: App, endpoint: str
) -> None:
    assert listener.get(endpoint, f"{GOOD}&service_token=wrong").status == 200


@ENDPOINTS
def test_a_token_is_as_good_as_a_provider_key(
    listener: RunningListener, app: App, endpoint: str
) -> None:
    query = "service_token=token2&service_id=2&app_id=the-app&app_key=k"
    assert listener.get(endpoint, query).status == 200
    assert listener.get(endpoint, f"{query}&provider_key=+").status == 200


@ENDPOINTS
def test_parameters_come_in_any_order_with_gaps_and_company(
    listener: RunningListener, app: App, endpoint: str
) -> None:
    """Unknown ones are ignored, empty places too, and of a repeated one the last counts."""
    query = "&&app_key=k&usage[hits]=1&app_id=nope&&x[y][]=z&app_id=the-app&service_id=2&provider_key=pk&"
    assert listener.get(endpoint, query).status == 200


@ENDPOINTS
def test_a_wrong_call_counts_nothing(listener: RunningListener, endpoint: str) -> None:
    app = listener.application()
    for wrong in (
        "usage[hits]=1&usage[nope]=1",
        "usage[hits]=1&user_id=u",
        "usage[hits]=1&usage[other]=",
    ):
        assert listener.get(endpoint, f"{app.by_id}&{wrong}").status in (400, 403, 404)
    assert listener.entries(app) == []
