"""How much of its limits an application has used, and whether the rest lasts."""

import csv
import io

import pytest
from support.catalog_data import backend, use
from support.portal_pages import commands, member, run, token_of

from tallygate.catalog.models import Limit

HOUR_S, DAY_S = 3600, 86_400
NOW_OF_DAY_S = 10 * HOUR_S + 5 * 60 + 3


@pytest.fixture
def caller(portal):
    """The application that bootstrap makes."""
    return portal.product.applications.get()


def limit(caller, metric, period, value):
    return Limit.objects.create(plan=caller.plan, metric=metric, period=period, value=value)


def page(portal, caller, **query):
    return portal.get(f"/applications/{caller.pk}/limits", **query)


def report(answer):
    assert answer.status_code == 200, answer.context.get("error")
    return answer.context["report"]


def curves(answer):
    return {curve.key: list(curve.values) for curve in report(answer).curves}


def test_what_remains_of_a_day_falls_hour_by_hour_and_goes_on_at_its_pace(portal, caller):
    limit(caller, portal.product.hits, "day", 100)
    for hour in range(11):
        portal.count(
            portal.clock.now_s() - hour * HOUR_S,
            portal.product.hits,
            value=2,
            application=caller.application_id,
        )
    found = curves(page(portal, caller))
    assert found["remaining"][:11] == [100 - 2 * hour for hour in range(11)]
    assert found["remaining"][11:] == [None] * 14
    assert found["projected"][10] == 80
    pace = 22 / NOW_OF_DAY_S
    assert found["projected"][24] == round(78 - pace * (DAY_S - NOW_OF_DAY_S))
    assert found["even"][0] == 100
    assert found["even"][24] == 0
    tiles = {tile.title: (tile.number, tile.note) for tile in report(page(portal, caller)).tiles}
    assert tiles["Used"] == ("22", "of 100 hits")
    assert tiles["Starts anew"] == ("00:00", "19 May 2015, UTC")
    assert tiles["At this pace used up"][1] == "not in this period"


def test_the_most_used_limit_is_shown_first_and_each_can_be_chosen(portal, caller):
    month = limit(caller, portal.product.hits, "month", 1000)
    hour = limit(caller, portal.product.hits, "hour", 10)
    portal.count(
        portal.clock.now_s(), portal.product.hits, value=9, application=caller.application_id
    )
    portal.count(
        portal.clock.now_s() - 2 * DAY_S,
        portal.product.hits,
        value=91,
        application=caller.application_id,
    )
    answer = page(portal, caller)
    assert report(answer).title == "Hits per hour: what remains"
    (table,) = report(answer).tables
    assert [[cell.text for cell in row[:4]] for row in table.rows] == [
        ["Hits per hour", "10", "9", "90%"], ["Hits per month", "1,000", "100", "10%"],
    ]  # fmt: skip
    other = portal.client.get(f"/applications/{caller.pk}/limits{table.rows[1][0].url}")
    assert report(other).title == "Hits per month: what remains"
    assert len(report(other).labels) == 32
    for odd in ("0", "x", "9" * 30, "\0"):
        assert page(portal, caller, limit=odd).status_code == 400
    assert {str(month.pk), str(hour.pk)} == {value for value, _, _ in report(answer).choices}


@pytest.mark.parametrize("period", ["minute", "hour", "day", "week", "month", "year", "eternity"])
def test_every_period_has_a_chart_that_ends_with_what_remains(portal, caller, period):
    limit(caller, portal.product.hits, period, 50)
    portal.count(
        portal.clock.now_s(), portal.product.hits, value=8, application=caller.application_id
    )
    if period == "eternity":
        portal.count(
            portal.clock.now_s() - 300 * DAY_S,
            portal.product.hits,
            value=5,
            application=caller.application_id,
        )
    answer = page(portal, caller)
    used = 13 if period == "eternity" else 8
    assert report(answer).tiles[0].number == str(used)
    found = curves(answer)
    assert found["remaining"][0] == (45 if period == "eternity" else 50)
    assert ("projected" in found) == (period != "eternity")


def test_limits_of_backends_count_too(portal, caller):
    theirs = backend(portal.product.provider)
    use(portal.product, theirs)
    metric = theirs.metrics.get()
    limit(caller, metric, "week", 20)
    portal.count(portal.clock.now_s(), metric, value=20, application=caller.application_id)
    answer = page(portal, caller)
    assert report(answer).tiles[3].number == "Now"
    assert curves(answer)["projected"][-1] == 0


def test_a_limit_of_nothing_and_more_than_all_are_no_errors(portal, caller):
    limit(caller, portal.product.hits, "day", 0)
    portal.count(
        portal.clock.now_s(), portal.product.hits, value=3, application=caller.application_id
    )
    answer = page(portal, caller)
    assert (report(answer).tiles[0].number, report(answer).tiles[1].number) == ("3", "0")
    assert set(curves(answer)["remaining"]) == {0, None}


def test_without_limits_the_page_says_so(portal, caller):
    answer = page(portal, caller)
    assert answer.context["empty"].reasons[0].text.endswith("it may call as often as it likes.")
    assert b"This application has no limits" in answer.content


def test_the_numbers_are_those_of_the_call_that_the_page_tells(portal, caller):
    limit(caller, portal.product.hits, "day", 30)
    limit(caller, portal.product.hits, "month", 100)
    portal.count(
        portal.clock.now_s() - HOUR_S,
        portal.product.hits,
        value=17,
        application=caller.application_id,
    )
    answer = page(portal, caller)
    (command,) = commands(answer)
    quotas = run(command, token_of("admin")).json()["quotas"]
    told = sorted((q["period"], q["limit"], q["used"], q["remaining"]) for q in quotas)
    download = portal.get(f"/applications/{caller.pk}/limits.csv", part="limits")
    rows = list(csv.DictReader(io.StringIO(b"".join(download.streaming_content).decode())))
    assert told == sorted(
        (r["period"], int(r["maximum"]), int(r["used"]), int(r["remaining"])) for r in rows
    )
    drawn = portal.get(f"/applications/{caller.pk}/limits.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(drawn.streaming_content).decode())))
    assert [float(row["remaining"]) for row in rows if row["remaining"]][-1] == 13


def test_applications_of_products_that_may_not_be_seen_are_not_there(portal, caller):
    limited = member(portal, "monitoring", products=[])
    for kind in ("traffic", "limits", "response-codes"):
        assert limited.get(f"/applications/{caller.pk}/{kind}").status_code == 404
