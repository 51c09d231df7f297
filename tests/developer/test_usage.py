"""What developers see of what their applications use: theirs alone, and as far as the provider lets them."""

import csv
import io

import pytest
from support import catalog_data as made

from tallygate.catalog.models import Limit, PlanMetric
from tallygate.console import utilization
from tallygate.developer import limits, usage

HOUR_S = 3_600
from support.portal_site import NOW_S  # noqa: E402

MAY = {"since": "2015-05-16", "until": "2015-05-18", "per": "day"}


@pytest.fixture
def counted(site):
    """Three hits of the own application, two of them of a method; five of the other account's."""
    hits, method = site.product.hits, made.method(site.product)
    site.count(NOW_S, hits, code=200)
    site.count(NOW_S - 24 * HOUR_S, hits, method, code=200)
    site.count(NOW_S - 24 * HOUR_S, hits, method, code=404)
    for _ in range(5):
        site.count(NOW_S, hits, method, by=site.other, code=503)
    return method


def rows(answer):
    assert answer.status_code == 200, answer.content
    return list(csv.reader(io.StringIO(answer.content.decode())))


def test_the_numbers_are_those_of_the_own_application(site, counted):
    report = site.own("usage", **MAY).context["report"]
    assert report.curves[0].values == (0, 2, 1)
    assert [tile.number for tile in report.tiles] == ["3", "", "2", "1"]
    (methods,) = report.tables
    assert [(row[0].text, row[1].text) for row in methods.rows] == [
        ("Orders", "2"),
        ("Others", "1"),
    ]


def test_the_file_has_the_numbers_of_the_page(site, counted):
    answer = site.own("usage-csv", **MAY)
    assert rows(answer) == [
        ["Metric System Name", "Metric Name", "Date", "Value"],
        ["hits", "Hits", "2015-05-16 00:00:00 UTC", "0"],
        ["hits", "Hits", "2015-05-17 00:00:00 UTC", "2"],
        ["hits", "Hits", "2015-05-18 00:00:00 UTC", "1"],
    ]
    assert "App%20of%20A-hits-2015-05-16-2015-05-18.csv" in answer["Content-Disposition"] or (
        '"App of A-hits-2015-05-16-2015-05-18.csv"' in answer["Content-Disposition"]
    )
    assert [row[-1] for row in rows(site.own("usage-csv", metric="orders", **MAY))[1:]] == [
        "0", "2", "0",
    ]  # fmt: skip


def test_response_codes_are_those_of_the_own_application(site, counted):
    report = site.own("codes", **MAY).context["report"]
    assert [(curve.key, list(curve.values)) for curve in report.curves] == [
        ("2XX", [0, 1, 1]), ("4XX", [0, 1, 0]),
    ]  # fmt: skip
    (codes,) = report.tables
    assert [[cell.text for cell in row[:3]] for row in codes.rows] == [
        ["200", "OK", "2"], ["404", "Not Found", "1"],
    ]  # fmt: skip
    assert rows(site.own("codes-csv", **MAY))[1:] == [
        ["200", "2015-05-16 00:00:00 UTC", "0"],
        ["200", "2015-05-17 00:00:00 UTC", "1"],
        ["200", "2015-05-18 00:00:00 UTC", "1"],
        ["404", "2015-05-16 00:00:00 UTC", "0"],
        ["404", "2015-05-17 00:00:00 UTC", "1"],
        ["404", "2015-05-18 00:00:00 UTC", "0"],
    ]


def test_an_application_with_nothing_says_when_it_last_used_something(site):
    assert "has used no Hits" in site.own("usage").content.decode()
    site.count(NOW_S - 20 * 24 * HOUR_S, site.product.hits)
    text = site.own("usage").content.decode()
    assert "Hits was last used in April 2015" in text


@pytest.mark.parametrize("name", ["usage", "usage-csv", "codes", "codes-csv"])
@pytest.mark.parametrize("of", ["product", "plan"])
def test_a_product_or_a_plan_turns_analytics_off(site, counted, name, of):
    assert site.own(name).status_code == 200
    site.switch(getattr(site, of), buyers_see_analytics=False)
    answer = site.own(name)
    assert answer.status_code == 403
    assert answer.context is None or "report" not in answer.context
    overview = site.own("application").content.decode()
    assert site.url("usage", site.application.pk) not in overview
    assert site.url("codes", site.application.pk) not in overview


