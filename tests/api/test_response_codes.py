"""How often calls were answered with a response code, or with one of a class."""

from typing import Any

import pytest
from django.http import HttpResponse
from support import catalog_data
from support.analytics_site import AnalyticsSite

from tallygate.catalog.models import Metric

DAY = {"period": "day", "since": "2020-03-18"}


def asked(site: AnalyticsSite, form: str = "json", **parameters: Any) -> HttpResponse:
    """Of the product."""
    path = f"services/{site.product.pk}/usage_response_code.{form}"
    return site.get(path, **{**DAY, **parameters})


def total(site: AnalyticsSite, code: str, **parameters: Any) -> int:
    found: int = asked(site, response_code=code, **parameters).json()["total"]
    return found


def test_a_code_is_counted_once_per_call_and_in_its_class(site: AnalyticsSite) -> None:
    site.hit("2020-03-18 01:00", "2020-03-18 02:00", value=5, code=404)
    site.hit("2020-03-18 02:30", code=429)
    site.hit("2020-03-18 03:00", code=302)
    answer = asked(site, response_code="4XX").json()
    assert list(answer) == ["response_code", "period", "total", "values"]
    assert answer["response_code"] == {"code": "4XX"}
    assert (answer["total"], answer["values"][:4]) == (3, [0, 1, 2, 0])
    counted = {code: total(site, code) for code in ("404", "429", "302", "3XX", "2XX", "200")}
    assert counted == {"404": 2, "429": 1, "302": 1, "3XX": 1, "2XX": 0, "200": 0}


@pytest.mark.parametrize("code", ["4xx", "4Xx", "4XX"])
def test_a_class_is_named_in_any_case(site: AnalyticsSite, code: str) -> None:
    site.hit("2020-03-18 01:00", code=404)
    answer = asked(site, response_code=code).json()
    assert (answer["response_code"], answer["total"]) == ({"code": "4XX"}, 1)


@pytest.mark.parametrize("code", [100, 101, 199, 200, 299, 304, 418, 499, 500, 599])
def test_every_code_from_100_to_599_is_told(site: AnalyticsSite, code: int) -> None:
    site.hit("2020-03-18 01:00", code=code)
    assert (total(site, str(code)), total(site, f"{code // 100}XX")) == (1, 1)


@pytest.mark.parametrize("code", ["99", "600", "0404", "4X", "6XX", "XXX", "ok", "²XX", "٤٠٤"])
def test_what_is_no_code_is_refused(site: AnalyticsSite, code: str) -> None:
    answer = asked(site, response_code=code)
    message = "Response code must be from 100 to 599, or a class: 2XX, not "
    assert (answer.status_code, answer.json()) == (400, {"error": message + code.upper()})


@pytest.mark.parametrize(
    ("parameters", "missing"),
    [
        ({"period": "day"}, "response_code"),
        ({"response_code": "200"}, "granularity"),
        ({"response_code": "200", "granularity": "day"}, "since"),
    ],
)
def test_missing_parameters_are_named_one_by_one_in_plain_text(
    site: AnalyticsSite, parameters: dict[str, str], missing: str
) -> None:
    answer = site.get(f"services/{site.product.pk}/usage_response_code.json", **parameters)
    assert answer.content.decode() == f"Required parameter missing: {missing}"
    assert answer.status_code == 400


def test_codes_are_compared_with_the_window_before(site: AnalyticsSite) -> None:
    site.hit("2020-03-17 05:00", "2020-03-18 05:00", "2020-03-18 06:00", code=500)
    answer = asked(site, response_code="5XX", skip_change="false").json()
    assert (answer["total"], answer["previous_total"], answer["change"]) == (2, 1, 100.0)


def test_an_applications_codes_are_its_own(site: AnalyticsSite) -> None:
    other = catalog_data.application(site.plan, account=site.application.account, name="Other")
    site.hit("2020-03-18 01:00", code=404)
    site.hit("2020-03-18 01:00", "2020-03-18 02:00", code=404, application=other)
    path = f"applications/{site.application.pk}/usage_response_code.json"
    answer = site.get(path, response_code="404", **DAY).json()
    assert list(answer) == ["response_code", "period", "total", "values", "application"]
    assert (answer["total"], answer["application"]["name"]) == (1, "App")
    assert total(site, "404") == 3


