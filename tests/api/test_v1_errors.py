"""Questions that cannot be answered are told why, never with a 500."""

import base64
import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import catalog_data
from support.analytics_site import AnalyticsSite

from tallygate.api.v1.urls import PARAMETERS
from tallygate.catalog.models import Provider
from tallygate.domain.errors import HistoryUnavailable
from tallygate.web import runtime


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"metrics": "hits"}, "There is no parameter metrics; there are "),
        ({"metric": "nope"}, "metric nope not found"),
        ({"product": "nope"}, "product nope not found"),
        ({"backend": "7"}, "backend 7 not found"),
        ({"application": "x"}, "application x not found"),
        ({"account": "9" * 30}, "account 999999999999999999999999999999 not found"),
        ({"plan": "0"}, "plan 0 not found"),
        ({"split": "application,colour"}, "split must be among product, application, account, plan,"),
        ({"split": "class,response_code"}, "split by response_code or by class, not by both"),
        ({"response_code": "99"}, "Response code must be from 100 to 599"),
        ({"granularity": "fortnight"}, "granularity must be one of auto, total, minute, hour,"),
        ({"granularity": "eternity"}, "granularity must be one of auto, total, minute, hour,"),
        ({"since": "garbage"}, "Date parameters should have valid date/time format."),
        ({"since": "2020-03-18", "until": "2020-03-17"}, "until must be after since"),
        ({"until": "2020-03-17"}, "until needs since"),
        ({"last": "30d", "since": "2020-03-17"}, "last cannot stand beside since or until"),
        ({"last": "12m"}, "last must be a number followed by one of min, h, d, w, mo, y, not 12m"),
        ({"last": "101y"}, "last must be at most 100y, not 101y"),
        ({"timezone": "Mars"}, "Timezone Mars is not known"),
        ({"compare": "yesterday"}, "compare must be one of previous, year, not yesterday"),
        ({"order": "growth", "split": "application"}, "order growth needs compare"),
        ({"order": "silence", "compare": "year"}, "order silence needs a split by product,"),
        ({"limit": "0"}, "limit must be from 1 to 1000, not 0"),
        ({"limit": "many"}, "limit must be a whole number, not many"),
        ({"cursor": "abc"}, "This is no cursor of this question"),
        ({"format": "xml"}, "format must be one of json, csv, ndjson, parquet, arrow, not xml"),
        (
            {"last": "3y", "granularity": "hour"},
            "Time range for the granularity must be less than 400 days; 6 hours, day, week, month and year would do",
        ),
        (
            {"since": "2020-03-01", "granularity": "minute"},
            "Time range for the granularity must be less than 7 days; hour,",
        ),
        (
            {"last": "60min", "granularity": "minute", "metric": "hits", "split": "class"},
            "Response codes of a metric are not kept by minute; ask by the hour",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_why(
    site: AnalyticsSite, parameters: dict[str, str], message: str
) -> None:
    answer = site.v1("usage", **parameters)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(message)


def test_a_parameter_with_two_values_where_one_is_meant_is_told(site: AnalyticsSite) -> None:
    answer = site.v1("usage", since=["2020-03-17", "2020-03-18"])
    assert (answer.status_code, answer.json()) == (400, {"error": "since must have one value"})


def test_a_cursor_belongs_to_its_question(site: AnalyticsSite) -> None:
    for name in "ab":
        site.hit("2020-03-18 01:00", application=catalog_data.application(site.plan, name=name))
    asked = {"split": "application", "limit": 1}
    cursor = site.v1("usage", **asked).json()["next_cursor"]
    assert site.v1("usage", **asked, cursor=cursor).status_code == 200
    for other in ({"last": "7d"}, {"split": "account"}, {"metric": "hits"}):
        answer = site.v1("usage", **{**asked, **other}, cursor=cursor)
        assert answer.status_code == 400
    assert site.v1("quotas", limit=1, cursor=cursor).status_code == 400


def forged(cursor: str, place: int, value: Any) -> str:
    parts = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    parts[place] = value
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (1, -1), (1, 2**70), (1, "now"), (2, None), (2, [["1"], 1, 1]), (2, [["1", "a"], 2**63, 0]),
        (2, [["1", "a", "b"], 1, 1]), (2, [["1", 7], 1, 1]), (2, [["'", "\\') OR 1"], 1.5, 1]),
    ],
)  # fmt: skip
def test_a_forged_cursor_is_refused(site: AnalyticsSite, place: int, value: Any) -> None:
    for name in "ab":
        site.hit("2020-03-18 01:00", application=catalog_data.application(site.plan, name=name))
    asked = {"split": "application", "limit": 1}
    cursor = site.v1("usage", **asked).json()["next_cursor"]
    answer = site.v1("usage", **asked, cursor=forged(cursor, place, value))
    assert answer.status_code == 400


