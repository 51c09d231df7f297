"""Averages by weekday and by hour: over the times that each came up, by the clocks of the zone asked for."""

from typing import Any

import pytest
from support import catalog_data
from support.analytics_site import AnalyticsSite


def asked(site: AnalyticsSite, **parameters: Any) -> Any:
    answer = site.v1("averages", **parameters)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_weekday_is_averaged_over_the_times_it_came_up(site: AnalyticsSite) -> None:
    """Wednesday the 18th has not ended and is left out."""
    site.hit("2020-03-02 12:00", "2020-03-09 00:00", value=4)
    site.hit("2020-03-17 23:59", "2020-03-18 01:00", value=3)
    answer = asked(site, by="weekday", since="2020-03-02", until="2020-03-18")
    (line,) = answer["lines"]
    assert answer["names"][:2] == ["monday", "tuesday"]
    assert line["occurrences"] == [3, 3, 2, 2, 2, 2, 2]
    assert line["totals"] == [8, 3, 0, 0, 0, 0, 0]
    assert line["averages"] == [8 / 3, 1, 0, 0, 0, 0, 0]
    assert answer["complete_until"] == "2020-03-18T10:20:00Z"


def test_hours_are_those_of_the_zones_clocks(site: AnalyticsSite) -> None:
    site.hit("2020-03-16 18:31", "2020-03-17 18:31")
    given = {"by": "hour", "since": "2020-03-16", "until": "2020-03-17"}
    kolkata = asked(site, timezone="Asia/Kolkata", **given)["lines"][0]
    assert (kolkata["totals"][0], kolkata["averages"][0]) == (1, 0.5)
    utc = asked(site, **given)["lines"][0]
    assert (utc["totals"][18], utc["averages"][18], utc["occurrences"][18]) == (2, 1, 2)


def test_an_hour_that_is_skipped_did_not_come_up(site: AnalyticsSite) -> None:
    site.at("2020-04-01 00:00")
    given = {
        "by": "hour",
        "since": "2020-03-29",
        "until": "2020-03-29",
        "timezone": "Europe/Madrid",
    }
    line = asked(site, **given)["lines"][0]
    assert (line["occurrences"][2], line["averages"][2], line["averages"][3]) == (0, None, 0)


def test_lines_may_be_split_and_come_in_pages(site: AnalyticsSite) -> None:
    second = catalog_data.application(site.plan, name="Second")
    site.hit("2020-03-16 12:00", value=4)
    site.hit("2020-03-16 12:00", application=second, value=6)
    given = {"by": "weekday", "since": "2020-03-16", "until": "2020-03-17", "split": "application", "limit": 1}  # fmt: skip
    first = asked(site, **given)
    page = asked(site, **given, cursor=first["next_cursor"])
    names = [answer["lines"][0]["application"]["name"] for answer in (first, page)]
    assert names == ["Second", "App"]
    assert page["lines"][0]["averages"][0] == 4
    assert page["totals"][0]["averages"][0] == 10
    assert page["next_cursor"] is None


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "by must be one of weekday, hour"),
        ({"by": "month"}, "by must be one of weekday, hour, not month"),
        (
            {"by": "hour", "last": "3y"},
            "Time range for the granularity must be less than 400 days; 6 hours, day, week, month and year would do",
        ),
    ],
)
def test_what_makes_no_sense_is_told_why(
    site: AnalyticsSite, parameters: dict[str, str], message: str
) -> None:
    answer = site.v1("averages", **parameters)
    assert (answer.status_code, answer.json()) == (400, {"error": message})
