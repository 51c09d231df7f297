"""The files of reports: what they hold, how they are named, that long ones stream."""

import csv
import io
import itertools
from datetime import datetime

import pyarrow.parquet
import pytest
from support.catalog_data import application, method

from tallygate.console.analytics import files
from tallygate.domain.errors import HistoryUnavailable
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.ledger.entry import Entry
from tallygate.web import runtime

DAY_S = 86_400
REPORTS = ("traffic", "daily-averages", "hourly-averages", "top-applications", "response-codes")


@pytest.fixture
def busy(portal):
    """Thirty days of calls of two methods, with codes."""
    orders, refunds = method(portal.product, "Orders"), method(portal.product, "Refunds")
    now_s, one = portal.clock.now_s(), portal.product.applications.get()
    with EmbeddedLedger.open(portal.settings, portal.clock) as ledger:
        ledger.record(
            [
                Entry(
                    portal.product.service_id, one.application_id, (now_s - day * DAY_S) * 1000,
                    ((str(portal.product.hits.pk), day + 1), (str(used.pk), day + 1)), code,
                )
                for day in range(30)
                for used, code in ((orders, 200), (refunds, 404))
            ]
        )  # fmt: skip
    return portal


def read(answer):
    assert answer.status_code == 200
    assert answer.streaming
    return b"".join(answer.streaming_content)


def csv_rows(answer):
    return list(csv.DictReader(io.StringIO(read(answer).decode())))


def parquet_rows(answer):
    return pyarrow.parquet.read_table(io.BytesIO(read(answer))).to_pylist()


@pytest.mark.parametrize("report", REPORTS)
def test_both_forms_hold_the_same(busy, report):
    """Times are texts with an offset in one, instants in the other; all else is equal."""
    path = f"/products/{busy.product.pk}/{report}"
    parts = [table.part for table, _ in busy.get(path, frame="30d").context["tables"] if table.part]
    for part in ["", *parts]:
        texts = csv_rows(busy.get(f"{path}.csv", frame="30d", part=part))
        values = parquet_rows(busy.get(f"{path}.parquet", frame="30d", part=part))
        assert len(texts) == len(values) > 0
        for text, value in zip(texts, values, strict=True):
            assert list(text) == list(value)
            for name in text:
                if isinstance(value[name], datetime):
                    assert datetime.fromisoformat(text[name]) == value[name], (part, name)
                else:
                    shown = "" if value[name] is None else str(value[name])
                    assert text[name] == shown, (part, name)


@pytest.mark.parametrize("report", REPORTS)
def test_every_row_tells_whose_it_is_the_zone_and_the_window(busy, report):
    answer = busy.get(
        f"/products/{busy.product.pk}/{report}.csv",
        since="2015-05-01", until="2015-05-18", timezone="Asia/Kathmandu", metric="orders",
    )  # fmt: skip
    for row in csv_rows(answer):
        assert row["product"] == busy.product.system_name
        assert (row["metric"], row["metric_name"], row["unit"]) == ("orders", "Orders", "hit")
        assert row["time_zone"] == "Asia/Kathmandu"
        assert row["window_since"] == "2015-05-01T00:00:00+05:45"
        assert row["window_until"] == "2015-05-18T23:59:59+05:45"
    name = f"{busy.product.system_name}-{report}-orders-2015-05-01-2015-05-18.csv"
    assert name in answer["Content-Disposition"]


def test_names_of_files_have_no_odd_characters(busy):
    odd = method(busy.product, "Odd")
    odd.__class__.objects.filter(pk=odd.pk).update(friendly_name='x"\r\n/../y')
    one = application(busy.product.application_plans.get(), application_id="../a;b=c")
    answer = busy.get(f"/applications/{one.pk}/traffic.csv")
    name = answer["Content-Disposition"].partition('filename="')[2].rstrip('"')
    assert "/" not in name
    assert ";" not in name
    assert name.endswith(".csv")


def test_the_window_before_is_in_the_file_with_its_own_times(busy):
    rows = csv_rows(busy.get(f"/products/{busy.product.pk}/traffic.csv", frame="7d", per="day"))
    assert rows[0]["previous_start"][:10] == "2015-05-05"
    page = busy.get(f"/products/{busy.product.pk}/traffic", frame="7d", per="day")
    (curve,) = page.context["report"].curves
    assert [int(row["previous_value"]) for row in rows] == list(curve.previous)
    assert [int(row["value"]) for row in rows] == list(curve.values)
    rows = csv_rows(busy.get(f"/products/{busy.product.pk}/traffic.csv", compare="none"))
    assert "previous_value" not in rows[0]


def test_a_long_file_is_written_as_it_is_read(portal, monkeypatch):
    """When the history goes away in the middle, what was read until then has left already."""
    of = portal.product.application_plans.get()
    made = [application(of, name=f"App {n}") for n in range(250)]
    now_s = portal.clock.now_s()
    with EmbeddedLedger.open(portal.settings, portal.clock) as ledger:
        usage = ((str(portal.product.hits.pk), 1),)
        ledger.record(
            [Entry(of.product.service_id, one.application_id, now_s * 1000, usage) for one in made]
        )
    monkeypatch.setattr(files, "_AT_ONCE", 500)
    path = f"/products/{portal.product.pk}/top-applications.csv"
    whole = csv_rows(portal.get(path, top="250", frame="30d"))
    assert len(whole) == 250 * 30
    answer = portal.get(path, top="250", frame="30d")
    chunks = iter(answer.streaming_content)
    first = b"".join(itertools.islice(chunks, 2))
    assert first.count(b"\n") == 501

    def away():
        raise HistoryUnavailable("the disk is gone")

    monkeypatch.setattr(runtime, "history", away)
    with pytest.raises(HistoryUnavailable):
        list(chunks)


def test_what_fails_at_once_is_told_and_not_half_a_file(busy, monkeypatch):
    def away():
        raise HistoryUnavailable("the disk is gone")

    monkeypatch.setattr(runtime, "history", away)
    for report in REPORTS:
        for form in ("csv", "parquet"):
            answer = busy.get(f"/products/{busy.product.pk}/{report}.{form}")
            assert (answer.status_code, answer["Content-Type"]) == (
                503,
                "text/plain; charset=utf-8",
            )
