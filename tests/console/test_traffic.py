"""The Traffic page: what it answers to which query."""

import csv
import io
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from support.catalog_data import backend, method, use
from support.catalog_data import product as make_product
from support.catalog_data import provider as make_provider
from support.portal_pages import commands, run, token_of

from tallygate.catalog.models import Metric
from tallygate.domain.errors import HistoryUnavailable
from tallygate.web import runtime

DAY_S, HOUR_S = 86_400, 3600


def report(answer):
    assert answer.status_code == 200, answer.context.get("error")
    return answer.context["report"]


def chart(answer):
    assert answer.status_code == 200, answer.context.get("error")
    text = answer.content.decode().partition('<script id="chart-data" type="application/json">')[2]
    data = json.loads(text.partition("</script>")[0])
    (curve,) = data["curves"]
    return data | curve


def tiles(answer):
    """What the tiles show, by their titles."""
    return {tile.title: tile for tile in report(answer).tiles}


def total(answer):
    return int(tiles(answer)["Total"].number.replace(",", ""))


def numbers(answer):
    """The rows below the chart: the bucket, its value, that of the window before."""
    return [[cell.text for cell in row] for row in report(answer).rows]


def rows_of(download):
    return list(csv.DictReader(io.StringIO(b"".join(download.streaming_content).decode())))


def test_by_default_it_shows_the_hits_of_the_last_24_hours(portal):
    portal.count(portal.clock.now_s(), portal.product.hits, value=5)
    portal.count(portal.clock.now_s() - 24 * HOUR_S, portal.product.hits, value=4)
    answer = portal.traffic()
    assert chart(answer)["values"] == [0] * 23 + [5]
    assert chart(answer)["previous"] == [0] * 23 + [4]
    assert total(answer) == 5
    against = tiles(answer)["Against the 24 hours before"]
    assert (against.change.text, against.note) == ("25%", "from 4")
    assert tiles(answer)["Peak hour"].note == "Mon 18 May 2015, 10:00"


@pytest.mark.parametrize(
    ("frame", "buckets", "bucket"),
    [("24h", 24, "hour"), ("7d", 6 * 24 + 11, "hour"), ("30d", 30, "day"), ("12m", 12, "month")],
)
def test_each_frame_has_its_buckets_up_to_now(portal, frame, buckets, bucket):
    shown = report(portal.traffic(frame=frame))
    assert (buckets, bucket) == (len(shown.labels), shown.bucket)
    assert shown.unfinished


@pytest.mark.parametrize(
    ("per", "buckets"), [("hour", 72), ("day", 3), ("week", 1), ("month", 1), ("", 72)]
)
def test_a_custom_frame_includes_its_last_day_and_keeps_its_granularity(portal, per, buckets):
    answer = portal.traffic(frame="custom", since="2015-05-15", until="2015-05-17", per=per)
    assert buckets == len(report(answer).labels)


def test_days_begin_at_midnight_in_the_zone_of_the_provider(portal):
    provider = portal.product.provider
    provider.time_zone = "Asia/Kathmandu"  # 5:45 ahead
    provider.save()
    portal.count(1_431_799_200 - 1, portal.product.hits, value=3)  # 16 May, 23:44:59 there
    portal.count(1_431_800_100, portal.product.hits, value=4)  # 17 May, 00:00:00 there
    answer = portal.traffic(since="2015-05-16", until="2015-05-17", per="day")
    assert chart(answer)["values"] == [3, 4]
    assert b"Using time zone (GMT+05:45) Asia/Kathmandu" in answer.content


def test_an_hour_that_comes_twice_has_two_rows_with_different_names(portal):
    provider = portal.product.provider
    provider.time_zone = "Europe/Madrid"
    provider.save()
    labels = chart_labels(portal, "2014-10-26")
    assert 25 == len(labels) == len(set(labels))
    assert "Sun 26 Oct 2014, 02:00 CEST" in labels


def chart_labels(portal, day):
    return report(portal.traffic(since=day, until=day, per="hour")).labels


def test_any_metric_and_method_of_the_product_and_its_backends_can_be_chosen(portal):
    own = method(portal.product, "Orders")
    stock = backend(portal.product.provider)
    use(portal.product, stock)
    theirs = stock.metrics.get()
    portal.count(portal.clock.now_s(), own, value=2)
    portal.count(portal.clock.now_s(), theirs, value=3)
    assert total(portal.traffic(metric=own.system_name)) == 2
    assert total(portal.traffic(metric=theirs.system_name)) == 3


