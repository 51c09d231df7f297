"""The Integration Errors pages: what went wrong, found, filtered, downloaded and purged."""

import csv
import io

import pytest
from django.conf import settings as django_settings
from msgspec.structs import replace
from support.catalog_data import product as make_product
from support.catalog_data import provider as make_provider
from support.portal_pages import member, record_of_changes

from tallygate.catalog.models import AuditEntry
from tallygate.console.errors import page
from tallygate.console.errors.listing import READ
from tallygate.integration_errors.record import Context, Group
from tallygate.integration_errors.store import SqliteErrorStore

HOUR_MS = 3_600_000
SENT = Context(
    "/transactions/authrep.xml", "GET", "10.0.0.7", "APIcast/3.15", "req-1", "user_key=…9f3c",
    "hitz", {"service_token": "…a1b2", "usage[hitz]": "1"},
)  # fmt: skip


@pytest.fixture(autouse=True)
def home_of_its_own(portal, monkeypatch):
    """The errors are in the portal's own home."""
    monkeypatch.setattr(django_settings, "TALLYGATE", portal.settings)


@pytest.fixture
def kept(portal):
    """Two kinds of errors of the product, one of another, one of another provider."""
    now_ms = portal.clock.now_ms()
    other = make_product(portal.product.provider, name="Other")
    foreign = make_product(make_provider(name="Foreign"), name="Foreign")
    mine = portal.product.service_id
    add(
        portal,
        Group(mine, "metric_invalid", 'metric "hitz" is invalid', now_ms - 9 * HOUR_MS, now_ms - 60_000, 12, SENT),
        Group(mine, "user_key_invalid", 'user key "…0001" is invalid', now_ms - 50 * HOUR_MS, now_ms - 30 * HOUR_MS, 3,
              replace(SENT, request_id="req-2", metric="")),
        Group(other.service_id, "metric_invalid", 'metric "x" is invalid', now_ms, now_ms - HOUR_MS * 2, 1, SENT),
        Group(foreign.service_id, "metric_invalid", "of a stranger", now_ms, now_ms, 1, SENT),
    )  # fmt: skip
    return other


def add(portal, *groups):
    with SqliteErrorStore(portal.settings) as store:
        store.add(groups, portal.clock.now_ms())


def of(product, below=""):
    return f"/products/{product.pk}/errors{below}"


def messages(answer):
    return [row.group.message for row in answer.context["listing"].rows]


HITZ, KEY, X = 'metric "hitz" is invalid', 'user key "…0001" is invalid', 'metric "x" is invalid'


def test_a_product_shows_its_errors_newest_first_with_what_was_sent(portal, kept):
    answer = portal.get(of(portal.product))
    assert messages(answer) == [HITZ, KEY]
    page = answer.content.decode()
    for text in ("18 May 2015, 10:04", "18 May 2015, 01:05", "req-1", "…9f3c", "APIcast/3.15"):
        assert text in page
    assert "usage[hitz]" in page
    assert answer.context["listing"].times == 15


def test_all_products_together_and_no_other_providers(portal, kept):
    answer = portal.get("/errors")
    assert messages(answer) == [HITZ, X, KEY]
    assert b"of a stranger" not in answer.content


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "HITZ"}, [HITZ, KEY]),
        ({"q": "usage[hitz]=1"}, [HITZ, KEY]),
        ({"q": "req-2"}, [KEY]),
        ({"q": "user key"}, [KEY]),
        ({"code": "user_key_invalid"}, [KEY]),
        ({"code": "no_such_code"}, [HITZ, KEY]),
        ({"within": "1h"}, [HITZ]),
        ({"within": "7d"}, [HITZ, KEY]),
        ({"within": "x"}, [HITZ, KEY]),
        ({"within": "1h", "code": "user_key_invalid"}, []),
        ({"sort": "count"}, [KEY, HITZ]),
        ({"sort": "-code"}, [KEY, HITZ]),
        ({"sort": "first"}, [KEY, HITZ]),
        ({"sort": "product"}, [HITZ, KEY]),
        ({"sort": "nonsense", "page": "99"}, [HITZ, KEY]),
        ({"q": "a\0b"}, []),
        ({"q": "<script>"}, []),
    ],
)
def test_search_filters_and_order_are_in_the_url(portal, kept, query, found):
    answer = portal.get(of(portal.product), **query)
    assert (answer.status_code, messages(answer)) == (200, found)
    assert b"<script>&" not in answer.content


def test_long_lists_come_in_pages(portal):
    now_ms = portal.clock.now_ms()
    mine = portal.product.service_id
    add(portal, *(Group(mine, "c", f"m{n}", now_ms, now_ms - n, 1, SENT) for n in range(26)))
    assert messages(portal.get(of(portal.product)))[0] == "m0"
    assert messages(portal.get(of(portal.product), page="2")) == ["m25"]


