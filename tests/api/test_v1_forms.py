"""The same numbers in every form: as JSON, CSV, lines of JSON, Parquet and Arrow."""

import csv
import io
import json
from typing import Any

import pyarrow
import pytest
from django.http import HttpResponse
from pyarrow import parquet
from support import catalog_data
from support.analytics_site import AnalyticsSite

from tallygate.api.v1 import asked as asking
from tallygate.api.v1.answers import FORMS
from tallygate.catalog.models import Limit

TABLES = [name for name in FORMS if name != "json"]
GIVEN = {
    "since": "2020-03-17",
    "until": "2020-03-18",
    "granularity": "day",
    "compare": "previous",
    "split": "application,class",
}


def content(answer: HttpResponse) -> bytes:
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def rows(answer: HttpResponse, form: str) -> list[dict[str, Any]]:
    """Of a table, whatever its form; times as texts."""
    data = content(answer)
    if form == "csv":
        found = list(csv.DictReader(io.StringIO(data.decode())))
        return [{name: text or None for name, text in row.items()} for row in found]
    if form == "ndjson":
        return [json.loads(line) for line in data.splitlines()]
    arrow = form == "arrow"
    table = pyarrow.ipc.open_stream(data).read_all() if arrow else parquet.read_table(io.BytesIO(data))  # fmt: skip
    return [
        {name: v.isoformat() if hasattr(v, "isoformat") else v for name, v in row.items()}
        for row in table.to_pylist()
    ]


def texts(found: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{n: "" if v is None else str(v) for n, v in row.items()} for row in found]


@pytest.fixture
def filled(site: AnalyticsSite) -> AnalyticsSite:
    second = catalog_data.application(site.plan, name='Se,c"ond ✓')
    site.hit("2020-03-18 01:00", "2020-03-17 01:00", "2020-03-16 01:00", code=200)
    site.hit("2020-03-18 01:00", code=404, application=second, value=10**15)
    return site


@pytest.mark.parametrize("form", TABLES)
def test_a_table_has_the_numbers_of_the_json(filled: AnalyticsSite, form: str) -> None:
    answer = filled.v1("usage", **GIVEN).json()
    expected = [
        {
            "time": time,
            "product_id": line["product"]["id"],
            "product": line["product"]["name"],
            "application_id": line["application"]["id"],
            "application": line["application"]["name"],
            "application_app_id": line["application"]["application_id"],
            "account_id": line["account"]["id"],
            "account": line["account"]["name"],
            "plan_id": line["plan"]["id"],
            "plan": line["plan"]["name"],
            "metric": None,
            "class": line["class"],
            "value": value,
            "previous_time": before_time,
            "previous_value": before,
        }
        for line in answer["lines"]
        for time, value, before_time, before in zip(
            answer["times"],
            line["values"],
            ["2020-03-15T00:00:00Z", "2020-03-16T00:00:00Z"],
            line["previous_values"],
            strict=True,
        )
    ]
    assert len(expected) == 4
    found = filled.v1("usage", format=form, **GIVEN)
    same = texts(rows(found, form))
    assert [{n: v.replace("+00:00", "Z") for n, v in row.items()} for row in same] == texts(expected)  # fmt: skip
    assert list(same[0]) == list(expected[0])
    disposition = f'attachment; filename="usage_echo_2020-03-17_2020-03-18.{form}"'
    assert found.headers["Content-Disposition"] == disposition
    assert found.headers["Content-Type"] == FORMS[form].media_type
    assert found.headers["Tallygate-Complete-Until"] == "2020-03-18T10:20:00Z"


@pytest.mark.parametrize("form", FORMS)
def test_the_header_accept_chooses_the_form(site: AnalyticsSite, form: str) -> None:
    accept = f"text/html;q=0.1, {FORMS[form].media_type}"
    for report, given in (("usage", {}), ("averages", {"by": "hour"}), ("quotas", {})):
        answer = site.client.get(
            f"/analytics/v1/{report}",
            {"access_token": site.token, **given},
            headers={"Accept": accept},
        )
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith(FORMS[form].media_type)
        assert "Accept" in answer.headers["Vary"]