def test_the_selector_lists_products_before_backends_and_methods_under_their_metric(portal):
    method(portal.product, "Orders")
    Metric.objects.create(product=portal.product, friendly_name="Bytes", unit="byte")
    stock = backend(portal.product.provider)
    use(portal.product, stock)
    groups = portal.traffic().context["groups"]
    assert [group.label for group in groups] == [
        f"Product: {portal.product.name}",
        "Backend: Stock",
    ]
    assert [option.label for option in groups[0].options] == [
        "Hits (hits)",
        "\N{EM SPACE}Orders (orders)",
        "Bytes (bytes)",
    ]
    assert [option.selected for option in groups[0].options] == [True, False, False]


def test_methods_are_listed_by_size_with_their_share_and_the_rest(portal):
    small, large = method(portal.product, "Small"), method(portal.product, "Large")
    now_s, hits = portal.clock.now_s(), portal.product.hits
    portal.count(now_s, small, hits, value=1)
    portal.count(now_s, large, hits, value=6)
    portal.count(now_s, hits, value=3)
    (table,) = report(portal.traffic(frame="7d")).tables
    assert [[cell.text for cell in row[:3]] for row in table.rows] == [
        ["Large", "6", "60%"],
        ["Small", "1", "10%"],
        ["Hits without a method", "3", "30%"],
    ]
    assert table.rows[0][0].url == "?frame=7d&metric=large"


def test_the_chart_the_table_and_the_totals_have_the_same_numbers(portal):
    for hour in range(30):
        portal.count(portal.clock.now_s() - hour * HOUR_S, portal.product.hits, value=hour + 1)
    answer = portal.traffic(frame="24h")
    drawn = chart(answer)
    assert drawn["values"] == [int(row[1]) for row in numbers(answer)] == list(range(24, 0, -1))
    assert [f"{value}" for value in drawn["previous"]] == [row[2] for row in numbers(answer)]
    assert total(answer) == sum(drawn["values"]) == 300
    assert b">300</td>" in answer.content


def test_the_state_is_in_the_url_and_comes_back_in_the_form(portal):
    query = {
        "metric": "hits",
        "frame": "custom",
        "since": "2015-05-01",
        "until": "2015-05-09",
        "per": "day",
    }
    answer = portal.traffic(**query)
    fields = answer.context["fields"]
    assert (
        fields.name,
        fields.since,
        fields.until,
        fields.per,
    ) == ("custom", "2015-05-01", "2015-05-09", "day")
    page = answer.content.decode()
    assert '<input type="radio" name="frame" value="custom" checked>' in page
    assert '<option value="day" selected>' in page
    assert {name: [value] for name, value in query.items()} == parse_qs(
        urlsplit(dict(answer.context["downloads"])["CSV"]).query
    )


def test_dates_without_a_frame_mean_a_custom_frame(portal):
    assert portal.traffic(since="2015-05-01", until="2015-05-02").context["fields"].name == "custom"


BAD = [
    ({"frame": "yesterday"}, "Time frame must be one of"),
    ({"per": "fortnight"}, "Granularity must be one of"),
    ({"per": "eternity"}, "Granularity must be one of"),
    ({"minutes": "0"}, "Minutes must be a number from 1 to 1,440"),
    ({"minutes": "1e9"}, "Minutes must be a number"),
    ({"timezone": "Mars/Olympus"}, "Timezone Mars/Olympus is not known"),
    ({"compare": "tomorrow"}, "The comparison must be"),
    ({"frame": "custom", "since_time": "25:99"}, "valid date"),
    ({"metric": "nope"}, "This product has no metric nope."),
    ({"metric": "<b>\0"}, "no metric &lt;b&gt;"),
    ({"since": "garbage", "until": "2015-05-02"}, "valid date"),
    ({"since": "2015-05-02", "until": "2015-13-45"}, "valid date"),
    ({"since": "0001-01-01", "until": "9999-12-31"}, "valid date"),
    ({"since": "1900-01-01", "until": "8999-12-31"}, "less than 100 years"),
    ({"since": "2015-05-02", "until": "2015-05-01"}, "ends before it begins"),
    ({"since": "2010-01-01", "until": "2015-05-01", "per": "hour"}, "less than 400 days"),
    (
        {"since": "2014-01-01", "until": "2015-05-01", "per": "hour"},
        "week, month and year would do",
    ),
    ({"since": "2015-05-02\n", "until": "\uff12\uff10\uff11\uff15-05-03"}, "valid date"),
]


