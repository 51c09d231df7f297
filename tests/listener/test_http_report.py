"""POST /transactions.xml, on the wire."""

import time

import pytest
from support.running_listener import App, RunningListener, error_body

pytestmark = pytest.mark.service

WHO = "provider_key=pk&service_id=2"
BAD_REQUEST = "request contains syntax errors, should not be repeated without modification"
END_USERS = "End-users are no longer supported, do not specify the user_id parameter"
REQUIRED = "Provider key or service token are required"
OR_MISSING = "provider_key_invalid_or_service_missing"
FORMAT = "transactions format is invalid"


@pytest.fixture
def app(listener: RunningListener) -> App:
    return listener.application()


def one(app: App, rest: str = "[usage][hits]=1") -> str:
    """A transaction of the application, numbered 0."""
    return f"transactions[0][app_id]={app.id}&transactions[0]{rest}"


def test_a_report_is_accepted_without_a_body_and_counted(
    listener: RunningListener, app: App
) -> None:
    answer = listener.report(f"{WHO}&{one(app, '[usage][child]=3')}&transactions[0][log][code]=503")
    assert (answer.status, answer.body) == (202, "")
    assert answer.headers["content-length"] == "0"
    assert answer.headers["content-type"] == "application/vnd.3scale-v2.0+xml"
    assert answer.headers["content-security-policy"] == "default-src 'self'"
    (entry,) = listener.entries(app)
    assert sorted(entry.usage) == [("21", 3), ("22", 3)]
    assert entry.code == 503
    assert abs(entry.time_ms / 1000 - time.time()) < 60


def test_transactions_may_have_any_keys_and_are_counted_in_order(
    listener: RunningListener, app: App
) -> None:
    """Each for its own application, by id or by user key in any mode; a service named inside one is ignored."""
    other = listener.application()
    answer = listener.report(
        f"transactions[foo][app_id]={app.id}&transactions[7][user_key]={other.user_key}"
        "&transactions[foo][usage][hits]=1&transactions[7][usage][hits]=2&transactions[7][service_id]=99"
        f"&transactions[\u00e9][app_id]={app.id}&transactions[\u00e9][usage][+hits+]=4&{WHO}"
    )
    assert answer.status == 202
    assert [dict(each.usage)["21"] for each in listener.entries(app)] == [1, 4]
    assert listener.counted(other) == 2


