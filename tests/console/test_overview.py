"""The Overview pages: totals, what stands out, what is near its limit."""

from datetime import UTC, datetime

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.catalog_data import application, method, plan
from support.catalog_data import product as make_product
from support.catalog_data import provider as make_provider
from support.portal_pages import commands, member, run, token_of

from tallygate.catalog.models import Alert, Application, Limit, Metric, Product
from tallygate.console.overview import figures, near_limits
from tallygate.domain.errors import HistoryUnavailable
from tallygate.domain.limits import PERIOD_BY_NAME, epoch_at
from tallygate.history import Snapshot
from tallygate.integration_errors.record import Context, Group
from tallygate.integration_errors.store import SqliteErrorStore
from tallygate.web import runtime

DAY_S = 86_400


@pytest.fixture
def busy(portal):
    """Two products of which one is called much, one little; applications that grow, shrink and fall silent."""
    other = make_product(portal.product.provider, name="Other")
    now_s = portal.clock.now_s()
    under = portal.product.application_plans.get()
    for name in ("steady", "growing", "silent"):
        application(under, name=name.title(), application_id=name)
    counted = {"steady": (500, 400), "growing": (90, 10), "silent": (0, 70)}
    for name, (now, before) in counted.items():
        for value, at_s in ((now, now_s), (before, now_s - 40 * DAY_S)):
            if value:
                portal.count(at_s, portal.product.hits, value=value, application=name)
    portal.count(now_s, other.hits, value=7, product=other)
    return other


def overview(portal, product=None, client=None, **query):
    path = f"/products/{product.pk}/overview" if product else "/overview"
    return (client or portal.client).get(path, query)


def rows(answer, name):
    """(name, total, previous) of one of the lists."""
    found = answer.context["parts"] if name == "parts" else next(
        each.rows for each in answer.context["lists"] if each.name == name
    )  # fmt: skip
    return [(row.name, row.ranked.total, row.ranked.previous) for row in found]


def test_the_provider_sees_all_products_together_and_which_are_called_most(portal, busy):
    answer = overview(portal)
    assert (answer.context["total"], answer.context["previous_total"]) == (597, 480)
    assert answer.context["peak"].number == "597"
    assert rows(answer, "parts") == [(portal.product.name, 590, 480), ("Other", 7, 0)]


def test_applications_that_are_used_most_that_grow_and_that_fell_silent(portal, busy):
    answer = overview(portal)
    assert rows(answer, "used")[:2] == [("Steady", 500, 400), ("Growing", 90, 10)]
    assert rows(answer, "growing") == [
        ("Steady", 500, 400),
        ("Growing", 90, 10),
        ("app", 7, 0),
    ]
    assert rows(answer, "silent") == [("Silent", 0, 70)]


def test_applications_lead_to_their_page_for_those_who_may_see_it(portal, busy):
    link = f'href="/applications/{Application.objects.get(application_id="steady").pk}"'
    assert link in overview(portal).content.decode()
    page = overview(portal, client=member(portal, "monitoring")).content.decode()
    assert "Steady" in page
    assert link not in page


def test_a_product_shows_itself_alone_with_its_metrics_and_methods(portal, busy):
    orders = method(portal.product)
    portal.count(portal.clock.now_s(), portal.product.hits, orders, value=10, application="steady")
    answer = overview(portal, portal.product)
    assert answer.context["total"] == 600
    assert rows(answer, "parts") == [("Hits", 600, 480), ("Orders", 10, 0)]
    assert ("app", 7, 0) not in rows(answer, "used")


@pytest.mark.parametrize(("frame", "total"), [("24h", 597), ("7d", 597), ("12m", 1077)])
def test_the_time_frame_is_in_the_url(portal, busy, frame, total):
    answer = overview(portal, frame=frame)
    assert answer.context["total"] == total
    assert answer.content.count(b'aria-current="true"') == 1