@pytest.mark.parametrize(("query", "message"), BAD)
def test_a_query_that_makes_no_sense_is_answered_with_the_reason(portal, query, message):
    answer = portal.traffic(**query)
    assert answer.status_code == 400
    assert message in answer.content.decode()
    assert b'id="question"' in answer.content
    download = portal.get(f"/products/{portal.product.pk}/traffic.csv", **query)
    assert (download.status_code, download["Content-Type"]) == (400, "text/plain; charset=utf-8")


def test_the_form_keeps_what_was_asked_when_it_cannot_be_answered(portal):
    fields = portal.traffic(since="2010-01-01", until="2015-05-01", per="hour").context["fields"]
    assert (fields.since, fields.until, fields.per) == ("2010-01-01", "2015-05-01", "hour")


def test_products_of_others_and_products_that_are_not_there_are_the_same_404(portal):
    foreign = make_product(make_provider(), name="Foreign")
    for page in ("traffic", "traffic.csv"):
        answers = [portal.get(f"/products/{pk}/{page}") for pk in (foreign.pk, 999, 10**30)]
        assert {404} == {answer.status_code for answer in answers}
        assert len({answer.content for answer in answers}) == 1
    assert portal.get(f"/products/{foreign.pk}").status_code == 404


def test_without_the_history_the_page_says_so_with_the_reason(portal, monkeypatch):
    def broken():
        raise HistoryUnavailable("the disk is gone")

    monkeypatch.setattr(runtime, "history", broken)
    for path in ("traffic", "traffic.csv"):
        answer = portal.get(f"/products/{portal.product.pk}/{path}")
        assert answer.status_code == 503
        assert b"disk is gone" in answer.content
        assert b"nothing is lost" in answer.content


def test_a_product_without_any_hit_shows_the_command_that_counts_the_first(portal):
    answer = portal.traffic()
    page = answer.content.decode()
    assert "There is no data available for the selected period" in page
    assert "This product has never had a hit." in page
    command = answer.context["empty"].first_call.command
    assert command == (
        "curl -g 'http://127.0.0.1:3001/transactions/authrep.xml"
        f"?service_token={portal.ids['product']['service_token']}"
        f"&service_id={portal.product.pk}&user_key={portal.ids['application']['user_key']}"
        "&usage[hits]=1'"
    )


def test_a_window_without_data_tells_the_last_hit_and_leads_there(portal):
    portal.count(portal.clock.now_s() - 40 * DAY_S, portal.product.hits)
    (reason,) = portal.traffic().context["empty"].reasons
    assert reason.text == "Hits was last counted at 8 Apr 2015, 10:05."
    there = portal.client.get(f"/products/{portal.product.pk}/traffic{reason.url}")
    assert total(there) == 1


def test_a_metric_without_data_says_that_there_are_hits_and_leads_to_them(portal):
    other = method(portal.product, "Other")
    portal.count(portal.clock.now_s(), portal.product.hits, value=1234)
    hidden, never = portal.traffic(metric=other.system_name, frame="7d").context["empty"].reasons
    assert hidden.text == "In this time frame the product counted 1,234 hits, but no Other."
    assert hidden.url == "?frame=7d&metric=hits"
    assert never.text == "Other has never been counted for this product."


def test_values_that_were_taken_back_count_as_data(portal):
    portal.count(portal.clock.now_s(), portal.product.hits, value=-5)
    assert portal.traffic().context["empty"] is None


def test_names_cannot_smuggle_markup_into_the_page_or_its_data(portal):
    hits = portal.product.hits
    hits.friendly_name = "</script><img src=x onerror=alert(1)>"
    hits.save()
    portal.count(portal.clock.now_s(), hits)
    answer = portal.traffic()
    assert b"<img src=x" not in answer.content
    assert chart(answer)["name"] == hits.friendly_name


