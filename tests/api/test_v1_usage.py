"""Usage of many things at once: windows, splits, ranks, comparisons and pages."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import catalog_data
from support.analytics_site import AnalyticsSite, utc_s

from tallygate.analytics import report
from tallygate.catalog.models import Account, Application, Metric

DAY = {"since": "2020-03-18", "until": "2020-03-18"}


def asked(site: AnalyticsSite, **parameters: Any) -> Any:
    """The answer, on 18 March 2020 unless told otherwise."""
    given = parameters if {"since", "last"} & set(parameters) else DAY | parameters
    answer = site.v1("usage", **given)
    assert answer.status_code == 200, answer.content
    return answer.json()


def lines(answer: Any, *names: str) -> list[tuple[Any, ...]]:
    """Of each line the named parts, of objects their names, and the total."""

    def part(line: Any, name: str) -> Any:
        found = line[name]
        return found["name"] if isinstance(found, dict) else found

    return [(*(part(line, name) for name in names), line["total"]) for line in answer["lines"]]


def another(site: AnalyticsSite, name: str, **given: Any) -> Application:
    return catalog_data.application(given.pop("plan", site.plan), name=name, **given)


def test_hits_of_the_last_30_days_by_day_unless_told_otherwise(site: AnalyticsSite) -> None:
    site.hit("2020-03-18 00:05", "2020-02-18 00:00", "2020-02-17 23:59")
    answer = asked(site, last="30d")
    assert answer["window"] == {
        "since": "2020-02-18T00:00:00Z",
        "until": "2020-03-19T00:00:00Z",
        "timezone": "Etc/UTC",
        "granularity": "day",
    }
    assert answer == site.v1("usage").json()
    (line,) = answer["lines"]
    assert line["metric"] == {
        "id": site.product.hits.pk, "name": "Hits", "system_name": "hits", "unit": "hit",
    }  # fmt: skip
    assert (line["total"], len(line["values"]), line["values"][0], line["values"][-1]) == (2, 30, 1, 1)  # fmt: skip
    assert answer["times"][0] == "2020-02-18T00:00:00Z"
    assert answer["complete_until"] == "2020-03-18T10:20:00Z"
    assert answer["next_cursor"] is None


@pytest.mark.parametrize(
    ("parameters", "since", "until", "granularity", "count"),
    [
        ({"last": "60min"}, "2020-03-18T09:21", "2020-03-18T10:21", "minute", 60),
        ({"last": "24h"}, "2020-03-17T11:00", "2020-03-18T11:00", "hour", 24),
        ({"last": "7d"}, "2020-03-12T00:00", "2020-03-18T11:00", "hour", 155),
        ({"last": "7d", "granularity": "day"}, "2020-03-12T00:00", "2020-03-19T00:00", "day", 7),
        ({"last": "12mo"}, "2019-04-01T00:00", "2020-04-01T00:00", "month", 12),
        ({"last": "2w", "granularity": "week"}, "2020-03-09T00:00", "2020-03-23T00:00", "week", 2),
        (
            {"since": "2020-03-01", "until": "2020-03-02"},
            "2020-03-01T00:00", "2020-03-03T00:00", "hour", 48,
        ),
        (
            {"since": "2020-03-01T09:00", "until": "2020-03-01T10:00", "granularity": "hour"},
            "2020-03-01T09:00", "2020-03-01T10:00", "hour", 1,
        ),
        ({"since": "2020-03-18T09:30"}, "2020-03-18T09:30", "2020-03-18T10:21", "minute", 51),
        ({"last": "30d", "granularity": "total"}, "2020-02-18T00:00", "2020-03-19T00:00", "total", 1),
        (
            {"since": "2020-01-01", "until": "2020-03-02", "granularity": "total"},
            "2020-01-01T00:00", "2020-03-03T00:00", "total", 1,
        ),
        (
            {"since": "2020-01-01T01:00", "until": "2020-01-02T03:30", "granularity": "total"},
            "2020-01-01T01:00", "2020-01-02T04:00", "total", 1,
        ),
    ],
)  # fmt: skip
def test_a_window_is_as_it_was_asked_for_and_told(
    site: AnalyticsSite,
    parameters: dict[str, str],
    since: str,
    until: str,
    granularity: str,
    count: int,
) -> None:
    answer = asked(site, **parameters)
    assert answer["window"] == {
        "since": f"{since}:00Z", "until": f"{until}:00Z", "timezone": "Etc/UTC", "granularity": granularity,
    }  # fmt: skip
    assert len(answer["times"]) == len(answer["lines"][0]["values"]) == count


def test_what_an_answer_tells_of_its_window_asks_for_the_same_window(site: AnalyticsSite) -> None:
    window = asked(site, last="7d", timezone="Asia/Kathmandu")["window"]
    assert asked(site, **window)["window"] == window


def test_several_metrics_in_one_call_are_the_numbers_of_the_other_family(
    site: AnalyticsSite,
) -> None:
    method = catalog_data.method(site.product)
    bytes_ = Metric.objects.create(product=site.product, friendly_name="Bytes", unit="byte")
    site.hit("2020-03-18 01:00", "2020-03-18 04:00", metric=method, value=3)
    site.hit("2020-03-18 02:00", metric=bytes_, value=500)
    names = ["hits", method.system_name, bytes_.system_name]
    answer = asked(site, metric=",".join(names), granularity="hour", compare="previous")
    for name, line in zip(names, answer["lines"], strict=True):
        same = site.service(
            metric_name=name, period="day", since="2020-03-18", skip_change="false"
        ).json()
        assert line["values"] == same["values"]
        assert (line["total"], line["previous_total"]) == (same["total"], same["previous_total"])
        assert line["change"] == same["change"]
        assert line["metric"] == same["metric"]


def test_methods_add_up_to_their_metric(site: AnalyticsSite) -> None:
    orders, stock = (
        catalog_data.method(site.product, "Orders"),
        catalog_data.method(site.product, "Stock"),
    )
    catalog_data.method(site.product, "Never")
    site.hit("2020-03-18 01:00", metric=orders, value=5)
    site.hit("2020-03-18 02:00", metric=stock, value=2)
    site.hit("2020-03-18 02:00", value=4)
    answer = asked(site, split="method")
    assert lines(answer, "metric", "method") == [
        ("Hits", "Orders", 5), ("Hits", "Stock", 2), ("Hits", None, 4),
    ]  # fmt: skip


def test_codes_and_classes_of_calls_and_of_a_metric(site: AnalyticsSite) -> None:
    method = catalog_data.method(site.product)
    site.hit("2020-03-18 01:00", "2020-03-18 01:05", code=200, value=9)
    site.hit("2020-03-18 02:00", code=404, metric=method)
    site.hit("2020-03-18 03:00", code=429)
    assert lines(asked(site, split="response_code"), "metric", "response_code") == [
        (None, "200", 2), (None, "404", 1), (None, "429", 1),
    ]  # fmt: skip
    assert lines(asked(site, split="class"), "class") == [("2XX", 2), ("4XX", 2)]
    of_method = asked(site, split="class", metric=method.system_name)
    assert lines(of_method, "metric", "class") == [("Orders", "4XX", 1)]
    chosen = asked(site, response_code="4xx,200")
    assert lines(chosen, "response_code") == [("4XX,200", 4)]
    chosen = asked(site, response_code="4xx", split="response_code")
    assert lines(chosen, "response_code") == [("404", 1), ("429", 1)]


def test_all_splits_in_one_call(site: AnalyticsSite) -> None:
    method, second = catalog_data.method(site.product), another(site, "Second")
    site.hit("2020-03-18 01:00", code=200, metric=method)
    site.hit("2020-03-18 01:00", code=500, application=second)
    site.hit("2020-03-18 02:00", code=500)
    answer = asked(site, split="application,method,class,account,plan,product")
    assert lines(answer, "product", "application", "plan", "method", "class") == [
        ("Echo", "App", "Basic", "Orders", "2XX", 1),
        ("Echo", "App", "Basic", None, "5XX", 1),
        ("Echo", "Second", "Basic", None, "5XX", 1),
    ]


def test_by_account_and_plan_with_those_that_were_deleted(site: AnalyticsSite) -> None:
    gold = catalog_data.plan(site.product, name="Gold")
    account = Account.objects.create(provider=site.provider, org_name="Both")
    one, two = (another(site, "A", account=account), another(site, "B", account=account, plan=gold))
    gone = another(site, "Gone")
    for value, application in [(2, one), (3, two), (4, gone), (1, site.application)]:
        site.hit("2020-03-18 01:00", application=application, value=value)
    gone.delete()
    assert lines(asked(site, split="account"), "account") == [
        ("Both", 5), (None, 4), ("Consumer", 1),
    ]  # fmt: skip
    assert lines(asked(site, split="plan"), "plan") == [(None, 4), ("Basic", 3), ("Gold", 3)]
    assert lines(asked(site, split="account,plan"), "account", "plan") == [
        (None, None, 4), ("Both", "Gold", 3), ("Both", "Basic", 2), ("Consumer", "Basic", 1),
    ]  # fmt: skip
    applications = asked(site, split="application")
    assert lines(applications, "application") == [(None, 4), ("B", 3), ("A", 2), ("App", 1)]
    assert applications["lines"][0]["application"]["application_id"] == gone.application_id


def test_chosen_applications_accounts_and_plans(site: AnalyticsSite) -> None:
    gold = catalog_data.plan(site.product, name="Gold")
    two = another(site, "Two", plan=gold)
    site.hit("2020-03-18 01:00", value=2)
    site.hit("2020-03-18 01:00", application=two, value=5)
    one = site.application
    for parameters, total in [
        ({"application": one.pk}, 2),
        ({"application": f"{one.pk},{two.pk}"}, 7),
        ({"account": two.account.pk}, 5),
        ({"plan": gold.pk}, 5),
        ({"plan": gold.pk, "application": one.pk}, 0),
    ]:
        answer = asked(site, **parameters)
        assert lines(answer) == [(total,)]
        split = asked(site, **parameters, split="application")
        assert sum(line["total"] for line in split["lines"]) == total
        assert split["totals"][0]["total"] == total


def test_hits_of_several_products_are_one_line_and_can_be_told_apart(site: AnalyticsSite) -> None:
    other = catalog_data.product(site.provider, name="Other")
    theirs = catalog_data.application(catalog_data.plan(other), name="Theirs")
    site.hit("2020-03-18 01:00")
    site.hit("2020-03-18 01:00", application=theirs, metric=other.hits, value=2)
    whole = asked(site)
    assert lines(whole) == [(3,)]
    assert whole["lines"][0]["metric"]["id"] is None
    assert lines(asked(site, split="product"), "product") == [("Other", 2), ("Echo", 1)]
    for name in (other.pk, other.system_name):
        assert lines(asked(site, product=name)) == [(2,)]


def test_a_backend_in_all_products(site: AnalyticsSite) -> None:
    backend, other = catalog_data.backend(site.provider), catalog_data.product(site.provider, name="Other")  # fmt: skip
    theirs = catalog_data.application(catalog_data.plan(other), name="Theirs")
    hits = backend.metrics.get()
    site.hit("2020-03-18 01:00", metric=hits, code=200)
    site.hit("2020-03-18 02:00", metric=hits, application=theirs, value=2, code=404)
    assert lines(asked(site, backend=backend.pk)) == [(3,)]
    assert lines(asked(site, backend=backend.system_name, metric=hits.system_name)) == [(3,)]
    split = asked(site, backend=backend.pk, split="product,application")
    assert lines(split, "product", "application") == [("Other", "Theirs", 2), ("Echo", "App", 1)]
    codes = asked(site, backend=backend.pk, split="class")
    assert lines(codes, "metric", "class") == [("Hits", "2XX", 1), ("Hits", "4XX", 1)]


def test_the_top_of_exactly_the_window(site: AnalyticsSite) -> None:
    second = another(site, "Second")
    site.hit("2020-03-02 09:00", "2020-03-02 09:30")
    site.hit("2020-03-02 10:00", application=second, value=50)
    answer = asked(
        site,
        since="2020-03-02T09:00",
        until="2020-03-02T10:00",
        granularity="total",
        split="application",
        limit=1,
    )
    assert lines(answer, "application") == [("App", 2)]
    assert answer["totals"][0]["values"] == [2]


def test_growth_and_silence(site: AnalyticsSite) -> None:
    new, silent, shrunk = (another(site, name) for name in ("New", "Silent", "Shrunk"))
    for application, before, now in [
        (site.application, 10, 12), (new, 0, 3), (silent, 7, 0), (shrunk, 5, 1),
    ]:  # fmt: skip
        if before:
            site.hit("2020-03-17 05:00", application=application, value=before)
        if now:
            site.hit("2020-03-18 05:00", application=application, value=now)
    given = {"split": "application", "compare": "previous"}
    growth = asked(site, order="growth", **given)
    assert lines(growth, "application") == [("New", 3), ("App", 12)]
    assert [line["previous_total"] for line in growth["lines"]] == [0, 10]
    assert lines(asked(site, order="silence", **given), "application") == [("Silent", 0)]


def test_the_same_window_a_year_ago(site: AnalyticsSite) -> None:
    site.hit("2020-02-29 12:00", "2020-02-10 12:00", "2019-02-28 12:00", "2019-03-01 12:00")
    answer = asked(site, since="2020-02-01", until="2020-02-28", compare="year", granularity="day")
    assert answer["previous_window"] == {
        "since": "2019-02-01T00:00:00Z",
        "until": "2019-03-01T00:00:00Z",
        "timezone": "Etc/UTC",
    }
    (line,) = answer["lines"]
    assert (line["total"], line["previous_total"], line["change"]) == (1, 1, 0.0)
    assert line["previous_values"][27] == 1


def test_applications_are_ranked_by_the_first_metric_and_none_is_left_out(
    site: AnalyticsSite,
) -> None:
    bytes_ = Metric.objects.create(product=site.product, friendly_name="Bytes", unit="byte")
    second, third = another(site, "Second"), another(site, "Third")
    site.hit("2020-03-18 01:00", value=2)
    site.hit("2020-03-18 01:00", application=second, value=3)
    site.hit("2020-03-18 01:00", application=third, metric=bytes_, value=10**15)
    answer = asked(site, metric="hits,bytes", split="application")
    assert lines(answer, "application", "metric") == [
        ("Second", "Hits", 3), ("App", "Hits", 2), ("Third", "Bytes", 10**15),
    ]  # fmt: skip


def test_pages_hold_each_application_once_and_are_of_one_window(site: AnalyticsSite) -> None:
    applications = [another(site, f"A{number:02}") for number in range(7)]
    for number, application in enumerate(applications):
        site.hit("2020-03-18 05:00", application=application, value=number // 2 + 1)
    given = {"last": "24h", "split": "application", "limit": 3}
    expected = lines(asked(site, last="24h", split="application"), "application")
    first = asked(site, **given)
    found, cursor = lines(first, "application"), first["next_cursor"]
    site.at("2020-03-19 17:00")
    while cursor:
        page = asked(site, **given, cursor=cursor)
        assert page["window"] == first["window"]
        assert page["totals"] == first["totals"]
        found, cursor = found + lines(page, "application"), page["next_cursor"]
    assert found == expected
    assert len(found) == 7


def test_a_page_has_no_more_values_than_can_be_read(
    site: AnalyticsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has fewer lines instead, and the next page goes on; what is too much for one line is refused."""
    monkeypatch.setattr(report, "MOST_VALUES", 100)
    for number in range(5):
        site.hit("2020-03-18 05:00", application=another(site, f"A{number}"), value=9 - number)
    given = {"split": "application", "granularity": "hour", "compare": "previous"}
    first = asked(site, **given)
    assert lines(first, "application") == [("A0", 9), ("A1", 8)]
    second = asked(site, **given, cursor=first["next_cursor"])
    assert lines(second, "application") == [("A2", 7), ("A3", 6)]
    answer = site.v1("usage", last="7d", granularity="hour")
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("These are too many values")