@pytest.mark.parametrize("frame", ["x", "custom<script>", "-1", "a\0b", "30D" * 500])
def test_a_time_frame_that_makes_no_sense_is_told(portal, frame):
    answer = overview(portal, frame=frame)
    assert answer.status_code == 400
    assert b"Time frame must be one of" in answer.content
    assert b"<script>al" not in answer.content


def test_how_many_calls_were_answered_with_an_error(portal, busy):
    for code, often in ((200, 6), (404, 1), (503, 1), (302, 2)):
        for _ in range(often):
            portal.count(portal.clock.now_s(), portal.product.hits, code=code)
    answered = overview(portal).context["answered"]
    assert (answered.calls, answered.failed, answered.share) == (10, 2, 20.0)
    assert overview(portal, busy).context["answered"].calls == 0


def test_the_numbers_are_those_of_the_traffic_page(portal, busy):
    for frame in ("24h", "7d", "30d", "12m"):
        traffic = portal.traffic(frame=frame).context["report"]
        answer = overview(portal, portal.product, frame=frame)
        assert answer.context["report"].chart["curves"] == traffic.chart["curves"]
        assert answer.context["total"] == traffic.curves[0].total


def test_unread_alerts_and_errors_of_the_time_frame_ask_for_attention(portal, busy, monkeypatch):
    """Of the products that the user may see; what cannot be read is left out."""
    monkeypatch.setattr(django_settings, "TALLYGATE", portal.settings)

    def told(product=None, client=None, **query):
        return [(each.text, each.url) for each in overview(portal, product, client, **query).context["notices"]]  # fmt: skip

    assert told() == []
    app = Application.objects.get(application_id="steady")
    for level, read in ((80, False), (100, False), (50, True)):
        Alert.objects.create(
            product=portal.product, application=app, at=datetime.fromtimestamp(portal.clock.now_s(), UTC),
            level=level, metric="hits", period="day", value=level, maximum=100, read=read,
        )  # fmt: skip
    now_ms = portal.clock.now_ms()
    sent = Context("/transactions/authrep.xml", "GET", "10.0.0.7")
    with SqliteErrorStore(portal.settings) as store:
        old_ms = now_ms - 10 * DAY_S * 1000
        store.add([
            Group(portal.product.service_id, "c", "new", now_ms, now_ms, 9, sent),
            Group(portal.product.service_id, "c", "old", old_ms, old_ms, 9, sent),
        ], now_ms)  # fmt: skip
    one = f"/products/{portal.product.pk}"
    errors = "kinds of integration errors in this time frame"
    assert told() == [("2 unread alerts", "/alerts"), (f"2 {errors}", "/errors")]
    assert told(portal.product, frame="24h") == [
        ("2 unread alerts", f"{one}/alerts"),
        ("1 kind of integration error in this time frame", f"{one}/errors"),
    ]
    assert told(busy) == []
    assert told(client=member(portal, "monitoring", products=[busy.pk])) == []
    portal.settings.integration_errors.write_bytes(b"this is no database" * 100)
    assert told() == [("2 unread alerts", "/alerts")]


def test_the_call_that_the_page_of_a_product_tells_gives_its_total(portal, busy):
    (command,) = commands(overview(portal, portal.product))
    assert run(command, token_of("admin")).json()["total"] == 590


def limited(portal, value, period="day", name="limited", metric=None):
    """An application under a plan of its own with one limit."""
    own = plan(portal.product, name=f"Plan {name}")
    Limit.objects.create(plan=own, metric=metric or portal.product.hits, period=period, value=value)
    return application(own, name=name, application_id=name)


def near(portal, product=None, client=None):
    path = f"/products/{product.pk}/limits" if product else "/overview/limits"
    found = (client or portal.client).get(path).context["near"]
    return [(each.application.name, each.period, each.used, each.maximum) for each in found]


