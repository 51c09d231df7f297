"""Usage through the Analytics API: windows, numbers and shapes."""

import json

import pytest
from support import catalog_data
from support.analytics_site import AnalyticsSite
from support.history_data import entry

from tallygate.catalog.models import Metric


def test_a_day_that_ends_now_is_25_hours_rounded_outwards(site: AnalyticsSite) -> None:
    site.at("2009-12-11 19:10")
    site.hit("2009-12-11 10:35", "2009-12-11 18:20", "2009-12-11 18:21", "2009-12-11 18:45")
    answer = site.service(period="day", timezone="UTC", skip_change="false").json()
    assert answer["period"] == {
        "name": "day",
        "since": "2009-12-10T19:00:00Z",
        "until": "2009-12-11T19:59:59Z",
        "timezone": "Etc/UTC",
        "granularity": "hour",
    }
    assert answer["values"] == [*[0] * 15, 1, *[0] * 7, 3, 0]
    assert (answer["total"], answer["previous_total"], answer["change"]) == (4, 0, 100.0)


def test_a_year_in_madrid_begins_at_its_own_midnight(site: AnalyticsSite) -> None:
    site.hit("2009-12-31 10:35", "2009-12-31 23:20", "2010-01-01 12:21")
    site.hit("2010-12-01 12:21", "2011-01-01 23:21")
    answer = site.service(
        period="year", since="2010-01-01", timezone="Madrid", skip_change="false"
    ).json()
    assert answer["values"] == [2, *[0] * 10, 1]
    assert (answer["total"], answer["previous_total"], answer["change"]) == (3, 1, 200.0)
    assert answer["period"]["since"] == "2010-01-01T00:00:00+01:00"
    assert answer["period"]["timezone"] == "Europe/Madrid"


def test_a_year_on_the_azores_begins_an_hour_after_utc(site: AnalyticsSite) -> None:
    site.hit("2010-01-01 00:35", "2010-01-01 01:20", "2010-01-01 23:55")
    site.hit("2011-01-01 00:21", "2011-01-01 01:21")
    answer = site.service(
        period="year", since="2010-01-01", timezone="Azores", skip_change="false"
    ).json()
    assert answer["values"] == [2, *[0] * 10, 1]
    assert (answer["total"], answer["previous_total"], answer["change"]) == (3, 1, 200.0)


def test_an_applications_month_in_the_zone_of_its_provider(site: AnalyticsSite) -> None:
    site.provider.time_zone = "Europe/Madrid"
    site.provider.save()
    site.at("2009-12-13 00:00")
    site.hit("2009-11-03 00:00", "2009-12-04 11:30", "2009-12-04 22:15", "2009-12-12 00:00")
    answer = site.of_application(period="month", skip_change="false").json()
    assert answer["period"]["since"] == "2009-11-13T00:00:00+01:00"
    assert answer["period"]["until"] == "2009-12-13T23:59:59+01:00"
    assert len(answer["values"]) == 31
    assert (answer["total"], answer["previous_total"], answer["change"]) == (3, 1, 200.0)


def test_since_and_until_are_rounded_outwards(site: AnalyticsSite) -> None:
    period = site.service(
        since="2009-12-04 22:14", until="2009-12-08 18:10", granularity="hour"
    ).json()["period"]
    assert period == {
        "name": None,
        "since": "2009-12-04T22:00:00Z",
        "until": "2009-12-08T18:59:59Z",
        "timezone": "Etc/UTC",
        "granularity": "hour",
    }


def test_a_backend_without_traffic_has_zeros(site: AnalyticsSite) -> None:
    backend = catalog_data.backend(site.provider)
    answer = site.get(
        f"backend_apis/{backend.pk}/usage.json",
        metric_name="hits",
        period="day",
        since="2020-03-19",
        timezone="UTC",
        skip_change="false",
    ).json()
    assert list(answer) == ["total", "values", "previous_total", "change", "metric", "period"]
    assert (answer["values"], answer["total"]) == ([0] * 24, 0)
    assert (answer["previous_total"], answer["change"]) == (0, 0.0)
    assert answer["metric"]["system_name"] == f"hits.{backend.pk}"
    assert answer["period"]["timezone"] == "Etc/UTC"


def test_half_hour_zones_have_their_own_hours(site: AnalyticsSite) -> None:
    site.hit(*[f"2020-03-{day} {hour:02}:15" for day in (17, 18, 19) for hour in range(24)])
    answer = site.service(period="day", since="2020-03-18", timezone="New Delhi").json()
    assert (answer["total"], answer["values"]) == (24, [1] * 24)
    assert answer["period"]["since"] == "2020-03-18T00:00:00+05:30"