def test_without_a_wish_it_is_json_and_what_is_not_there_is_406(site: AnalyticsSite) -> None:
    url = f"/analytics/v1/usage?access_token={site.token}"
    for accept in ("*/*", "application/*", ""):
        answer = site.client.get(url, headers={"Accept": accept} if accept else {})
        assert answer.headers["Content-Type"].startswith("application/json")
    answer = site.client.get(url, headers={"Accept": "application/xml"})
    assert answer.status_code == 406
    assert "text/csv" in answer.json()["error"]


@pytest.mark.parametrize("form", TABLES)
def test_a_file_holds_all_lines_and_with_a_limit_a_page(
    filled: AnalyticsSite, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """However small the parts are in which it is made."""
    monkeypatch.setattr(asking, "PART", 1)
    for name in "abc":
        filled.hit("2020-03-18 02:00", application=catalog_data.application(filled.plan, name=name))
    given = {"format": form, "last": "2d", "granularity": "total", "split": "application"}
    whole = rows(filled.v1("usage", **given), form)
    assert len({row["application_id"] for row in whole}) == 5
    first = filled.v1("usage", limit=2, **given)
    cursor = first.headers["Tallygate-Next-Cursor"]
    second = rows(filled.v1("usage", limit=3, cursor=cursor, **given), form)
    assert rows(first, form) + second == whole
    assert "Tallygate-Next-Cursor" not in filled.v1("usage", **given).headers


@pytest.mark.parametrize("form", TABLES)
def test_times_are_those_of_the_zones_clocks(filled: AnalyticsSite, form: str) -> None:
    answer = filled.v1("usage", format=form, last="1d", granularity="day", timezone="Asia/Kathmandu")  # fmt: skip
    assert [row["time"] for row in rows(answer, form)] == ["2020-03-18T00:00:00+05:45"]


@pytest.mark.parametrize("form", TABLES)
def test_averages_as_a_table(filled: AnalyticsSite, form: str) -> None:
    given = {"by": "weekday", "since": "2020-03-16", "until": "2020-03-17"}
    line = filled.v1("averages", **given).json()["lines"][0]
    found = rows(filled.v1("averages", format=form, **given), form)
    assert [row["weekday"] for row in found[:2]] == ["monday", "tuesday"]
    told = [None if row["average"] is None else float(row["average"]) for row in found]
    assert told == line["averages"]
    assert [int(row["total"]) for row in found] == line["totals"]


@pytest.mark.parametrize("form", TABLES)
def test_quotas_as_a_table(filled: AnalyticsSite, form: str) -> None:
    for period in ("day", "eternity"):
        Limit.objects.create(plan=filled.plan, metric=filled.product.hits, period=period, value=7)
    expected = filled.v1("quotas").json()["quotas"]
    found = rows(filled.v1("quotas", format=form), form)
    for name in ("period", "limit", "used", "remaining"):
        assert [str(row[name]) for row in found] == [str(each[name]) for each in expected]
    ends = [row["until"] and row["until"].replace("+00:00", "Z") for row in found]
    assert ends == [each["until"] for each in expected]


@pytest.mark.parametrize("form", TABLES)
@pytest.mark.parametrize("report", ["usage", "quotas"])
def test_a_table_without_a_row_has_its_columns(site: AnalyticsSite, report: str, form: str) -> None:
    answer = site.v1(report, format=form, **({"split": "application"} if report == "usage" else {}))
    data = content(answer)
    if form == "csv":
        assert data.decode().startswith("time,product_id" if report == "usage" else "product_id,")
    elif form == "ndjson":
        assert data == b""
    elif form == "arrow":
        assert "application_id" in pyarrow.ipc.open_stream(data).schema.names
    else:
        assert "application_id" in parquet.read_table(io.BytesIO(data)).column_names