def test_what_is_counted_while_pages_are_read_is_on_the_next(site: AnalyticsSite) -> None:
    site.hit("2020-03-18 05:00")
    assert asked(site)["lines"][0]["total"] == 1
    site.hit("2020-03-18 05:01")
    assert asked(site)["lines"][0]["total"] == 2


COUNTS = st.lists(
    st.tuples(
        st.integers(utc_s("2020-03-16 00:00"), utc_s("2020-03-18 10:00")),
        st.integers(0, 3),
        st.sampled_from(["hits", "orders", "stock"]),
        st.integers(1, 10**6),
        st.sampled_from([200, 404, 503]),
    ),
    max_size=20,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    counts=COUNTS,
    splits=st.sets(st.sampled_from(["product", "application", "account", "plan", "method"])),
    code=st.sampled_from(["", "response_code", "class"]),
    zone=st.sampled_from(["UTC", "Asia/Kolkata", "America/St_Johns"]),
    granularity=st.sampled_from(["minute", "hour", "6 hours", "day", "total", "auto"]),
)
def test_any_split_in_any_zone_adds_up_to_the_entries(
    site: AnalyticsSite,
    counts: list[tuple[int, int, str, int, int]],
    splits: set[str],
    code: str,
    zone: str,
    granularity: str,
) -> None:
    """Each example has a product of its own; with codes calls are counted, else what they used."""
    product = catalog_data.product(site.provider, name="P", system_name=f"p{len(site.log.entries)}_{Metric.objects.count()}")  # fmt: skip
    plans = [catalog_data.plan(product, name=name) for name in ("One", "Two")]
    applications = [catalog_data.application(plans[n % 2], name=f"A{n}") for n in range(4)]
    metrics = {"hits": product.hits} | {
        name: catalog_data.method(product, name.title()) for name in ("orders", "stock")
    }
    for time_s, number, name, value, status in counts:
        when = datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M:%S")
        site.hit(when, metric=metrics[name], application=applications[number], value=value, code=status)  # fmt: skip
    if code and granularity == "minute":
        granularity = "hour"
    answer = asked(
        site,
        product=product.pk,
        split=",".join([*splits, *([code] if code else [])]),
        timezone=zone,
        granularity=granularity,
        since="2020-03-16T00:00:00Z",
        until="2020-03-18T12:00:00Z",
    )
    expected = len(counts) if code else sum(value for _, _, _, value, _ in counts)
    assert sum(line["total"] for line in answer["lines"]) == expected
    assert sum(line["total"] for line in answer["totals"]) == expected
    for place in range(len(answer["times"])):
        in_lines = sum(line["values"][place] for line in answer["lines"])
        assert in_lines == sum(line["values"][place] for line in answer["totals"])
