"""The applications that used most of a metric in a period of the calendar."""

from typing import Any

import pytest
from django.http import HttpResponse
from support import catalog_data
from support.analytics_site import AnalyticsSite

from tallygate.catalog.models import Application

MONTH = {"metric_name": "hits", "period": "month", "since": "2009-12-22"}


def asked(site: AnalyticsSite, form: str = "json", **parameters: Any) -> HttpResponse:
    """Of the product."""
    path = f"services/{site.product.pk}/top_applications.{form}"
    return site.get(path, **{**MONTH, **parameters})


def another(site: AnalyticsSite, name: str) -> Application:
    return catalog_data.application(site.plan, name=name)


def ranked(answer: HttpResponse) -> list[tuple[str, int]]:
    return [(each["name"], each["value"]) for each in answer.json()["applications"]]


def test_the_greatest_come_first_in_the_calendars_month(site: AnalyticsSite) -> None:
    site.at("2009-12-22 00:00")
    second = another(site, "Second")
    site.hit("2009-12-02 00:00", "2009-12-15 00:00", "2009-11-30 23:59", "2010-01-01 00:00")
    site.hit("2009-12-03 00:00", application=second)
    answer = asked(site)
    application, account = site.application, site.application.account
    body = answer.json()
    assert body["applications"][0] == {
        "name": "App",
        "id": application.pk,
        "value": 2,
        "account": {"id": account.pk, "name": "Consumer"},
        "plan": {"id": site.plan.pk, "name": "Basic"},
        "service": {"id": site.product.pk},
    }
    assert ranked(answer) == [("App", 2), ("Second", 1)]
    assert body["metric"]["system_name"] == "hits"
    assert body["period"] == {
        "name": "month",
        "since": "2009-12-01T00:00:00Z",
        "until": "2009-12-31T23:59:59Z",
    }
    assert list(body) == ["applications", "metric", "period"]


def test_weeks_begin_on_monday(site: AnalyticsSite) -> None:
    period = asked(site, period="week", since="2016-11-25").json()["period"]
    assert (period["since"], period["until"]) == ("2016-11-21T00:00:00Z", "2016-11-27T23:59:59Z")


@pytest.mark.parametrize("zone", ["UTC", "Madrid", "Asia/Kolkata", "Pacific/Chatham", "Hawaii"])
def test_ranks_and_values_are_those_of_the_zones_own_month_and_integers(
    site: AnalyticsSite, zone: str
) -> None:
    """An hour around each end of the month turns the order round between zones; each value is the application's own."""
    second = another(site, "Second")
    for day in ("2009-11-30", "2009-12-31"):
        site.hit(*[f"{day} {hour:02}:35" for hour in range(24)], application=second)
    site.hit(*["2009-12-15 12:00"] * 20)
    expected = []
    for name, number in (("App", site.application.pk), ("Second", second.pk)):
        usage = site.get(
            f"applications/{number}/usage.json",
            metric_name="hits",
            period="month",
            since="2009-12-01",
            timezone=zone,
        )
        expected.append((name, usage.json()["total"]))
    found = ranked(asked(site, timezone=zone))
    assert found == sorted(expected, key=lambda pair: -pair[1])
    assert all(isinstance(value, int) for _, value in found)


def test_ten_are_told_and_deleted_ones_make_room_for_the_next(site: AnalyticsSite) -> None:
    applications = [another(site, f"A{number:02}") for number in range(25)]
    for value, application in enumerate(applications, 1):
        site.hit("2009-12-02 00:00", application=application, value=value)
    for application in applications[10:]:
        if application.name not in ("A12", "A24"):
            application.delete()
    assert ranked(asked(site)) == [
        ("A24", 25), ("A12", 13), *[(f"A{n:02}", n + 1) for n in range(9, 1, -1)],
    ]  # fmt: skip


def test_of_a_backend_in_all_products_that_may_be_seen(site: AnalyticsSite) -> None:
    backend, elsewhere = catalog_data.backend(site.provider), catalog_data.product(site.provider, name="Elsewhere")  # fmt: skip
    hits = backend.metrics.get()
    other = catalog_data.application(catalog_data.plan(elsewhere), name="Other")
    site.hit("2009-12-02 00:00", metric=hits, value=3)
    site.hit("2009-12-02 00:00", metric=hits, application=other, value=7)
    path = f"backend_apis/{backend.pk}/top_applications.json"
    assert ranked(site.get(path, **MONTH)) == [("Other", 7), ("App", 3)]
    member = site.person(
        "m", allowed_sections=["monitoring"], allowed_product_ids=[site.product.pk]
    )
    assert ranked(site.get(path, token=site.issue(member), **MONTH)) == [("App", 3)]


def test_the_same_in_xml(site: AnalyticsSite) -> None:
    site.hit("2009-12-02 00:00")
    application, account = site.application, site.application.account
    assert asked(site, "xml").content.decode() == (
        f"""<?xml version="1.0" encoding="UTF-8"?>
<top>
  <metric>
    <id>{site.product.hits.pk}</id>
    <name>Hits</name>
    <system_name>hits</system_name>
    <unit>hit</unit>
  </metric>
  <period>
    <name>month</name>
    <since>2009-12-01 00:00:00 UTC</since>
    <until>2009-12-31 23:59:59 UTC</until>
  </period>
  <applications>
    <application>
      <value>1</value>
      <id>{application.pk}</id>
      <name>App</name>
      <plan>
        <id>{site.plan.pk}</id>
        <name>Basic</name>
      </plan>
      <account>
        <name>Consumer</name>
        <id>{account.pk}</id>
      </account>
    </application>
  </applications>
</top>
"""
    )


def test_the_same_in_csv(site: AnalyticsSite) -> None:
    site.hit("2009-12-02 00:00", value=5)
    answer = asked(site, "csv")
    application, account = site.application, site.application.account
    assert answer.content.decode() == (
        "Application Name,Application ID,Plan Name,Plan ID,Account Name,Account ID,Total\n"
        f"App,{application.pk},Basic,{site.plan.pk},Consumer,{account.pk},5\n"
    )
    assert answer.headers["Content-Disposition"].startswith(
        "attachment; filename=top-applications-"
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"metric_name": "", "period": "", "since": ""}, "Required parameter missing: metric_name"),
        ({"period": "", "since": ""}, "Required parameter missing: period"),
        ({"since": ""}, "Required parameter missing: since"),
    ],
)
def test_missing_parameters_are_named_one_by_one(
    site: AnalyticsSite, parameters: dict[str, str], message: str
) -> None:
    answer = asked(site, **parameters)
    assert (answer.status_code, answer.content.decode()) == (400, message)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"period": "eternity"},
            'Period must be one of ["year", "month", "week", "day"] not "eternity"',
        ),
        ({"since": "garbage"}, "Date parameters should have valid date/time format."),
        ({"timezone": "Mars"}, "Timezone Mars is not known"),
        ({"metric_name": "nope"}, "metric nope not found"),
    ],
)
def test_what_makes_no_sense_is_told_why(
    site: AnalyticsSite, parameters: dict[str, str], message: str
) -> None:
    answer = asked(site, **parameters)
    assert (answer.status_code, answer.json()) == (400, {"error": message})


def test_of_an_application_there_is_no_such_report(site: AnalyticsSite) -> None:
    path = f"applications/{site.application.pk}/top_applications.json"
    assert site.get(path, **MONTH).status_code == 404
