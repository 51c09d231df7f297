"""How calls were answered: classes, codes, and what is said where there are none."""

import csv
import io

import pytest
from support.catalog_data import backend, method, use

from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.ledger.entry import Entry

CODES = {200: 50, 201: 10, 301: 5, 404: 8, 429: 12, 500: 2, 599: 1}


def record(portal, codes, *metrics, application="app", hours=1):
    now_s = portal.clock.now_s()
    usage = tuple((str(metric.pk), 1) for metric in metrics or [portal.product.hits])
    with EmbeddedLedger.open(portal.settings, portal.clock) as ledger:
        ledger.record(
            [
                Entry(portal.product.service_id, application, (now_s - hours * 3600) * 1000, usage, code)
                for code, count in codes.items()
                for _ in range(count)
            ]
        )  # fmt: skip


def codes(portal, **query):
    return portal.get(f"/products/{portal.product.pk}/response-codes", **query)


def report(answer):
    assert answer.status_code == 200, answer.context.get("error")
    return answer.context["report"]


def totals(answer):
    return {curve.key: curve.total for curve in report(answer).curves}


def test_all_classes_are_stacked_each_in_its_colour(portal):
    record(portal, CODES)
    answer = codes(portal)
    assert totals(answer) == {"2XX": 60, "3XX": 5, "4XX": 20, "5XX": 3}
    assert [curve.colour for curve in report(answer).curves] == [
        "code-2",
        "code-3",
        "code-4",
        "code-5",
    ]
    tiles = {tile.title: tile for tile in report(answer).tiles}
    assert (tiles["Total"].number, tiles["Client errors"].number) == ("88", "22.7%")


def test_a_class_leads_to_its_codes(portal):
    record(portal, CODES)
    (table,) = report(codes(portal)).tables
    rows = {row[0].text.strip(): row for row in table.rows}
    assert list(rows) == [
        "2XX",
        "200",
        "201",
        "3XX",
        "301",
        "4XX",
        "404",
        "429",
        "5XX",
        "500",
        "599",
    ]
    assert [cell.text for cell in rows["429"][1:4]] == ["Too Many Requests", "12", "13.6%"]
    inside = portal.client.get(f"/products/{portal.product.pk}/response-codes{rows['4XX'][0].url}")
    assert totals(inside) == {"404": 8, "429": 12}


def test_many_codes_are_the_most_frequent_and_the_others(portal):
    record(portal, {400 + number: 20 - number for number in range(10)})
    shown = totals(codes(portal, **{"class": "4"}))
    assert list(shown) == ["400", "401", "402", "403", "404", "405", "other"]
    assert shown["other"] == sum(20 - number for number in range(6, 10))


def test_codes_of_one_metric_are_those_of_calls_that_count_on_it(portal):
    orders = method(portal.product, "Orders")
    record(portal, {200: 3})
    record(portal, {500: 2}, orders, portal.product.hits)
    assert totals(codes(portal)) == {"2XX": 3, "5XX": 2}
    assert totals(codes(portal, metric="orders")) == {"5XX": 2}


def test_a_backend_and_an_application_have_their_own(portal):
    theirs = backend(portal.product.provider)
    use(portal.product, theirs)
    one = portal.product.applications.get()
    record(
        portal, {200: 3}, portal.product.hits, theirs.metrics.get(), application=one.application_id
    )
    record(portal, {404: 2}, portal.product.hits)
    assert totals(portal.get(f"/backends/{theirs.pk}/response-codes")) == {"2XX": 3}
    assert totals(portal.get(f"/applications/{one.pk}/response-codes")) == {"2XX": 3}
    assert totals(codes(portal)) == {"2XX": 3, "4XX": 2}


@pytest.mark.parametrize("hundreds", "2345")
def test_the_numbers_are_those_of_the_analytics_api(portal, hundreds):
    record(portal, CODES)
    window = report(codes(portal)).frame.window
    api = portal.get(
        f"/stats/services/{portal.product.pk}/usage_response_code.json",
        access_token=portal.ids["access_token"], response_code=f"{hundreds}XX", granularity="hour",
        since=window.zone.iso(window.since_s), until=window.zone.iso(window.last_s),
    ).json()  # fmt: skip
    mine = portal.get(f"/products/{portal.product.pk}/response-codes.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(mine.streaming_content).decode())))
    values = [int(row["value"]) for row in rows if row["response_code"] == f"{hundreds}XX"]
    assert values == api["values"]
    assert sum(values) > 0


def test_no_codes_are_explained(portal):
    portal.count(portal.clock.now_s(), portal.product.hits, value=7)
    reasons = [reason.text for reason in codes(portal).context["empty"].reasons]
    assert reasons[0].startswith("In this time frame 7 hits were counted without a response code")
    record(portal, {200: 4})
    reason = codes(portal, **{"class": "5"}).context["empty"].reasons[0]
    assert "4 calls were answered with codes of other classes" in reason.text
    there = portal.client.get(f"/products/{portal.product.pk}/response-codes{reason.url}")
    assert totals(there) == {"2XX": 4}


def test_odd_classes_are_refused(portal):
    for odd in ("6", "0", "x", "2XX", "\0"):
        assert codes(portal, **{"class": odd}).status_code == 400
