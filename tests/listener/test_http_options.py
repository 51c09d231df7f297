"""The header `3scale-options`, on the wire."""

import re

import pytest
from support.running_listener import (
    DECLARATION,
    RunningListener,
    away_from_the_end_of_a_minute,
    error_body,
)

pytestmark = pytest.mark.service

NAMES = ("remaining", "reset", "max-value")


class TestNoBody:
    @pytest.mark.parametrize(
        ("option", "is_on"),
        [
            ("no_body=1", True),
            ("no_body=true", True),
            ("no_body=", True),
            ("no_body=no", True),
            ("no_body", False),
            ("no_body=0", False),
            ("no_body=false", False),
        ],
    )
    def test_it_is_on_with_any_value_but_none_zero_and_false(
        self, listener: RunningListener, option: str, is_on: bool
    ) -> None:
        """In the header or in the URL, however it is spelled there."""
        app = listener.application()
        for answer in (
            listener.authorize(app.by_id, option),
            listener.authrep(f"{app.by_id}&{option}"),
            listener.authrep(f"{option.replace('_', '%5F')}&{app.by_id}"),
        ):
            assert (answer.status, answer.body == "") == (200, is_on)
            assert answer.headers["content-type"] == "application/vnd.3scale-v2.0+xml"

    def test_denials_and_errors_lose_their_body_too(self, listener: RunningListener) -> None:
        app = listener.application(state="suspended")
        assert listener.authorize(app.by_id, "no_body=1") == listener.authorize(f"{app.by_id}&no_body=1")  # fmt: skip
        for query, status in (
            (app.by_id, 409),
            ("provider_key=nobody", 403),
            ("a=%zz", 400),
            ("", 403),
        ):
            answer = listener.authrep(query, "no_body=1")
            assert (answer.status, answer.body) == (status, "")

    def test_what_is_no_utf8_or_too_much_is_answered_with_a_body_all_the_same(
        self, listener: RunningListener
    ) -> None:
        assert listener.authrep("a=%ff", "no_body=1").body == error_body("not_valid_data", "all data must be valid UTF8")  # fmt: skip
        assert "exceeds limit" in listener.authrep("&" * 4096, "no_body=1").body

    def test_a_counted_call_counts_without_a_body_too(self, listener: RunningListener) -> None:
        app = listener.application(limits={("hits", "eternity"): 2})
        call = f"{app.by_id}&usage[child]=1&no_body=1"
        statuses = [listener.authrep(call).status for _ in range(3)]
        assert (statuses, listener.counted(app)) == ([200, 200, 409], 2)


class TestRejectionReason:
    @pytest.mark.parametrize(
        "option", ["rejection_reason_header=1", "no_body=1&rejection_reason_header=1"]
    )
    def test_a_denial_names_its_code(self, listener: RunningListener, option: str) -> None:
        app = listener.application(limits={("hits", "eternity"): 0})
        answer = listener.authrep(f"{app.by_id}&usage[hits]=1", option)
        assert answer.headers["3scale-rejection-reason"] == "limits_exceeded"

    @pytest.mark.parametrize(
        "option",
        [
            "rejection_reason_header=true",
            "rejection_reason_header",
            "rejection_reason_header[]=1",
            None,
        ],
    )
    def test_only_when_it_is_asked_for_with_a_one(
        self, listener: RunningListener, option: str | None
    ) -> None:
        app = listener.application(state="suspended")
        answer = listener.authrep(app.by_id, option)
        assert answer.status == 409
        assert "3scale-rejection-reason" not in answer.headers

    def test_an_authorization_names_none(self, listener: RunningListener) -> None:
        app = listener.application()
        answer = listener.authrep(app.by_id, "rejection_reason_header=1")
        assert "3scale-rejection-reason" not in answer.headers


def limit_headers(headers: dict[str, str]) -> tuple[str | None, ...]:
    return tuple(headers.get(f"3scale-limit-{name}") for name in NAMES)