@pytest.mark.parametrize(
    ("period", "ago_s"),
    [("hour", 300), ("day", 10 * 3600), ("week", 10 * 3600), ("month", 16 * DAY_S),
     ("year", 130 * DAY_S), ("eternity", 3_000 * DAY_S)],
)  # fmt: skip
def test_what_is_near_a_limit_in_the_running_period_of_the_calendar(portal, period, ago_s):
    """At NOW_S it is Monday the 18th of May: what was counted before the period began does not count."""
    limited(portal, 100, period)
    now_s = portal.clock.now_s()
    portal.count(now_s - ago_s, portal.product.hits, value=79, application="limited")
    assert near(portal) == []
    portal.count(now_s, portal.product.hits, value=1, application="limited")
    assert near(portal) == [("limited", period, 80, 100)]
    if period != "eternity":
        portal.clock.set(epoch_at(now_s).end_s(PERIOD_BY_NAME[period]) * 1000)
        assert near(portal) == []


def test_the_fullest_come_first_each_by_the_limit_of_its_own_plan(portal):
    """A plan with a smaller limit does not make others seem fuller than they are."""
    now_s = portal.clock.now_s()
    for name, value, used in (("a", 1_000, 990), ("b", 10, 9), ("c", 100, 150), ("d", 2_000, 1_000)):  # fmt: skip
        limited(portal, value, name=f"app-{name}")
        portal.count(now_s, portal.product.hits, value=used, application=f"app-{name}")
    assert [each[0] for each in near(portal)] == ["app-c", "app-a", "app-b"]


def test_a_limit_of_nought_and_one_per_minute_are_near_nothing(portal):
    now_s = portal.clock.now_s()
    for name, value, period in (("none", 0, "day"), ("minute", 1, "minute")):
        limited(portal, value, period, name=name)
        portal.count(now_s, portal.product.hits, value=5, application=name)
    assert near(portal) == []


def test_of_a_product_only_its_own_are_near_and_a_member_sees_only_theirs(portal, busy):
    limited(portal, 10, name="mine")
    portal.count(portal.clock.now_s(), portal.product.hits, value=9, application="mine")
    assert len(near(portal, portal.product)) == len(near(portal)) == 1
    assert near(portal, busy) == []
    assert near(portal, client=member(portal, "monitoring", products=[busy.pk])) == []


def test_a_search_through_many_finds_the_fullest_wherever_it_stands(portal, monkeypatch):
    """Those that have counted most have large limits: the one that is full comes last among the candidates."""
    monkeypatch.setattr(near_limits, "LOOKED_UP", 2)
    now_s = portal.clock.now_s()
    limited(portal, 10, name="app-full")
    portal.count(now_s, portal.product.hits, value=10, application="app-full")
    for number in range(5):
        limited(portal, 1_000_000, name=f"app-{number}")
        portal.count(now_s, portal.product.hits, value=100, application=f"app-{number}")
    assert [each[0] for each in near(portal)] == ["app-full"]


def test_a_member_sees_the_products_given_to_them_and_nothing_of_others(portal, busy):
    client = member(portal, "monitoring", products=[busy.pk])
    answer = overview(portal, client=client)
    assert answer.context["total"] == 7
    assert rows(answer, "parts") == [("Other", 7, 0)]
    assert rows(answer, "silent") == []
    assert b"Steady" not in answer.content
    assert f"/products/{portal.product.pk}/".encode() not in answer.content
    assert overview(portal, portal.product, client).status_code == 404
    assert overview(portal, busy, client).status_code == 200


def test_another_provider_is_not_counted(portal, busy):
    foreign = make_product(make_provider(name="Foreign"), name="Foreign")
    portal.count(portal.clock.now_s(), foreign.hits, value=1_000, product=foreign, code=500)
    answer = overview(portal)
    assert answer.context["total"] == 597
    assert answer.context["answered"].calls == 0