def test_the_first_bucket_is_not_counted_in_the_window_before(site: AnalyticsSite) -> None:
    site.hit("2020-03-17 03:00", *["2020-03-18 00:05"] * 5, *["2020-03-18 07:00"] * 2)
    answer = site.service(period="day", since="2020-03-18", skip_change="false").json()
    assert (answer["total"], answer["previous_total"], answer["change"]) == (7, 1, 600.0)


@pytest.mark.parametrize("year", [2019, 2020, 2021])
def test_a_year_is_compared_with_the_year_before_in_leap_years_too(
    site: AnalyticsSite, year: int
) -> None:
    site.hit(f"{year - 1}-01-01 00:00", f"{year - 1}-12-31 23:59", *[f"{year}-07-01 00:00"] * 3)
    answer = site.service(period="year", since=f"{year}-01-01", skip_change="false").json()
    assert (answer["total"], answer["previous_total"], answer["change"]) == (3, 2, 50.0)


def test_days_stay_days_after_the_clocks_change_within_the_window(site: AnalyticsSite) -> None:
    site.hit("2020-03-30 22:30")  # 00:30 of the 31st in Madrid, in summer time
    answer = site.service(period="month", since="2020-03-01", timezone="Madrid").json()
    assert answer["values"] == [*[0] * 30, 1]


@pytest.mark.parametrize(("day", "hours"), [("2020-03-29", 23), ("2020-10-25", 25)])
def test_a_day_on_which_the_clocks_change_has_23_or_25_hours(
    site: AnalyticsSite, day: str, hours: int
) -> None:
    site.hit(*[f"{day} {hour:02}:30" for hour in range(22)])
    answer = site.service(period="day", since=day, timezone="Europe/Madrid").json()
    assert len(answer["values"]) == hours
    assert answer["total"] == 22


def test_a_products_json_has_its_keys_in_their_order(site: AnalyticsSite) -> None:
    answer = site.service(period="day", since="2020-03-18")
    hits = site.product.hits
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert list(answer.json()) == ["metric", "period", "total", "values"]
    assert answer.json()["metric"] == {
        "id": hits.pk,
        "name": "Hits",
        "system_name": "hits",
        "unit": "hit",
    }


def test_an_applications_json_tells_who_it_is(site: AnalyticsSite) -> None:
    site.hit("2020-03-18 01:00")
    other = catalog_data.application(site.plan, name="Other", account=site.application.account)
    site.hit("2020-03-18 01:00", application=other, value=5)
    answer = site.of_application(period="day", since="2020-03-18").json()
    application = site.application
    assert answer["total"] == 1
    assert list(answer)[-1] == "application"
    assert answer["application"] == {
        "id": application.pk,
        "name": "App",
        "state": "live",
        "link": f"/p/admin/applications/{application.pk}",
        "description": "",
        "plan": {"id": site.plan.pk, "name": "Basic"},
        "account": {
            "id": application.account.pk,
            "name": "Consumer",
            "link": f"/buyers/accounts/{application.account.pk}",
        },
        "service": {"id": site.product.pk},
    }
    assert site.service(period="day", since="2020-03-18").json()["total"] == 6


def test_a_week_comes_in_six_hours_and_says_so_in_seconds(site: AnalyticsSite) -> None:
    answer = site.service(period="week", since="2020-03-09").json()
    assert answer["period"]["granularity"] == 21600
    assert len(answer["values"]) == 28


@pytest.mark.parametrize(
    ("granularity", "count"),
    [("hour", 744), ("day", 31), ("21600", 124), ("month", 1), ("year", 1)],
)
def test_a_granularity_goes_before_the_periods_own(
    site: AnalyticsSite, granularity: str, count: int
) -> None:
    site.hit("2020-03-18 01:00")
    answer = site.service(period="month", since="2020-03-01", granularity=granularity).json()
    assert len(answer["values"]) == count
    assert answer["total"] == 1


def test_eternity_is_one_number_without_a_change(site: AnalyticsSite) -> None:
    site.hit("1999-01-01 00:00", "2020-03-18 01:00")
    answer = site.service(period="eternity", timezone="Madrid", skip_change="false").json()
    assert list(answer) == ["metric", "period", "total", "values"]
    assert (answer["total"], answer["values"]) == (2, [2])
    assert answer["period"] == {
        "name": "eternity",
        "since": "1970-01-01T01:00:00+01:00",
        "until": "2020-03-19T00:59:59+01:00",
        "timezone": "Europe/Madrid",
        "granularity": "eternity",
    }


def test_only_the_word_false_asks_for_the_change(site: AnalyticsSite) -> None:
    for word in ("true", "0", "False", "no", ""):
        assert "change" not in site.service(period="day", skip_change=word).json()