@pytest.mark.parametrize(
    "query",
    [
        {"frame": "24h"},
        {"frame": "30d"},
        {"since": "2015-05-10", "until": "2015-05-18", "per": "day"},
        {"since": "2015-05-10", "until": "2015-05-18", "per": "hour", "metric": "orders"},
    ],
)
def test_the_download_has_the_numbers_of_the_page_and_of_the_analytics_api(portal, query):
    orders = method(portal.product, "Orders")
    for hour in range(0, 300, 7):
        moment_s = portal.clock.now_s() - hour * HOUR_S
        portal.count(moment_s, portal.product.hits, orders, value=hour + 1)
    page = portal.traffic(**query)
    window = report(page).frame.window
    rows = rows_of(portal.get(f"/products/{portal.product.pk}/traffic.csv", **query))
    api = portal.get(
        f"/stats/services/{portal.product.pk}/usage.json",
        access_token=portal.ids["access_token"],
        metric_name=query.get("metric", "hits"),
        granularity=window.granularity.value,
        since=window.zone.iso(window.since_s),
        until=window.zone.iso(window.last_s),
    ).json()
    assert api["values"] == chart(page)["values"] == [int(row["value"]) for row in rows]
    assert api["total"] == total(page) > 0


def test_the_file_is_named_by_product_metric_and_days(portal):
    download = portal.get(
        f"/products/{portal.product.pk}/traffic.csv", since="2015-05-10", until="2015-05-18"
    )
    assert download["Content-Type"].startswith("text/csv")
    assert download["Content-Disposition"] == (
        f'attachment; filename="{portal.product.system_name}-traffic-hits-2015-05-10-2015-05-18.csv"'
    )


def test_pages_are_only_read(portal):
    for path in ("/products", f"/products/{portal.product.pk}/traffic"):
        assert portal.client.post(path).status_code == 405


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"frame": "7d"},
        {"frame": "12m", "metric": "bytes_sent"},
        {"since": "2015-05-01", "until": "2015-05-17", "per": "week"},
    ],
)
def test_the_page_tells_the_call_that_gives_the_same_numbers(portal, query):
    """Of weeks, which the API does not have, the days."""
    portal.product.provider.time_zone = "Europe/Madrid"
    portal.product.provider.save()
    other = Metric.objects.create(product=portal.product, friendly_name="Bytes sent", unit="byte")
    for days in range(40):
        portal.count(
            portal.clock.now_s() - days * DAY_S, portal.product.hits, other, value=days + 1
        )
    answer = portal.traffic(**query)
    (command,) = commands(answer)
    told = run(command, token_of("admin")).json()
    assert told["total"] == total(answer) > 0
    if "per" not in query:
        assert told["values"] == chart(answer)["values"]


@pytest.mark.parametrize(
    ("frame", "last"), [("24h", "24h"), ("7d", "7d"), ("30d", "30d"), ("12m", "12mo")]
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_analytics_v1_has_the_numbers_of_the_page(portal, frame, last, zone):
    """Of each bucket, in all, before, and of each method."""
    provider = portal.product.provider
    provider.time_zone = zone
    provider.save()
    orders = method(portal.product, "Orders")
    for hour in range(0, 1500, 17):
        moment_s = portal.clock.now_s() - hour * HOUR_S
        portal.count(moment_s, portal.product.hits, orders, value=hour + 1)
        portal.count(moment_s, portal.product.hits, value=3)
    answer = portal.traffic(frame=frame)
    drawn = chart(answer)
    asked = {"access_token": portal.ids["access_token"], "product": portal.product.pk, "last": last}
    api = portal.get("/analytics/v1/usage", **asked, compare="previous").json()
    (line,) = api["lines"]
    assert (drawn["values"], drawn["previous"]) == (line["values"], line["previous_values"])
    assert total(answer) == line["total"] > 0
    assert sum(drawn["previous"]) == line["previous_total"]
    methods = portal.get("/analytics/v1/usage", **asked, split="method").json()["lines"]
    told = [(each["method"] and each["method"]["name"], each["total"]) for each in methods]
    (table,) = report(answer).tables
    shown = {row[0].text: int(row[1].text.replace(",", "")) for row in table.rows}
    assert told == [("Orders", shown["Orders"]), (None, shown["Hits without a method"])]
