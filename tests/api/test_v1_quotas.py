"""Quotas: used, limit, what remains, and when it will be used up."""

from typing import Any

import pytest
from support import catalog_data
from support.analytics_site import AnalyticsSite

from tallygate.catalog.models import Limit, Metric


def limit(site: AnalyticsSite, period: str, value: int, metric: Metric | None = None) -> Limit:
    counted = metric or site.product.hits
    return Limit.objects.create(plan=site.plan, metric=counted, period=period, value=value)


def asked(site: AnalyticsSite, **parameters: Any) -> Any:
    answer = site.v1("quotas", **parameters)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_limit_as_it_stands(site: AnalyticsSite) -> None:
    """31 used in ten hours and twenty minutes of the day: of 100, the rest lasts another 23 hours."""
    limit(site, "day", 62)
    site.hit("2020-03-18 00:00", "2020-03-18 10:19", "2020-03-17 23:59")
    site.hit("2020-03-18 05:00", value=29)
    (quota,) = asked(site)["quotas"]
    application = site.application
    assert quota == {
        "product": {"id": site.product.pk, "name": "Echo", "system_name": "echo"},
        "application": {
            "id": application.pk,
            "application_id": application.application_id,
            "name": "App",
            "state": "live",
        },
        "account": {"id": application.account.pk, "name": "Consumer"},
        "plan": {"id": site.plan.pk, "name": "Basic", "system_name": "basic"},
        "metric": {
            "id": site.product.hits.pk, "name": "Hits", "system_name": "hits", "unit": "hit",
        },
        "period": "day",
        "since": "2020-03-18T00:00:00Z",
        "until": "2020-03-19T00:00:00Z",
        "limit": 62,
        "used": 31,
        "remaining": 31,
        "percent": 50.0,
        "exhausted": False,
        "projected_exhaustion": "2020-03-18T20:40:00Z",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "remaining", "percent", "exhausted", "projected"),
    [
        (5, 0, 100.0, True, None),
        (4, 0, 125.0, True, None),
        (0, 0, 100.0, True, None),
        (1_000_000, 999_995, 0.0005, False, None),
        (10, 5, 50.0, False, "2020-03-18T20:40:00Z"),
    ],
)
def test_what_is_used_up_and_what_will_last(
    site: AnalyticsSite,
    value: int,
    remaining: int,
    percent: float,
    exhausted: bool,
    projected: str | None,
) -> None:
    limit(site, "day", value)
    site.hit("2020-03-18 01:00", value=5)
    (quota,) = asked(site)["quotas"]
    assert (quota["remaining"], quota["percent"], quota["exhausted"]) == (remaining, percent, exhausted)  # fmt: skip
    assert quota["projected_exhaustion"] == projected


def test_each_period_is_that_of_the_utc_calendar(site: AnalyticsSite) -> None:
    """Eternity has neither a beginning to be told nor an end; its pace is that of the last 30 days."""
    site.at("2020-03-18 10:20")
    for period in ("minute", "hour", "day", "week", "month", "year", "eternity"):
        limit(site, period, 1000)
    for time in (
        "2020-03-18 10:20", "2020-03-18 10:00", "2020-03-18 00:00", "2020-03-16 00:00",
        "2020-03-01 00:00", "2020-01-01 00:00", "2019-12-31 23:59",
    ):  # fmt: skip
        site.hit(time)
    found = {
        each["period"]: (each["used"], each["until"])
        for each in asked(site, timezone="Asia/Kolkata")["quotas"]
    }
    assert found == {
        "minute": (1, "2020-03-18T15:51:00+05:30"),
        "hour": (2, "2020-03-18T16:30:00+05:30"),
        "day": (3, "2020-03-19T05:30:00+05:30"),
        "week": (4, "2020-03-23T05:30:00+05:30"),
        "month": (5, "2020-04-01T05:30:00+05:30"),
        "year": (6, "2021-01-01T05:30:00+05:30"),
        "eternity": (7, None),
    }


def test_limits_on_backend_metrics_are_there_too(site: AnalyticsSite) -> None:
    backend = catalog_data.backend(site.provider)
    catalog_data.use(site.product, backend)
    hits = backend.metrics.get()
    limit(site, "day", 10, hits)
    site.hit("2020-03-18 01:00", metric=hits, value=4)
    (quota,) = asked(site)["quotas"]
    assert (quota["metric"]["system_name"], quota["used"]) == (hits.system_name, 4)


def test_what_is_near_its_limit_comes_first_and_pages_hold_each_once(site: AnalyticsSite) -> None:
    limit(site, "day", 10), limit(site, "month", 40)
    others = [catalog_data.application(site.plan, name=f"A{number}") for number in range(4)]
    for value, application in zip((3, 9, 9, 1), others, strict=True):
        site.hit("2020-03-18 01:00", application=application, value=value)

    def read(**given: Any) -> list[tuple[str, str, float]]:
        found, cursor = [], None
        while True:
            page = asked(site, **given, **({"cursor": cursor} if cursor else {}))
            found += [(q["application"]["name"], q["period"], q["percent"]) for q in page["quotas"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    expected = [
        ("A1", "day", 90.0), ("A2", "day", 90.0), ("A0", "day", 30.0),
        ("A1", "month", 22.5), ("A2", "month", 22.5),
    ]  # fmt: skip
    assert read(order="percent", at_least=20, limit=2) == expected
    by_application = read(limit=3)
    assert len(by_application) == len(set(by_application)) == 10
    assert by_application[:3] == [("App", "day", 0.0), ("App", "month", 0.0), ("A0", "day", 30.0)]


def test_chosen_ones(site: AnalyticsSite) -> None:
    limit(site, "day", 10), limit(site, "month", 40)
    limit(site, "day", 5, catalog_data.method(site.product))
    catalog_data.application(site.plan, name="Other")
    one = {"application": site.application.pk}
    assert [q["period"] for q in asked(site, **one, period="day", metric="hits")["quotas"]] == ["day"]  # fmt: skip
    assert len(asked(site, **one)["quotas"]) == 3
    assert len(asked(site)["quotas"]) == 6
    assert asked(site, account=site.application.account.pk)["quotas"] == asked(site, **one)["quotas"]  # fmt: skip