def test_codes_may_be_asked_for_by_metric(site: AnalyticsSite) -> None:
    """Of the calls that count on it: a method's, say. Beyond 3scale."""
    method = catalog_data.method(site.product)
    site.hit("2020-03-18 01:00", code=404)
    site.hit("2020-03-18 01:00", "2020-03-18 02:00", metric=method, value=9, code=404)
    answer = asked(site, response_code="404", metric_name="orders").json()
    assert (answer["metric"]["system_name"], answer["response_code"]) == ("orders", {"code": "404"})
    assert answer["total"] == 2
    refused = asked(site, response_code="404", metric_name="nope")
    assert (refused.status_code, refused.json()) == (400, {"error": "metric nope not found"})


def test_a_backends_codes_are_those_of_the_calls_that_reach_it(site: AnalyticsSite) -> None:
    """In all products. Beyond 3scale."""
    backend = catalog_data.backend(site.provider)
    hits = Metric.objects.get(backend=backend)
    method = catalog_data.method(backend)
    elsewhere = catalog_data.plan(catalog_data.product(site.provider, name="Elsewhere"))
    other = catalog_data.application(elsewhere, account=site.application.account)
    site.hit("2020-03-18 01:00", code=500)
    site.hit("2020-03-18 01:00", metric=hits, code=500)
    site.hit("2020-03-18 02:00", metric=hits, code=503, application=other)
    site.hit("2020-03-18 02:00", metric=method, code=503)
    path = f"backend_apis/{backend.pk}/usage_response_code.json"
    answer = site.get(path, response_code="5XX", **DAY).json()
    assert list(answer) == ["total", "values", "metric", "response_code", "period"]
    assert (answer["total"], answer["metric"]["system_name"]) == (3, f"hits.{backend.pk}")
    of_method = site.get(path, response_code="503", metric_name="orders", **DAY).json()
    assert of_method["total"] == 1


def test_xml_and_csv_have_the_same_numbers(site: AnalyticsSite) -> None:
    """3scale fails to write them."""
    site.hit("2020-03-18 01:00", "2020-03-18 02:00", code=404)
    asked_for = {"response_code": "4xx", "since": "2020-03-18", "until": "2020-03-18 03:00"}
    asked_for |= {"period": "", "granularity": "hour"}
    assert asked(site, "xml", **asked_for).content.decode() == (
        """<?xml version="1.0" encoding="UTF-8"?>
<usage>
  <response_code>
    <code>4XX</code>
  </response_code>
  <period>
    <since>2020-03-18 00:00:00 UTC</since>
    <until>2020-03-18 03:59:59 UTC</until>
    <name />
    <granularity>hour</granularity>
  </period>
  <data>
    <total>2</total>
    <values length="4">0,1,1,0</values>
  </data>
</usage>
"""
    )
    assert asked(site, "csv", **asked_for).content.decode() == (
        "Response Code,Date,Value\n"
        "4XX,2020-03-18 00:00:00 UTC,0\n"
        "4XX,2020-03-18 01:00:00 UTC,1\n"
        "4XX,2020-03-18 02:00:00 UTC,1\n"
        "4XX,2020-03-18 03:00:00 UTC,0\n"
    )
    of_hits = asked(site, "csv", **asked_for, metric_name="hits").content.decode()
    assert of_hits.startswith("Metric System Name,Metric Name,Response Code,Date,Value\nhits,Hits,")


def test_codes_of_a_metric_by_the_minute_are_not_kept(site: AnalyticsSite) -> None:
    by_minute = {"period": "day", "granularity": "minute", "response_code": "200"}
    assert asked(site, **by_minute).status_code == 200
    refused = asked(site, **by_minute, metric_name="hits")
    assert refused.status_code == 400
    assert "ask by the hour" in refused.json()["error"]