def test_methods_and_backend_metrics_are_found_by_their_system_names(site: AnalyticsSite) -> None:
    method = catalog_data.method(site.product)
    backend = catalog_data.backend(site.provider)
    catalog_data.use(site.product, backend)
    of_backend = backend.metrics.get()
    site.hit("2020-03-18 01:00", metric=method, value=2)
    site.hit("2020-03-18 01:00", metric=of_backend, value=3)
    for name, total in [(method.system_name, 2), (f"hits.{backend.pk}", 3)]:
        for ask in (site.service, site.of_application):
            answer = ask(metric_name=name, period="day", since="2020-03-18").json()
            assert (answer["metric"]["system_name"], answer["total"]) == (name, total)


def test_a_backends_usage_is_summed_over_products_and_outlives_the_link(
    site: AnalyticsSite,
) -> None:
    backend = catalog_data.backend(site.provider)
    usage = catalog_data.use(site.product, backend)
    hits = Metric.objects.get(backend=backend)
    other = catalog_data.product(site.provider, name="Other")
    site.hit("2020-03-18 01:00", metric=hits)
    site.log.entries.append(entry(site.clock.now_s(), {str(hits.pk): 4}, product=other.service_id))
    usage.delete()
    for name in ("hits", f"hits.{backend.pk}"):
        answer = site.get(
            f"backend_apis/{backend.pk}/usage.json", metric_name=name, period="day"
        ).json()
        assert answer["total"] == 5


def test_parameters_may_come_in_a_json_body_of_a_get(site: AnalyticsSite) -> None:
    site.hit("2020-03-18 01:00")
    body = {"metric_name": "hits", "since": None, "until": None, "period": "year", "x": None}
    answer = site.client.generic(
        "GET",
        f"/stats/services/{site.product.pk}/usage.json?access_token={site.token}",
        json.dumps(body),
        content_type="application/json",
    )
    assert (answer.status_code, answer.json()["total"]) == (200, 1)
    assert answer.json()["period"]["name"] == "year"


def test_json_values_may_be_numbers_and_truths(site: AnalyticsSite) -> None:
    body = {
        "metric_name": "hits",
        "period": "week",
        "granularity": 21600,
        "skip_change": False,
        "access_token": site.token,
    }
    answer = site.client.generic(
        "GET",
        f"/stats/services/{site.product.pk}/usage.json",
        json.dumps(body),
        content_type="application/json",
    )
    assert answer.json()["change"] == 0.0


def test_xml_has_the_same_numbers(site: AnalyticsSite) -> None:
    site.hit("2020-03-18 01:00")
    hits, application = site.product.hits, site.application
    answer = site.of_application("xml", period="week", since="2020-03-16", timezone="Madrid")
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    values = ",".join(["0"] * 8 + ["1"] + ["0"] * 19)
    assert answer.content.decode().replace(" />", "/>") == (
        f"""<?xml version="1.0" encoding="UTF-8"?>
<usage>
  <application>
    <id>{application.pk}</id>
    <name>App</name>
    <plan>
      <id>{site.plan.pk}</id>
      <name>Basic</name>
    </plan>
    <account>
      <name>Consumer</name>
      <id>{application.account.pk}</id>
    </account>
  </application>
  <metric>
    <id>{hits.pk}</id>
    <name>Hits</name>
    <system_name>hits</system_name>
    <unit>hit</unit>
  </metric>
  <period>
    <since>2020-03-16 00:00:00 +0100</since>
    <until>2020-03-22 23:59:59 +0100</until>
    <name>week</name>
    <granularity>21600</granularity>
  </period>
  <data>
    <total>1</total>
    <values length="28">{values}</values>
  </data>
</usage>
"""
    )


def test_csv_has_a_line_for_each_bucket_whatever_the_window(site: AnalyticsSite) -> None:
    site.hit("2020-03-18 10:00", value=3)
    answer = site.service(
        "csv",
        since="2020-03-18 11:00",
        until="2020-03-18 12:00",
        granularity="hour",
        timezone="Madrid",
    )
    assert answer.content.decode() == (
        "Metric System Name,Metric Name,Date,Value\n"
        "hits,Hits,2020-03-18 11:00:00 +0100,3\n"
        "hits,Hits,2020-03-18 12:00:00 +0100,0\n"
    )
    assert answer.headers["Content-Type"] == "text/csv; header=present"
    disposition = f"attachment; filename=usage-{site.clock.now_s()}.csv"
    assert answer.headers["Content-Disposition"] == disposition


def test_a_number_is_the_same_in_every_format(site: AnalyticsSite) -> None:
    site.hit("2020-03-18 01:00", "2020-03-18 09:00", value=10**15)
    asked = {"period": "day", "since": "2020-03-18"}
    values = site.service(**asked).json()["values"]
    csv = site.service("csv", **asked).content.decode().splitlines()[1:]
    xml = site.service("xml", **asked).content.decode()
    assert [int(line.rpartition(",")[2]) for line in csv] == values
    assert f'<values length="24">{",".join(map(str, values))}</values>' in xml