def test_a_forged_cursor_shows_nothing_of_others(site: AnalyticsSite) -> None:
    other = Provider.objects.create(name="Other")
    product = catalog_data.product(other, name="Theirs")
    application = catalog_data.application(catalog_data.plan(product))
    site.hit("2020-03-18 01:00", application=application, metric=product.hits, value=9)
    for name in "ab":
        site.hit("2020-03-18 01:00", application=catalog_data.application(site.plan, name=name))
    asked = {"split": "application", "limit": 1}
    cursor = site.v1("usage", **asked).json()["next_cursor"]
    page = site.v1("usage", **asked, cursor=forged(cursor, 2, [["", ""], 10**9, 0])).json()
    assert [line["product"]["name"] for line in page["lines"]] == ["Echo"]


def test_without_the_history_the_answer_is_503_with_the_reason(
    site: AnalyticsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise HistoryUnavailable("the disk is full")

    monkeypatch.setattr(runtime, "history", gone)
    for report, asked in [
        ("usage", {}),
        ("usage", {"format": "parquet"}),
        ("averages", {"by": "hour"}),
    ]:
        answer = site.v1(report, **asked)
        assert (answer.status_code, answer.json()) == (503, {"error": "the disk is full"})


@pytest.mark.parametrize("report", PARAMETERS)
def test_reports_are_only_read(site: AnalyticsSite, report: str) -> None:
    url = f"/analytics/v1/{report}?access_token={site.token}&by=hour"
    assert site.client.post(url).status_code == 405
    assert site.client.get("/analytics/v1/nothing").status_code == 404


def test_a_provider_without_products_has_no_lines(site: AnalyticsSite) -> None:
    empty = Provider.objects.create(name="Empty")
    answer = site.v1("usage", token="", provider_key=empty.provider_key)
    assert (answer.status_code, answer.json()["lines"]) == (200, [])


LIKELY = {
    "split": ["application", "class,account", "method,plan", "product", ","],
    "metric": ["hits", "hits,hits"],
    "response_code": ["404", "4xx,200", "²XX"],
    "granularity": ["auto", "total", "minute", "hour", "year"],
    "last": ["1y", "9999min", "100y", "0d"],
    "since": ["2020-01-01", "1900-01-01", "8999-12-31", "0001-01-01", "2020-02-30"],
    "until": ["2020-03-01", "8999-12-31T23:59:59-23:59", "9999-12-31"],
    "timezone": ["Asia/Kathmandu", "../UTC", "UTC\0", "Africa/Monrovia"],
    "compare": ["previous", "year"],
    "order": ["growth", "silence", "percent"],
    "limit": ["1", "1000"],
    "format": ["csv", "arrow", "parquet", "ndjson"],
    "by": ["weekday", "hour"],
    "period": ["day", "eternity"],
    "at_least": ["0", "100"],
    "cursor": ["W10", "AAAA", "🐍"],
    "application": ["1", "1,2"],
}
JUNK = st.text(max_size=10)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), report=st.sampled_from(list(PARAMETERS)))
def test_no_parameters_ever_give_a_500(
    site: AnalyticsSite, data: st.DataObject, report: str
) -> None:
    names = data.draw(st.sets(st.sampled_from((*PARAMETERS[report], "format")), max_size=5))
    asked = {
        name: data.draw(st.sampled_from(LIKELY[name]) | JUNK if name in LIKELY else JUNK)
        for name in sorted(names)
    }
    encoded = {name: text.encode("utf-8", "replace") for name, text in asked.items()}
    client = Client(raise_request_exception=True)
    answer = client.get(f"/analytics/v1/{report}", encoded | {"access_token": site.token})
    assert answer.status_code in (200, 400)
    if answer.streaming:
        b"".join(answer.streaming_content)