class TestLimitHeaders:
    def test_authrep_counts_after_applying_itself_and_authorize_before(
        self, listener: RunningListener
    ) -> None:
        app = listener.application(limits={("hits", "eternity"): 10})
        call = f"{app.by_id}&usage[hits]=2"
        assert limit_headers(listener.authorize(call, "limit_headers=1").headers) == (
            "5",
            "-1",
            "10",
        )
        assert limit_headers(listener.authrep(call, "limit_headers=1").headers) == ("4", "-1", "10")
        assert limit_headers(listener.authrep(f"{app.by_id}&usage[child]=8", "limit_headers=1").headers) == ("0", "-1", "10")  # fmt: skip
        denied = listener.authrep(call, "limit_headers=1&no_body=1")
        assert (denied.status, limit_headers(denied.headers)) == (409, ("0", "-1", "10"))

    def test_reset_tells_the_seconds_to_the_end_of_the_period(
        self, listener: RunningListener
    ) -> None:
        away_from_the_end_of_a_minute()
        app = listener.application(limits={("hits", "minute"): 10})
        reset = listener.authrep(f"{app.by_id}&usage[hits]=1", "limit_headers=1").headers[
            "3scale-limit-reset"
        ]
        assert 1 <= int(reset) <= 60

    @pytest.mark.parametrize("usage", ["", "&usage[hits]=0", "&usage[other]=1"])
    def test_what_no_limit_holds_is_unlimited(self, listener: RunningListener, usage: str) -> None:
        app = listener.application(limits={("hits", "eternity"): 10})
        answer = listener.authrep(app.by_id + usage, "limit_headers=1")
        assert limit_headers(answer.headers) == ("-1", "-1", None)

    def test_a_denial_for_another_reason_tells_no_limits(self, listener: RunningListener) -> None:
        app = listener.application(limits={("hits", "eternity"): 10}, state="suspended")
        answer = listener.authrep(f"{app.by_id}&usage[hits]=1", "limit_headers=1")
        assert (answer.status, limit_headers(answer.headers)) == (409, (None, None, None))

    def test_nothing_is_told_unless_asked(self, listener: RunningListener) -> None:
        app = listener.application(limits={("hits", "eternity"): 10})
        answer = listener.authrep(f"{app.by_id}&usage[hits]=1")
        assert limit_headers(answer.headers) == (None, None, None)


class TestFlatUsage:
    def test_it_is_neither_checked_nor_counted_on_the_parents(
        self, listener: RunningListener
    ) -> None:
        """In authorize, authrep and reports."""
        app = listener.application(limits={("hits", "eternity"): 1, ("child", "eternity"): 9})
        call = f"{app.by_id}&usage[child]=2"
        assert listener.authorize(call).status == 409
        assert listener.authorize(call, "flat_usage=1").status == 200
        assert listener.authrep(call, "flat_usage=1").status == 200
        body = f"provider_key=pk&service_id=2&transactions[0][app_id]={app.id}&transactions[0][usage][child]=3"
        assert listener.report(body, **{"3scale-options": "flat_usage=1"}).status == 202
        assert (listener.counted(app, "child"), listener.counted(app, "hits")) == (5, 0)
        assert listener.report(body).status == 202
        assert (listener.counted(app, "child"), listener.counted(app, "hits")) == (8, 3)


class TestLists:
    def test_keys_and_hierarchy_are_listed_after_the_reports(
        self, listener: RunningListener
    ) -> None:
        app = listener.application(
            limits={("hits", "eternity"): 9, ("child", "eternity"): 8}, keys=["k2", "k<1>"]
        )
        answer = listener.authorize(f"{app.by_id}&app_key=k2", "list_app_keys=1&hierarchy=1")
        report = (
            '<usage_report metric="{}" period="eternity"><max_value>{}</max_value>'
            "<current_value>0</current_value></usage_report>"
        )
        assert answer.body == (
            f"{DECLARATION}<status><authorized>true</authorized><plan>Basic</plan>"
            f"<usage_reports>{report.format('hits', 9)}{report.format('child', 8)}</usage_reports>"
            f'<app_keys app="{app.id}" svc="2"><key id="k2"/><key id="k&lt;1&gt;"/></app_keys>'
            '<hierarchy><metric name="hits" children="child"/><metric name="child" children="deep"/></hierarchy>'
            "</status>"
        )

    def test_they_are_there_in_denials_and_when_empty(self, listener: RunningListener) -> None:
        app = listener.application(state="suspended")
        answer = listener.authrep(app.by_id, "hierarchy=1&list_app_keys=1")
        assert answer.body.endswith(
            f'<plan>Basic</plan><app_keys app="{app.id}" svc="2"></app_keys><hierarchy></hierarchy></status>'
        )

    def test_calls_with_and_without_options_do_not_answer_for_each_other(
        self, listener: RunningListener
    ) -> None:
        """The same query string with different options gives each its own answer, time and again."""
        app = listener.application()
        for _ in range(2):
            assert "<hierarchy>" in listener.authrep(app.by_id, "hierarchy=1").body
            assert "<hierarchy>" not in listener.authrep(app.by_id).body
            assert listener.authrep(app.by_id, "no_body=1").body == ""


@pytest.mark.parametrize("options", ["%zz", "a[]=1&a[b]=2&no_body=1", "[" * 5000, "no_body=%ff&x=%", "", "&&", "\u00e9=1"])  # fmt: skip
def test_a_header_that_cannot_be_read_is_ignored(listener: RunningListener, options: str) -> None:
    app = listener.application()
    answer = listener.authrep(app.by_id, options)
    assert answer.status == 200
    assert re.search("<authorized>true</authorized>", answer.body)
