"""Requests to the Analytics API that cannot be answered are told why, never with a 500."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import catalog_data
from support.analytics_site import AnalyticsSite

from tallygate.catalog.models import Provider
from tallygate.domain.errors import HistoryUnavailable
from tallygate.web import runtime

DENIED = {"error": "Access denied"}
NOT_PERMITTED = {"error": "Your access token does not have the correct permissions"}
CAP = "Time range for the granularity must be less than "


@pytest.mark.parametrize("token", ["", "wrong", " "])
def test_without_a_good_token_nothing_is_told(site: AnalyticsSite, token: str) -> None:
    answer = site.service(token=token)
    assert (answer.status_code, answer.json()) == (403, DENIED)


def test_an_expired_token_is_no_token(site: AnalyticsSite) -> None:
    expired = site.issue(site.user, expires_at=datetime(2020, 3, 18, 10, 20, tzinfo=UTC))
    assert site.service(token=expired).status_code == 403
    site.at("2020-03-18 10:19")
    assert site.service(token=expired, period="day").status_code == 200


def test_a_token_of_another_scope_may_not_read(site: AnalyticsSite) -> None:
    answer = site.service(token=site.issue(site.user, "account_management"))
    assert (answer.status_code, answer.json()) == (403, NOT_PERMITTED)


def test_a_member_needs_the_monitoring_section(site: AnalyticsSite) -> None:
    barred = site.person("barred", allowed_sections=["plans"])
    watcher = site.person("watcher", allowed_sections=["monitoring"])
    answer = site.service(token=site.issue(barred))
    assert (answer.status_code, answer.json()) == (403, NOT_PERMITTED)
    assert site.service(token=site.issue(watcher), period="day").status_code == 200


def test_a_member_sees_only_their_products(site: AnalyticsSite) -> None:
    elsewhere = catalog_data.product(site.provider, name="Elsewhere")
    member = site.person(
        "member", allowed_sections=["monitoring"], allowed_product_ids=[elsewhere.pk]
    )
    token = site.issue(member)
    hidden = site.service(token=token, period="day")
    assert (hidden.status_code, hidden.json()) == (404, {"error": "Service not found"})
    forbidden = site.of_application(token=token, period="day")
    assert (forbidden.status_code, forbidden.json()) == (403, {"status": "Forbidden"})
    assert site.of_application("xml", token=token).content == b""


def test_another_providers_things_do_not_exist(site: AnalyticsSite) -> None:
    other = Provider.objects.create(name="Other")
    asked = {"metric_name": "hits", "period": "day", "provider_key": other.provider_key}
    for path, body in [
        (f"services/{site.product.pk}", {"error": "Service not found"}),
        (f"applications/{site.application.pk}", {"error": "Application not found"}),
        (f"backend_apis/{catalog_data.backend(site.provider).pk}", {"status": "Not found"}),
    ]:
        answer = site.get(f"{path}/usage.json", token="", **asked)
        assert (answer.status_code, answer.json()) == (404, body)


def test_the_provider_key_may_read_everything(site: AnalyticsSite) -> None:
    key = site.provider.provider_key
    answer = site.service(token="", provider_key=key, period="day")
    assert answer.status_code == 200


@pytest.mark.parametrize("number", ["0", "x", "9" * 30, "-1", "%00", "1%20"])
@pytest.mark.parametrize("kind", ["services", "applications", "backend_apis"])
def test_a_number_that_nothing_has_is_not_found(
    site: AnalyticsSite, kind: str, number: str
) -> None:
    assert site.get(f"{kind}/{number}/usage.json").status_code == 404


def test_an_unknown_format_is_refused_after_the_token(site: AnalyticsSite) -> None:
    answer = site.service("yaml")
    assert answer.status_code == 406
    assert answer.content.decode() == 'The server does not understand "yaml" request.'
    assert site.service("yaml", token="").status_code == 403


@pytest.mark.parametrize(
    ("parameters", "missing"),
    [
        ({"metric_name": "", "period": "day"}, "metric_name"),
        ({"metric_name": " "}, "metric_name"),
        ({"metric_name": "unknown"}, "granularity"),
        ({"period": ""}, "granularity"),
        ({"granularity": "day"}, "since"),
    ],
)
@pytest.mark.parametrize("form", ["json", "xml", "csv"])
def test_missing_parameters_are_named_one_by_one_in_plain_text(
    site: AnalyticsSite, parameters: dict[str, str], missing: str, form: str
) -> None:
    answer = site.service(form, **parameters)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.content.decode() == f"Required parameter missing: {missing}"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"metric_name": "nope", "period": "day"}, "metric nope not found"),
        (
            {"period": "decade"},
            'Period must be one of ["eternity", "year", "month", "week", "day"] not "decade"',
        ),
        (
            {"period": "day", "granularity": "fortnight"},
            "Granularity must be one of [:eternity, :year, :month, :week, :day, 6 hours, :hour, :minute],"
            " not fortnight",
        ),
        (
            {"since": "2020-01-01", "granularity": "day"},
            "You need to specify either 'range' or 'since' and 'until'",
        ),
        (
            {"period": "day", "granularity": "eternity"},
            "Granularity 'eternity' is only supported for period 'eternity'",
        ),
        (
            {"period": "eternity", "granularity": "day"},
            "Only 'eternity' granularity is supported for period 'eternity'",
        ),
        (
            {"period": "day", "since": "garbage"},
            "Date parameters should have valid date/time format.",
        ),
        ({"period": "day", "timezone": "Mars"}, "Timezone Mars is not known"),
        (
            {"period": "day", "since": "2020-01-01", "timezone": "Mars"},
            "Timezone Mars is not known",
        ),
    ],
)
def test_a_question_that_makes_no_sense_is_told_why_in_the_format_asked_for(
    site: AnalyticsSite, parameters: dict[str, str], message: str
) -> None:
    answer = site.service(**parameters)
    assert (answer.status_code, answer.json()) == (400, {"error": message})
    assert site.service("csv", **parameters).content.decode() == message
    xml = site.service("xml", **parameters).content.decode()
    assert xml.startswith("<error>")
    assert xml.endswith("</error>")


@pytest.mark.parametrize(
    ("granularity", "span"),
    [("hour", "400 days"), ("day", "25 years"), ("month", "100 years")],
)
def test_an_absurd_range_is_refused_on_all_three_kinds(
    site: AnalyticsSite, granularity: str, span: str
) -> None:
    backend = catalog_data.backend(site.provider)
    for path in (
        f"services/{site.product.pk}",
        f"applications/{site.application.pk}",
        f"backend_apis/{backend.pk}",
    ):
        answer = site.get(
            f"{path}/usage.json",
            metric_name="hits",
            since="2020-03-17",
            until="8000-09-19 23:49:00",
            granularity=granularity,
        )
        assert (answer.status_code, answer.json()) == (
            400,
            {"error": f"{CAP}{span}; no granularity would do"},
        )


def test_a_range_that_is_too_long_is_refused_with_the_granularities_that_would_do(
    site: AnalyticsSite,
) -> None:
    answer = site.service(since="2018-01-01", until="2020-03-18", granularity="hour")
    would_do = "6 hours, day, week, month and year would do"
    assert (answer.status_code, answer.json()) == (400, {"error": f"{CAP}400 days; {would_do}"})


@pytest.mark.parametrize(
    ("granularity", "since"),
    [
        ("day", "2019-03-20"),
        ("month", "2011-03-18"),
        ("hour", "2019-12-20"),
        ("day", "2000-03-01"),
        ("month", "1970-01-01"),
        ("hour", "2019-03-18"),
        ("week", "1970-01-01"),
        ("6 hours", "2016-03-18"),
    ],
)
def test_long_ranges_within_the_caps_are_answered(
    site: AnalyticsSite, granularity: str, since: str
) -> None:
    answer = site.service(since=since, until="2020-03-18", granularity=granularity)
    assert answer.status_code == 200


def test_a_body_that_is_no_json_is_told(site: AnalyticsSite) -> None:
    deep = "[" * 100_000
    for body in ("{", "\xff", deep, '{"metric_name": ["hits"]}', '{"period": {}}'):
        answer = site.client.generic(
            "GET",
            f"/stats/services/{site.product.pk}/usage.json?access_token={site.token}",
            body,
            content_type="application/json",
        )
        assert answer.status_code == 400
        assert "error" in answer.json()


def test_a_name_that_no_text_can_be_is_not_found(site: AnalyticsSite) -> None:
    answer = site.client.generic(
        "GET",
        f"/stats/services/{site.product.pk}/usage.json?access_token={site.token}",
        '{"metric_name": "\\ud800", "period": "day"}',
        content_type="application/json",
    )
    assert answer.status_code == 400


def test_without_the_history_the_answer_is_503_with_the_reason(
    site: AnalyticsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise HistoryUnavailable("the disk is full")

    monkeypatch.setattr(runtime, "history", gone)
    answer = site.service(period="day")
    assert (answer.status_code, answer.json()) == (503, {"error": "the disk is full"})


def test_usage_is_only_read(site: AnalyticsSite) -> None:
    url = f"/stats/services/{site.product.pk}/usage.json?access_token={site.token}"
    assert site.client.post(url).status_code == 405
    assert site.client.head(f"{url}&metric_name=hits&period=day").status_code == 200


JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
)
NAMES = ("metric_name", "period", "since", "until", "granularity", "timezone", "skip_change")
LIKELY = {
    "metric_name": ["hits"],
    "period": ["day", "eternity", "year"],
    "since": ["2020-01-01", "0001-01-01", "9999-12-31T23:59:59-23:59", "2020-02-30", "NaN"],
    "until": ["2020-01-01", "10000-01-01", "2020-W01-1"],
    "granularity": ["hour", "month", "21600", 21600],
    "timezone": ["Asia/Kathmandu", "../UTC", "Etc", "UTC\0"],
    "skip_change": ["false", False],
}
PARAMETERS = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(LIKELY[name]) | JUNK for name in NAMES}
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parameters=PARAMETERS, in_body=st.booleans(), form=st.sampled_from(["json", "xml", "csv"]))
def test_no_parameters_ever_give_a_500(
    site: AnalyticsSite, parameters: dict[str, Any], in_body: bool, form: str
) -> None:
    url = f"/stats/services/{site.product.pk}/usage.{form}"
    client = Client(raise_request_exception=True)
    if in_body:
        answer = client.generic(
            "GET",
            f"{url}?access_token={site.token}",
            json.dumps(parameters),
            content_type="application/json",
        )
    else:
        given_texts = {
            name: str(value).encode("utf-8", "replace")
            for name, value in parameters.items()
            if value is not None
        }
        answer = client.get(url, given_texts | {"access_token": site.token})
    assert answer.status_code in (200, 400)
