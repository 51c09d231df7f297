"""Averages by day of the week and by hour of the day: per time it came up, in the zone that is shown."""

import csv
import io

import pytest
from support.portal_pages import commands, run, token_of

DAY_S, HOUR_S = 86_400, 3600


def report(answer):
    assert answer.status_code == 200, answer.context.get("error")
    return answer.context["report"]


def averages(portal, kind, **query):
    return portal.get(f"/products/{portal.product.pk}/{kind}-averages", **query)


def test_a_constant_hundred_a_day_is_a_hundred_on_average(portal):
    """Also on the weekday of today, which is not over and does not count."""
    for day in range(40):
        portal.count(portal.clock.now_s() - day * DAY_S, portal.product.hits, value=100)
    shown = report(averages(portal, "daily"))
    assert shown.labels[0] == "Monday"
    assert list(shown.curves[0].values) == [100.0] * 7
    (table,) = shown.tables
    assert [row[4].text for row in table.rows] == ["4", "4", "4", "4", "4", "4", "5"]
    assert shown.tiles[0].number == "100"


def test_hours_are_those_of_the_zone_that_is_shown(portal):
    at_s = portal.clock.now_s() - DAY_S  # 10:05 UTC
    portal.count(at_s, portal.product.hits, value=58)
    utc = report(averages(portal, "hourly")).curves[0].values
    assert utc[10] == 58 / 29
    kathmandu = report(averages(portal, "hourly", timezone="Asia/Kathmandu")).curves[0].values
    assert [hour for hour, value in enumerate(kathmandu) if value] == [15]  # 15:50


def test_the_window_before_is_beside_it(portal):
    portal.count(portal.clock.now_s() - 35 * DAY_S, portal.product.hits, value=40)
    portal.count(portal.clock.now_s() - 7 * DAY_S, portal.product.hits, value=40)
    shown = report(averages(portal, "daily"))
    assert shown.curves[0].values[0] == 10.0
    assert shown.curves[0].previous[0] == 40 / 4
    assert report(averages(portal, "daily", compare="none")).curves[0].previous == []


@pytest.mark.parametrize(
    ("kind", "name", "rows"), [("daily", "weekday", 7), ("hourly", "hour", 24)]
)
def test_the_file_tells_totals_and_how_often(portal, kind, name, rows):
    portal.count(portal.clock.now_s() - DAY_S, portal.product.hits, value=6)
    answer = portal.get(f"/products/{portal.product.pk}/{kind}-averages.csv")
    found = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert len({row[name] for row in found}) == len(found) == rows
    for row in found:
        if float(row["occurrences"]):
            assert float(row["average"]) == int(row["total"]) / float(row["occurrences"])
    assert sum(int(row["total"]) for row in found) == 6


def test_nothing_is_explained_and_leads_on(portal):
    portal.count(portal.clock.now_s() - 90 * DAY_S, portal.product.hits)
    (reason,) = averages(portal, "hourly").context["empty"].reasons
    assert "was last counted at" in reason.text
    there = portal.client.get(f"/products/{portal.product.pk}/hourly-averages{reason.url}")
    assert not report(there).is_empty


@pytest.mark.parametrize("kind", ["daily", "hourly"])
def test_the_page_tells_the_call_that_gives_the_same_averages(portal, kind):
    for day in range(30):
        at_s = portal.clock.now_s() - day * DAY_S - day * HOUR_S
        portal.count(at_s, portal.product.hits, value=day)
    answer = averages(portal, kind, timezone="Asia/Kolkata")
    (command,) = commands(answer)
    (line,) = run(command, token_of("admin")).json()["lines"]
    assert line["averages"] == list(report(answer).curves[0].values)
    assert sum(line["totals"]) > 0