def test_a_member_without_analytics_is_refused(portal, busy):
    client = member(portal, "plans")
    assert overview(portal, client=client).status_code == 403
    assert overview(portal, busy, client).status_code == 403
    assert b"/overview" not in client.get("/products").content


def test_nothing_in_the_time_frame_tells_when_the_last_call_was(portal):
    portal.count(portal.clock.now_s() - 100 * DAY_S, portal.product.hits)
    for product in (None, portal.product):
        page = overview(portal, product).content.decode()
        assert "The last hit was counted at 7 Feb 2015, 10:00" in page


def test_without_any_call_the_next_step_is_told(portal):
    assert b"have never had a hit" in overview(portal).content
    page = overview(portal, portal.product).content
    assert b"has never had a hit" in page
    assert f'href="/products/{portal.product.pk}/start"'.encode() in page


def test_without_a_product_the_next_step_is_to_make_one(portal):
    Product.objects.all().delete()
    answer = overview(portal)
    assert answer.status_code == 200
    assert b"There is no product yet" in answer.content


def test_an_application_that_is_gone_keeps_its_id_and_its_numbers(portal, busy):
    Application.objects.get(application_id="steady").delete()
    assert rows(overview(portal), "used")[0] == ("steady", 500, 400)


def test_without_the_history_the_reason_is_told(portal, monkeypatch):
    def broken():
        raise HistoryUnavailable("the disk is gone")

    monkeypatch.setattr(runtime, "history", broken)
    answer = overview(portal)
    assert answer.status_code == 503
    assert b"The disk is gone" in answer.content
    limits = portal.get("/overview/limits")
    assert limits.status_code == 503
    assert b"The disk is gone" in limits.content


def test_what_stands_out_is_the_same_where_there_are_too_many_to_be_read_at_once(
    portal, busy, monkeypatch
):
    before = [rows(overview(portal), name) for name in ("used", "growing", "silent")]
    monkeypatch.setattr(figures, "AT_ONCE", 1)
    assert [rows(overview(portal), name) for name in ("used", "growing", "silent")] == before
    assert all(before)


def test_neither_database_is_asked_more_often_when_there_is_more(portal, busy, monkeypatch):
    """Of products, metrics, applications and limits, up to the number that is looked up at once."""
    asked = []
    for name in ("ask", "rank"):
        original = getattr(Snapshot, name)

        def counting(self, question, original=original):
            asked.append(question)
            return original(self, question)

        monkeypatch.setattr(Snapshot, name, counting)

    def queries(product=None):
        asked.clear()
        with CaptureQueriesContext(connection) as captured:
            assert overview(portal, product).status_code == 200
            near(portal, product)
        return len(captured), len(asked)

    limited(portal, 10, name="first")
    portal.count(portal.clock.now_s(), portal.product.hits, value=9, application="first")
    before = queries(), queries(portal.product)
    for number in range(12):
        product = make_product(
            portal.product.provider, name=f"P{number}", system_name=f"p_{number}"
        )
        portal.count(portal.clock.now_s(), product.hits, product=product)
        Metric.objects.create(product=portal.product, friendly_name=f"M{number}", unit="u")
        limited(portal, 10, name=f"app-{number}")
        portal.count(
            portal.clock.now_s(), portal.product.hits, value=9, application=f"app-{number}"
        )
    assert (queries(), queries(portal.product)) == before


def test_the_overview_is_the_first_page_once_there_are_calls(portal):
    """Until then, with one product, the steps to the first; with several, the overview."""
    one = f"/products/{portal.product.pk}"
    assert portal.get("/")["Location"] == portal.get(one)["Location"] == f"{one}/start"
    portal.count(portal.clock.now_s(), portal.product.hits)
    assert portal.get("/")["Location"] == "/overview"
    assert portal.get(one)["Location"] == f"{one}/overview"
    make_product(portal.product.provider)
    assert portal.get("/")["Location"] == "/overview"
    assert member(portal, "plans").get("/")["Location"] == "/products"