def test_a_product_turns_response_codes_off(site, counted):
    site.switch(site.product, buyers_see_response_codes=False)
    assert site.own("codes").status_code == site.own("codes-csv").status_code == 403
    assert site.own("usage").status_code == 200
    assert site.url("codes", site.application.pk) not in site.own("usage").content.decode()


@pytest.mark.parametrize("how", ["hidden", "forbidden"])
def test_a_hidden_metric_is_not_there_in_any_way(site, counted, how, monkeypatch):
    """Not in lists, not by name in page or file, not in a question to the history; an unknown one is answered alike."""
    if how == "hidden":
        PlanMetric.objects.create(plan=site.plan, metric=counted, visible=False)
    else:
        Limit.objects.create(plan=site.plan, metric=counted, period="day", value=0)
    asked = []
    history = usage.runtime.history()
    monkeypatch.setattr(history, "ask", _noting(history.ask, asked))
    page = site.own("usage", **MAY)
    assert "rders" not in page.content.decode()
    for name in ("usage", "usage-csv"):
        hidden = site.own(name, metric="orders", **MAY)
        unknown = site.own(name, metric="nobody", **MAY)
        assert hidden.status_code == unknown.status_code == 400
        assert _plain(hidden, "orders") == _plain(unknown, "nobody")
    assert asked
    assert not [question for question in asked if f"m:{counted.pk}" in question.series]


def _noting(ask, asked):
    def noting(question):
        asked.append(question)
        return ask(question)

    return noting


def _plain(answer, name):
    """Without the name that was asked for, and what differs from page to page by chance."""
    import re

    text = re.sub(r'csrfmiddlewaretoken" value="[^"]*"', "", answer.content.decode())
    return text.replace(name, "")


def test_a_plan_that_hides_hits_hides_the_codes_that_add_up_to_them(site, counted):
    PlanMetric.objects.create(plan=site.plan, metric=site.product.hits, visible=False)
    assert site.own("usage", **MAY).context["report"].curves[0].total == 2
    assert site.own("codes", **MAY).status_code == 403
    assert site.own("codes-csv", **MAY).status_code == 403
    PlanMetric.objects.create(plan=site.plan, metric=counted, visible=False)
    assert site.own("usage", **MAY).status_code == 403


def test_what_a_backend_counts_is_not_told(site):
    stock = made.backend(site.provider)
    made.use(site.product, stock)
    name = stock.metrics.get().system_name
    assert site.own("usage", metric=name).status_code == 400
    assert name not in site.own("usage").content.decode()


@pytest.mark.parametrize("name", ["usage", "usage-csv", "codes", "codes-csv"])
@pytest.mark.parametrize(
    "query",
    [{"frame": "x"}, {"since": "\0"}, {"since": "2015-05-18", "until": "2015-05-01"},
     {"per": "x"}, {"since": "9999-12-31", "until": "9999-12-31"}, {"since": "2001-01-01", "per": "hour"}],
)  # fmt: skip
def test_a_question_without_sense_is_a_400(site, name, query):
    answer = site.own(name, **query)
    assert answer.status_code in (200, 400)
    if query.get("since") != "9999-12-31":
        assert answer.status_code == 400


def test_when_the_history_cannot_answer_it_is_a_503_that_says_so(site, monkeypatch):
    from tallygate.domain.errors import HistoryUnavailable

    def fail(_question):
        raise HistoryUnavailable("the engine is away")

    monkeypatch.setattr(usage.runtime.history(), "ask", fail)
    for name in ("usage", "usage-csv", "codes", "codes-csv"):
        answer = site.own(name)
        assert answer.status_code == 503
        assert "The engine is away" in answer.content.decode()


def test_limits_show_what_is_used_and_left_but_not_of_hidden_metrics(site, counted, monkeypatch):
    PlanMetric.objects.create(plan=site.plan, metric=counted, visible=False)
    told = [
        utilization.Used("hits", "day", 10, 9),
        utilization.Used("hits", "eternity", 5, 7),
        utilization.Used("orders", "day", 10, 9),
    ]
    monkeypatch.setattr(limits, "utilization", lambda _settings, _application: told)
    answer = site.own("limits")
    found = answer.context["limits"]
    assert [(row.metric, row.remaining, row.resets, row.tone) for row in found] == [
        ("Hits", 1, "19 May 2015, 00:00", "warn"),
        ("Hits", 0, "", "bad"),
    ]
    assert "rders" not in answer.content.decode()


def test_without_a_listener_the_page_says_that_limits_are_not_told_now(site):
    answer = site.own("limits")
    assert answer.status_code == 200
    assert "cannot be told right now" in answer.content.decode()