def test_two_thousand_transactions_fit_in_one_report(listener: RunningListener, app: App) -> None:
    assert listener.report_of(app, *({"usage][hits": "1"} for _ in range(2000))).status == 202
    assert listener.counted(app) == 2000


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        ("a=%zz", 400, "bad_request", "Invalid query parameters: invalid %-encoding"),
        ("a=1&a[b]=2", 400, "bad_request", BAD_REQUEST),
        ("&" * 4096, 400, "bad_request", "total number of query parameters (4097) exceeds limit (4096)"),
        ("", 403, "provider_key_or_service_token_required", REQUIRED),
        ("a=%ff", 403, "provider_key_or_service_token_required", REQUIRED),
        ("provider_key[]=pk", 403, "provider_key_or_service_token_required", REQUIRED),
        ("service_token=token2", 422, "service_id_missing", "Service ID is missing"),
        ("service_token=no&service_id=2", 403, "service_token_invalid", 'service token "no" or service id "2" is invalid'),
        ("service_token=%ff&service_id=%fe", 403, "service_token_invalid", 'service token "\ufffd" or service id "\ufffd" is invalid'),
        (f"{WHO}&a=%ff", 422, "not_valid_data", "all data must be valid UTF8"),
        ("provider_key=%ff&transactions[0][a]=b", 422, "not_valid_data", "all data must be valid UTF8"),
        (WHO, 400, "transactions_is_blank", "transactions parameter is blank"),
        (f"{WHO}&transactions", 400, "transactions_is_blank", "transactions parameter is blank"),
        (f"{WHO}&transactions=", 400, "transactions_is_blank", "transactions parameter is blank"),
        (f"{WHO}&transactions=abc", 400, "transactions_format_invalid", FORMAT),
        (f"{WHO}&transactions[]=abc", 400, "transactions_format_invalid", FORMAT),
        (f"{WHO}&transactions[][app_id]=a", 400, "transactions_format_invalid", FORMAT),
        (f"{WHO}&transactions[0]=abc", 400, "transactions_format_invalid", FORMAT),
        (f"{WHO}&transactions[0][]=abc", 400, "transactions_format_invalid", FORMAT),
        (f"{WHO}&transactions[0][usage]=1", 400, "transactions_format_invalid", FORMAT),
        (f"{WHO}&transactions[0][usage][]=1", 400, "transactions_format_invalid", FORMAT),
        (f"{WHO}&transactions[0][app_id][]=a&transactions[0][usage][hits]=1", 400, "transactions_format_invalid", FORMAT),
        (f"{WHO}&transactions[0][user_key][a]=a&transactions[0][usage][hits]=1", 400, "transactions_format_invalid", FORMAT),
        (f"{WHO}&transactions[0]", 400, "transactions_has_nil_transaction", "transactions has a nil transaction"),
        (f"{WHO}&transactions[0][app_id]=a&transactions[1]", 400, "transactions_has_nil_transaction", "transactions has a nil transaction"),
        (f"{WHO}&transactions[0][user_id]=", 400, "end_users_no_longer_supported", END_USERS),
        ("provider_key=nobody&transactions[0][app_id]=a", 403, OR_MISSING, 'provider key "nobody" invalid and/or service ID missing'),
        ("provider_key=nobody&service_id=2&transactions[0][app_id]=a", 403, "provider_key_invalid", 'provider key "nobody" is invalid'),
        ("provider_key=pk&service_id=99&transactions[0][app_id]=a", 403, "service_id_invalid", 'service id "99" is invalid'),
        ("provider_key=pk&service_id=%20&transactions[0][app_id]=a", 403, "service_id_invalid", 'service id " " is invalid'),
        ("provider_key=%20&transactions[0][app_id]=a", 403, OR_MISSING, 'provider key " " invalid and/or service ID missing'),
    ],
)  # fmt: skip
def test_each_error_told_at_once_has_its_status_code_and_words(
    listener: RunningListener, body: str, status: int, code: str, message: str
) -> None:
    answer = listener.report(body)
    assert (answer.status, answer.body) == (status, error_body(code, message))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("transactions[0]&a=%ff", "provider_key_or_service_token_required"),
        (f"{WHO}&transactions=abc&a=%ff", "not_valid_data"),
        ("provider_key=nobody&service_id=99&transactions[0][user_id]=u", "end_users_no_longer_supported"),
        ("provider_key=nobody&service_id=99&transactions[0][usage][nope]=x", "service_id_invalid"),
    ],
)  # fmt: skip
def test_the_first_failed_check_is_the_one_told(
    listener: RunningListener, body: str, code: str
) -> None:
    assert f'<error code="{code}">' in listener.report(body).body


class TestCaller:
    def test_a_service_token_is_as_good_as_a_provider_key(
        self, listener: RunningListener, app: App
    ) -> None:
        assert listener.report(f"service_token=token2&service_id=2&{one(app)}").status == 202
        assert listener.counted(app) == 1

    @pytest.mark.parametrize("service_id", ["", "&service_id=", "&service_id"])
    def test_without_a_service_id_the_default_service_is_meant(
        self, listener: RunningListener, service_id: str
    ) -> None:
        app = listener.application("1")
        assert listener.report(f"provider_key=pk{service_id}&{one(app)}").status == 202
        assert listener.counted(app) == 1

    def test_the_query_string_is_merged_under_the_body(
        self, listener: RunningListener, app: App
    ) -> None:
        """What the body names wins; the rest of the query string counts."""
        assert listener.report(one(app), query=WHO).status == 202
        assert listener.report(f"provider_key=pk&{one(app)}", query="provider_key=no&service_id=2").status == 202  # fmt: skip
        assert listener.report("", query=f"{WHO}&{one(app)}").status == 202
        assert listener.report(f"provider_key=no&{one(app)}", query=WHO).status == 403
        assert listener.report(f"{WHO}&{one(app)}", query="a=%zz").status == 400
        assert listener.counted(app) == 3

    def test_no_body_is_heard_in_header_and_url_but_not_in_the_form(
        self, listener: RunningListener
    ) -> None:
        assert listener.report("", **{"3scale-options": "no_body=1"}).body == ""
        assert listener.report("", query="no_body=1").body == ""
        assert listener.report("", query="no_body=1", content_type="text/plain").body == ""
        assert listener.report("no_body=1").body != ""
        assert listener.report(f"{WHO}&a=%ff", query="no_body=1").body != ""


