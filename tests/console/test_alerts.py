"""The Alerts pages, and how alerts come from the listener."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.catalog_data import application
from support.catalog_data import plan as make_plan
from support.catalog_data import product as make_product
from support.catalog_data import provider as make_provider
from support.portal_pages import member

from tallygate.catalog.models import Alert
from tallygate.console.alerts import following
from tallygate.console.alerts.following import Follower
from tallygate.console.listener import ListenerSilent

NOW = datetime(2015, 5, 18, 10, 0, tzinfo=UTC)


def alert(app, level=80, hours_ago=0, **values):
    given = {"metric": "hits", "period": "day", "value": level, "maximum": 100, **values}
    at = NOW - timedelta(hours=hours_ago)
    return Alert.objects.create(product=app.product, application=app, at=at, level=level, **given)


@pytest.fixture
def shop(portal):
    return application(portal.product.application_plans.get(), name="Shop", application_id="shop")


@pytest.fixture
def other(portal):
    """An application of another product."""
    return application(make_plan(make_product(portal.product.provider, name="Other")), name="Till")


def shown(answer):
    return [(row.application.name, row.level, row.read) for row in answer.context["listing"].rows]


def of(portal, below=""):
    return f"/products/{portal.product.pk}/alerts{below}"


def test_alerts_are_listed_newest_first_with_level_limit_and_time(portal, shop, other):
    alert(shop, 80, 2, value=83_000, maximum=100_000, metric="bytes", period="month")
    alert(shop, 120, 1)
    alert(other, 90, 0, period="eternity")
    answer = portal.get("/alerts")
    assert shown(answer) == [("Till", 90, False), ("Shop", 120, False), ("Shop", 80, False)]
    page = " ".join(answer.content.decode().split())
    for text in ("18 May 2015, 08:00", '83,000 of 100,000 <span dir="auto">bytes</span> per month', "for ever"):  # fmt: skip
        assert text in page
    assert shown(portal.get(of(portal))) == [("Shop", 120, False), ("Shop", 80, False)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"level": "below"}, [80]), ({"level": "over"}, [120, 100]), ({"level": "100"}, [100]),
        ({"state": "read"}, [100]), ({"state": "unread"}, [120, 80]), ({"state": "x"}, [120, 100, 80]),
        ({"level": "7"}, [120, 100, 80]), ({"q": "sho"}, [120, 100, 80]), ({"q": "nothing"}, []),
        ({"q": "a\0"}, []), ({"sort": "level"}, [80, 100, 120]), ({"sort": "-when"}, [120, 100, 80]),
        ({"page": "99"}, [120, 100, 80]),
    ],
)  # fmt: skip
def test_search_filters_and_order(portal, shop, query, found):
    for hours_ago, level in enumerate((120, 100, 80)):
        alert(shop, level, hours_ago, read=level == 100)
    assert [level for _, level, _ in shown(portal.get(of(portal), **query))] == found


def test_one_is_marked_and_deleted_and_the_list_stays_as_it_was(portal, shop):
    one, two = alert(shop, 80, 1), alert(shop, 100)
    form = {"of": "product", "query": "sort=level&page=1"}
    answer = portal.client.post(f"/alerts/{one.pk}/read", form)
    assert answer["Location"] == f"{of(portal)}?sort=level&page=1"
    assert shown(portal.get(of(portal))) == [("Shop", 100, False), ("Shop", 80, True)]
    portal.client.post(f"/alerts/{one.pk}/unread", {"of": "all"})
    assert shown(portal.get("/alerts"))[1] == ("Shop", 80, False)
    answer = portal.client.post(f"/alerts/{two.pk}/delete", {"query": "//evil.example\r\nX: y"})
    assert answer["Location"].startswith("/alerts?")
    assert shown(portal.get("/alerts")) == [("Shop", 80, False)]
    for what in ("read", "unread", "delete"):
        assert portal.client.post(f"/alerts/{two.pk}/{what}").status_code == 404


def test_all_are_marked_and_the_read_are_deleted_after_asking_of_one_product_or_of_all(portal, shop, other):  # fmt: skip
    alert(shop, 80)
    alert(other, 90)
    portal.client.post(of(portal, "/read"))
    assert shown(portal.get("/alerts")) == [("Till", 90, False), ("Shop", 80, True)]
    assert b"1 alert will be deleted" in portal.get("/alerts/delete").content
    assert len(shown(portal.get("/alerts"))) == 2
    portal.client.post("/alerts/delete")
    assert shown(portal.get("/alerts")) == [("Till", 90, False)]
    portal.client.post("/alerts/read")
    portal.client.post(of(portal, "/delete"))
    assert shown(portal.get("/alerts")) == [("Till", 90, True)]


def test_a_member_sees_and_changes_the_alerts_of_their_products_only(portal, shop, other):
    mine, theirs = alert(shop, 80), alert(other, 90)
    client = member(portal, "monitoring", products=[portal.product.pk])
    assert shown(client.get("/alerts")) == [("Shop", 80, False)]
    assert b"/applications/" not in client.get("/alerts").content
    for what in ("read", "unread", "delete"):
        assert client.post(f"/alerts/{theirs.pk}/{what}").status_code == 404
    for below in ("", "/delete"):
        assert client.get(f"/products/{other.product.pk}/alerts{below}").status_code == 404
    client.post("/alerts/read")
    assert client.post(f"/products/{other.product.pk}/alerts/read").status_code == 404
    assert shown(portal.get("/alerts", sort="level")) == [("Shop", 80, True), ("Till", 90, False)]
    nobody = member(portal, "plans")
    for path in ("/alerts", of(portal), "/alerts/delete"):
        assert nobody.get(path).status_code == 403
    for path in (f"/alerts/{mine.pk}/delete", "/alerts/read", "/alerts/delete"):
        assert nobody.post(path).status_code == 403


def test_alerts_of_another_provider_are_nowhere(portal, shop):
    foreign = alert(application(make_plan(make_product(make_provider(name="Foreign")))))
    assert shown(portal.get("/alerts")) == []
    assert portal.client.post(f"/alerts/{foreign.pk}/read").status_code == 404


def test_an_empty_list_tells_whether_any_level_is_chosen_and_where(portal, shop):
    assert b"No level is chosen for this product" in portal.get(of(portal)).content
    assert b"No product has a level chosen" in portal.get("/alerts").content
    product = portal.product
    product.notification_settings = {"web_provider": [80]}
    product.save()
    for path in ("/alerts", of(portal)):
        assert b"No application has reached a level" in portal.get(path).content


def test_a_page_of_alerts_asks_the_database_as_often_whatever_its_length(portal, shop):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            portal.get("/alerts")
        return len(captured)

    alert(shop)
    before = queries()
    for number in range(10):
        alert(shop, 80, number + 1)
    assert queries() == before


def told(number, **changed):
    event = {
        "id": number, "type": "alert", "timestamp": "2015-05-18 10:00:00 UTC",
        "object": {
            "id": 1, "utilization": 80, "max_utilization": 0.83, "service_id": "1",
            "application_id": "shop", "timestamp": "2015-05-18 10:00:00 UTC",
            "limit": "hits per day: 83/100", **changed,
        },
    }  # fmt: skip
    return following._Event(event["id"], event["type"], event["object"])


@pytest.fixture
def listener(portal, shop, monkeypatch):
    """What the listener tells, and what it was asked."""
    product = portal.product
    product.notification_settings = {"web_provider": [80]}
    product.save()
    events, asked = [], []

    def ask(_settings, path, *_):
        asked.append(path)
        if not events:
            raise ListenerSilent("it is away")
        return following._Answer(events)

    monkeypatch.setattr(following, "ask", ask)
    return events, asked


def test_what_the_listener_tells_is_asked_for_from_where_it_was_left(portal, listener):
    events, asked = listener
    follower = Follower(portal.settings, portal.clock)
    follower.look()  # the listener is away: nothing happens, and nothing is lost
    events += [told(7), following._Event(8, "first_traffic", {}), told(9, limit="no limit at all")]
    follower.look()
    follower.look()
    assert asked == ["/events/?after_id=0", "/events/?after_id=0", "/events/?after_id=9"]
    (kept,) = Alert.objects.all()
    assert (kept.level, kept.value, kept.maximum, kept.metric, kept.period) == (80, 83, 100, "hits", "day")  # fmt: skip
    assert kept.at == NOW


def test_everything_is_asked_for_now_and_then_so_that_a_new_ledger_is_noticed(portal, listener, monkeypatch):  # fmt: skip
    events, asked = listener
    events.append(told(7))
    follower = Follower(portal.settings, portal.clock)
    follower.look()
    monkeypatch.setattr(following, "ALL_AGAIN_S", -1)
    follower.look()
    assert asked == ["/events/?after_id=0", "/events/?after_id=0"]
    assert Alert.objects.count() == 1