def test_more_than_can_be_listed_is_said(portal, kept, monkeypatch):
    monkeypatch.setattr(page, "READ", 1)
    answer = portal.get(of(portal.product))
    assert messages(answer) == [HITZ]
    assert b"only the newest 1 kinds of errors" in answer.content
    assert READ > 1_000


def rows_of(answer):
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_the_file_has_all_that_match_and_names_the_zone(portal, kept):
    provider = portal.product.provider
    provider.time_zone = "Europe/Madrid"
    provider.save()
    answer = portal.get(of(portal.product, ".csv"), q="hitz", page="7")
    assert f"{portal.product.system_name}-integration-errors-2015-05-18.csv" in answer["Content-Disposition"]  # fmt: skip
    rows = rows_of(answer)
    assert [(row["Message"], row["Times"]) for row in rows] == [(HITZ, "12"), (KEY, "3")]
    assert rows[0]["Last"] == "2015-05-18T12:04:03+02:00"
    assert rows[0]["Parameters"] == '{"service_token":"…a1b2","usage[hitz]":"1"}'
    assert [row["Message"] for row in rows_of(portal.get("/errors.csv", code="metric_invalid"))] == [HITZ, X]  # fmt: skip


def test_what_callers_send_is_no_formula_in_a_spreadsheet(portal):
    now_ms = portal.clock.now_ms()
    sent = replace(SENT, user_agent="=HYPERLINK(1)", metric="@x")
    add(portal, Group(portal.product.service_id, "c", "+1", now_ms, now_ms, 1, sent))
    row = rows_of(portal.get(of(portal.product, ".csv")))[0]
    assert (row["Message"], row["User Agent"], row["Metric"]) == ("'+1", "'=HYPERLINK(1)", "'@x")


def test_what_callers_send_is_text_on_the_page(portal):
    now_ms = portal.clock.now_ms()
    sent = replace(SENT, parameters={"usage[<b>]": "<script>alert(1)</script>"})
    add(portal, Group(portal.product.service_id, "c", "<img src=x>", now_ms, now_ms, 1, sent))
    content = portal.get(of(portal.product)).content
    assert b"<script>alert(1)" not in content
    assert b"<img src=x>" not in content


def test_a_purge_is_asked_for_done_for_this_product_only_and_on_record(portal, kept):
    purge = of(portal.product, "/purge")
    assert b"All errors will be permanently deleted" in portal.get(purge).content
    assert messages(portal.get(of(portal.product))) == [HITZ, KEY]
    answer = portal.client.post(purge, follow=True)
    assert b"All errors were purged" in answer.content
    assert b"No integration errors" in answer.content
    assert messages(portal.get("/errors")) == [X]
    assert record_of_changes()[0] == ("admin", "portal", "update", "product")
    entry = AuditEntry.objects.first()
    assert (entry.before, entry.after) == ({"integration_errors": 2}, {"integration_errors": 0})


def test_members_see_errors_with_analytics_or_plans_and_purge_with_plans(portal, kept):
    watcher, planner, neither = (member(portal, each) for each in ("monitoring", "plans", "partners"))  # fmt: skip
    for client in (watcher, planner):
        assert client.get(of(portal.product)).status_code == 200
        assert client.get("/errors.csv").status_code == 200
    assert b"/errors/purge" not in watcher.get(of(portal.product)).content
    assert watcher.post(of(portal.product, "/purge")).status_code == 403
    assert messages(portal.get(of(portal.product))) == [HITZ, KEY]
    for path in ("/errors", "/errors.csv", of(portal.product), of(portal.product, ".csv")):
        assert neither.get(path).status_code == 403
    assert planner.post(of(portal.product, "/purge")).status_code == 302


def test_a_member_of_one_product_sees_its_errors_only(portal, kept):
    client = member(portal, "monitoring", "plans", products=[kept.pk])
    assert messages(client.get("/errors")) == [X]
    assert [row["Message"] for row in rows_of(client.get("/errors.csv"))] == [X]
    for below in ("", ".csv", "/purge"):
        assert client.get(of(portal.product, below)).status_code == 404
    assert client.post(of(portal.product, "/purge")).status_code == 404


def test_without_errors_the_page_says_so(portal):
    for path in ("/errors", of(portal.product)):
        answer = portal.get(path)
        assert answer.status_code == 200
        assert b"No integration errors" in answer.content
        assert b"/purge" not in answer.content
    assert rows_of(portal.get("/errors.csv")) == []


def test_errors_that_cannot_be_read_or_purged_are_told(portal):
    portal.settings.integration_errors.write_bytes(b"this is no database" * 100)
    for path in ("/errors", of(portal.product), "/errors.csv"):
        answer = portal.get(path)
        assert answer.status_code == 503
        assert b"cannot be read right now" in answer.content
    answer = portal.client.post(of(portal.product, "/purge"))
    assert answer.status_code == 409
    assert b"They cannot be deleted now" in answer.content
    assert AuditEntry.objects.count() == 0
