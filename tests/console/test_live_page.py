"""The Live page: the last hour by the minute, and entries as they come."""

import json
import re

import pytest
from django.conf import settings as django_settings
from support.catalog_data import application, method
from support.catalog_data import product as make_product
from support.portal_pages import commands, member, run, token_of

from tallygate.console.live import minutes, page, tail
from tallygate.domain.errors import HistoryUnavailable
from tallygate.web import runtime


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Nothing is gathered and nothing is shared: tests do not wait."""
    monkeypatch.setattr(page, "EVERY_S", 0.01)
    monkeypatch.setattr(minutes, "FRESH_S", 0)


def live(portal, client=None, **query):
    return (client or portal.client).get(f"/products/{portal.product.pk}/live", query)


class Stream:
    """What a page is told."""

    def __init__(self, portal, client=None, product=None, **query):
        path = f"/products/{(product or portal.product).pk}/live/stream"
        self.answer = (client or portal.client).get(path, query)
        self._portal = portal

    def __enter__(self):
        assert self.answer.status_code == 200
        self._chunks = iter(self.answer.streaming_content)
        assert next(self._chunks).startswith(b"retry:")
        return self

    def __exit__(self, *_):
        self.answer.close()

    def next(self):
        """(name, data) of the next event."""
        for chunk in self._chunks:
            found = re.fullmatch(rb"event: (\w+)\ndata: (.*)\n\n", chunk, re.DOTALL)
            if found:
                return found[1].decode(), json.loads(found[2])
        raise AssertionError("the stream has ended")

    def entries(self):
        """The next that tells of entries, after the historian has seen what was counted."""
        runtime.history().catch_up()
        while True:
            name, data = self.next()
            if name == "entries":
                return data


def bars(answer):
    shown = answer.context["minutes"]
    return {bar.label: bar.value for bar in shown.bars if bar.value}, shown.total


def test_the_last_60_minutes_are_shown_by_the_minute(portal):
    now_s = portal.clock.now_s()
    for ago_s, value in ((0, 3), (60, 2), (59 * 60, 5), (60 * 60, 7)):
        portal.count(now_s - ago_s, portal.product.hits, value=value)
    answer = live(portal)
    assert bars(answer) == ({"10:05": 3, "10:04": 2, "09:06": 5}, 10)
    shown = answer.context["minutes"]
    assert (shown.running.value, shown.last.value, shown.peak.label, shown.top) == (3, 2, "09:06", 5)  # fmt: skip
    assert len(shown.bars) == 60
    assert (shown.peak.y, shown.peak.height) == (0, minutes.HEIGHT)
    assert b"Hits in the last 60 minutes: 10 in all, at most 5 in the minute of 09:06" in answer.content  # fmt: skip


def test_the_call_that_the_page_tells_gives_the_same_minutes(portal):
    portal.count(portal.clock.now_s(), portal.product.hits, value=4)
    (command,) = commands(live(portal))
    answer = run(command, token_of("admin")).json()
    assert (answer["total"], answer["values"][-1], len(answer["values"])) == (4, 4, 60)


def test_entries_come_as_they_are_counted_the_newest_first_and_the_minutes_follow(portal):
    orders = method(portal.product)
    under = portal.product.application_plans.get()
    shop = application(under, name="Shop", application_id="shop")
    now_s = portal.clock.now_s()
    with Stream(portal) as stream:
        name, data = stream.next()
        assert name == "minutes"
        assert "0 in all" in data["html"]
        portal.count(now_s, portal.product.hits, orders, application="shop", code=200)
        portal.count(now_s, portal.product.hits, value=7, application="unknown")
        told = stream.entries()
        assert told["missed"] == 0
        first, second = told["html"].split("</tr>")[:2]
        assert "unknown" in first
        assert "+7" in first
        for text in ("Shop", "Orders", "10:05:03.000", ">200<", f"/applications/{shop.pk}"):
            assert text in second
        name, data = stream.next()
        assert name == "minutes"
        assert "8 in all" in data["html"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"app-a", "app-b", "app-c"}),
        ({"code": "4xx"}, {"app-b"}),
        ({"code": "404"}, {"app-b"}),
        ({"code": "none"}, {"app-c"}),
        ({"code": "5XX"}, set()),
        ({"application": "PP-A"}, {"app-a"}),
        ({"application": "named so"}, {"app-b"}),
        ({"application": "consumer"}, {"app-b"}),
        ({"metric": "orders"}, {"app-a"}),
        ({"metric": "hits"}, {"app-a", "app-b"}),
        ({"metric": "hits", "code": "2XX", "application": "a"}, {"app-a"}),
        ({"application": "a\0<b>"}, set()),
    ],
)
def test_entries_are_filtered_by_application_code_and_metric(portal, query, found):
    orders = method(portal.product)
    other = portal.product.metrics.create(
        product=portal.product, friendly_name="Bytes", system_name="bytes", unit="byte"
    )
    application(portal.product.application_plans.get(), name="Named so", application_id="app-b")
    with Stream(portal, **query) as stream:
        stream.next()
        now_s = portal.clock.now_s()
        portal.count(now_s, portal.product.hits, orders, application="app-a", code=200)
        portal.count(now_s, portal.product.hits, application="app-b", code=404)
        portal.count(now_s, other, application="app-c")
        portal.count(now_s, portal.product.hits, orders, other, application="app-a last-of-all", code=200)  # fmt: skip
        if not found:
            runtime.history().catch_up()
            assert stream.next()[0] == "minutes"
            return
        html = stream.entries()["html"]
    shown = {name for name in ("app-a", "app-b", "app-c") if f">{name}<" in html}
    assert shown | ({"app-b"} if "Named so" in html else set()) == found


@pytest.mark.parametrize("query", [{"code": "x"}, {"code": "999"}, {"metric": "none"}, {"metric": "a\0<script>"}])  # fmt: skip
def test_what_makes_no_sense_is_told_and_not_streamed(portal, query):
    answer = live(portal, **query)
    assert answer.status_code == 400
    assert b"This cannot be shown" in answer.content
    assert b'<script>"' not in answer.content
    refused = portal.get(f"/products/{portal.product.pk}/live/stream", **query)
    assert (refused.status_code, refused["Content-Type"]) == (400, "text/plain; charset=utf-8")


def test_of_very_many_entries_the_newest_are_shown_and_the_rest_counted(portal, monkeypatch):
    monkeypatch.setattr(tail, "SHOWN", 2)
    monkeypatch.setattr(page, "SHOWN", 2)
    with Stream(portal) as stream:
        stream.next()
        for number in range(5):
            portal.count(portal.clock.now_s(), portal.product.hits, application=f"app-{number}")
        told = stream.entries()
    assert told["missed"] == 3
    assert re.findall(r">(app-\d)<", told["html"]) == ["app-4", "app-3"]


def test_names_of_applications_are_text(portal):
    with Stream(portal) as stream:
        stream.next()
        portal.count(portal.clock.now_s(), portal.product.hits, application="<script>alert(1)")
        assert "<script>" not in stream.entries()["html"]


def test_a_metric_that_is_unknown_and_very_many_of_them_are_shown_shortly(portal):
    metrics = [
        portal.product.metrics.create(product=portal.product, friendly_name=f"Long name {n}", unit="u")
        for n in range(9)
    ]  # fmt: skip
    with Stream(portal) as stream:
        stream.next()
        portal.count(portal.clock.now_s(), *metrics)
        html = stream.entries()["html"]
    assert html.count("Long name") == tail.METRICS
    assert "and 3 more" in html


def test_a_member_watches_their_product_only_and_sees_links_they_may_follow(portal):
    other = make_product(portal.product.provider, name="Other")
    application(portal.product.application_plans.get(), name="Shop", application_id="shop")
    client = member(portal, "monitoring", products=[portal.product.pk])
    assert client.get(f"/products/{other.pk}/live").status_code == 404
    assert client.get(f"/products/{other.pk}/live/stream").status_code == 404
    nobody = member(portal, "plans")
    assert live(portal, nobody).status_code == 403
    assert nobody.get(f"/products/{portal.product.pk}/live/stream").status_code == 403
    with Stream(portal, client) as stream:
        stream.next()
        portal.count(portal.clock.now_s(), other.hits, product=other, application="hidden")
        portal.count(portal.clock.now_s(), portal.product.hits, application="shop")
        html = stream.entries()["html"]
    assert "Shop" in html
    assert "hidden" not in html
    assert "/applications/" not in html


def test_a_product_without_calls_tells_when_the_last_was_and_the_next_step(portal):
    assert b"This product has never been called" in live(portal).content
    portal.count(portal.clock.now_s() - 7_200, portal.product.hits)
    assert b"The last call was counted at 18 May 2015, 08:05" in live(portal).content


def test_without_the_history_the_page_tells_why_and_the_stream_ends(portal, monkeypatch):
    def broken(*_):
        raise HistoryUnavailable("the disk is gone")

    monkeypatch.setattr(runtime.history(), "ask", broken)
    answer = live(portal)
    assert answer.status_code == 503
    assert b"The disk is gone" in answer.content
    with Stream(portal) as stream:
        assert stream.next() == ("failed", "the disk is gone")


def test_when_too_many_watch_the_page_is_told_to_come_again(portal):
    streams = [Stream(portal) for _ in range(django_settings.TALLYGATE.console_streams)]
    try:
        assert all(stream.answer.status_code == 200 for stream in streams)
        refused = Stream(portal).answer
        assert (refused.status_code, refused["Retry-After"]) == (503, "5")
        assert live(portal).status_code == 200
    finally:
        for stream in streams:
            stream.answer.close()


def test_those_who_watch_the_same_share_an_answer_for_a_second(monkeypatch):
    """What was made is kept no longer, and what fails is not kept."""
    made = iter(range(10))
    shared = minutes.Shared()
    assert [shared.get("a", lambda: next(made)) for _ in range(2)] == [0, 1]
    monkeypatch.setattr(minutes, "FRESH_S", 60)
    shared = minutes.Shared()
    assert [shared.get(key, lambda: next(made)) for key in ("a", "a", "b")] == [2, 2, 3]
    with pytest.raises(ZeroDivisionError):
        shared.get("c", lambda: 1 // 0)
    assert shared.get("c", lambda: next(made)) == 4