class TestNotJudged:
    def test_states_keys_referrers_and_limits_do_not_stop_a_report(
        self, listener: RunningListener
    ) -> None:
        """What has happened has happened: also of a suspended application of a suspended service."""
        app = listener.application(
            "4", keys=["k"], filters=["f"], state="suspended", limits={("hits", "eternity"): 0}
        )
        assert listener.report_of(app, {"usage][hits": "5"}).status == 202
        assert listener.counted(app) == 5

    def test_zeros_are_dropped_and_a_report_of_nothing_is_accepted(
        self, listener: RunningListener, app: App
    ) -> None:
        for usage in ({"usage][hits": "0"}, {"usage": ""}, {"timestamp": "0"}):
            assert listener.report_of(app, usage).status == 202
        assert listener.report_of(app, {"app_id": "nope", "usage][hits": "0"}, {"usage][hits": "1"}).status == 202  # fmt: skip
        assert [dict(each.usage) for each in listener.entries(app)] == [{"21": 1}]


class TestDiscarded:
    """What the protocol finds out later: the caller hears 202, and nothing of the batch is counted."""

    @pytest.mark.parametrize(
        "wrong",
        [
            {"app_id": "nope"},
            {"app_id": ""},
            {"user_key": "nope"},
            {"user_key": ""},
            {"usage][nope": "1"},
            {"usage][hits": "x"},
            {"usage][hits": ""},
            {"usage][hits": "9223372036854775808"},
            {"usage][hits": "9223372036854775807", "usage][child": "1"},
            {"timestamp": "0"},
            {"timestamp": "-5"},
            {"timestamp": "20240214"},
            {"timestamp": "99999999999999999999999999999999"},
            {"timestamp": "2020-01-01 00:00:00"},
            {"timestamp": "2999-01-01T00:00:00Z"},
        ],
        ids=lambda wrong: " ".join(f"{name}={value}" for name, value in wrong.items()),
    )
    def test_one_wrong_transaction_discards_the_whole_batch(
        self, listener: RunningListener, app: App, wrong: dict[str, str]
    ) -> None:
        right = {"usage][hits": "1"}
        assert listener.report_of(app, right, {**right, **wrong}, right).status == 202
        assert listener.entries(app) == []

    def test_a_transaction_with_both_credentials_is_wrong(
        self, listener: RunningListener, app: App
    ) -> None:
        body = f"{WHO}&{one(app)}&transactions[0][user_key]={app.user_key}"
        assert listener.report(body).status == 202
        assert listener.entries(app) == []


class TestTimes:
    @pytest.mark.parametrize("age_s", [0, 60, 3600, 86_000, -60, -3500])
    def test_a_time_within_the_window_is_kept_to_the_second(
        self, listener: RunningListener, app: App, age_s: int
    ) -> None:
        at_s = int(time.time()) - age_s
        text = time.strftime("%Y-%m-%d %H:%M:%S +0000", time.gmtime(at_s))
        for given in (str(at_s), text):
            assert listener.report_of(app, {"usage][hits": "1", "timestamp": given}).status == 202
        assert [each.time_ms for each in listener.entries(app)] == [at_s * 1000] * 2

    @pytest.mark.parametrize("age_s", [86_500, -3700])
    def test_a_time_outside_of_the_window_discards_the_report(
        self, listener: RunningListener, app: App, age_s: int
    ) -> None:
        given = str(int(time.time()) - age_s)
        assert listener.report_of(app, {"usage][hits": "1", "timestamp": given}).status == 202
        assert listener.entries(app) == []

    @pytest.mark.parametrize("text", ["", "12:00", "08", "garbage", "2024-13-01", "1707900000.5"])
    def test_a_time_that_cannot_be_read_means_now(
        self, listener: RunningListener, app: App, text: str
    ) -> None:
        assert listener.report_of(app, {"usage][hits": "1", "timestamp": text}).status == 202
        (entry,) = listener.entries(app)
        assert abs(entry.time_ms / 1000 - time.time()) < 60

    def test_usage_of_a_period_that_is_over_does_not_use_up_the_one_that_runs(
        self, listener: RunningListener
    ) -> None:
        """An hour ago: not this minute's, but in eternity."""
        app = listener.application(limits={("hits", "minute"): 5, ("hits", "eternity"): 50})
        given = str(int(time.time()) - 3600)
        listener.report_of(app, {"usage][hits": "6", "timestamp": given})
        answer = listener.authorize(app.by_id)
        assert (answer.status, answer.values) == (
            200,
            {("hits", "eternity"): 6, ("hits", "minute"): 0},
        )
