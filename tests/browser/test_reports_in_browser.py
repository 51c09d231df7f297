"""The other reports in a real browser: what is drawn, what is downloaded, what the keyboard does."""

import csv
import io
import re

import pyarrow.parquet
import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

MAY = "since=2015-05-16&until=2015-05-20"
DRAWN = """() => {
  const chart = echarts.getInstanceByDom(document.querySelector(".chart"));
  return chart && chart.getOption().series.map((each) => [each.name, each.type, each.itemStyle.color,
    each.data.map((one) => one?.value ?? one)]);
}"""


def drawn(page: Page):
    """Of each series of the chart its name, form, colour and values, once it is there."""
    for _ in range(200):
        page.wait_for_selector(".chart canvas")
        if found := page.evaluate(DRAWN):
            return found
        page.wait_for_timeout(50)
    raise AssertionError("no chart was drawn")


def total() -> int:
    return sum(hour * 7 % 23 + 1 for hour in range(72))


def test_tabs_keep_the_time_frame_and_the_metric(open_page, site):
    page = open_page()
    page.goto(f"{site.may}&metric=list_payments&compare=year")
    page.get_by_role("link", name="Hourly averages").click()
    expect(page.get_by_role("heading", name="Hourly averages")).to_be_visible()
    expect(page.get_by_label("From")).to_have_value("2015-05-16")
    expect(page.get_by_label("Metric or method")).to_have_value("list_payments")
    expect(page.get_by_label("Compare with")).to_have_value("year")
    before, now = drawn(page)
    assert (len(before[3]), len(now[3])) == (24, 24)


def test_top_applications_can_be_any_number_and_lead_to_each(open_page, site):
    page = open_page()
    page.goto(f"{site.url}/products/1/top-applications?{MAY}")
    ((name, kind, _, values),) = drawn(page)
    assert (name, kind, sum(values)) == ("Past", "bar" if len(values) <= 100 else "line", total())
    number = page.get_by_role("spinbutton", name="Applications")
    number.fill("1")
    number.press("Tab")
    page.wait_for_url(re.compile("top=1"))
    page.get_by_role("link", name="Past").click()
    expect(page.get_by_role("heading", name="Traffic")).to_be_visible()
    expect(page.locator(".tile strong").first).to_have_text(f"{total():,}")


def test_a_class_of_codes_opens_by_keyboard_and_keeps_its_colour(open_page, site):
    page = open_page()
    page.goto(f"{site.url}/products/1/response-codes?{MAY}")
    ((name, _, colour, values),) = drawn(page)
    assert (name, sum(values)) == ("2XX Success", 72)
    mark = page.locator("tr", has=page.get_by_role("link", name="2XX")).locator(".mark")
    assert mark.evaluate("one => getComputedStyle(one).backgroundColor") == colour
    page.get_by_role("link", name="2XX").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("class=2"))
    assert [each[0] for each in drawn(page)] == ["200 OK"]
    page.get_by_label("Codes", exact=True).select_option("5")
    expect(page.get_by_text("72 calls were answered with codes of other classes")).to_be_visible()
    page.get_by_role("link", name="Show all classes").click()
    assert [each[0] for each in drawn(page)] == ["2XX Success"]


def test_csv_and_parquet_hold_what_is_drawn(open_page, site):
    page = open_page()
    page.goto(f"{site.url}/products/1/top-applications?{MAY}&per=day")
    ((_, _, _, values),) = drawn(page)
    files = {}
    for form in ("CSV", "Parquet"):
        with page.expect_download() as downloading:
            page.get_by_label("Report").get_by_text(f"Download {form}").first.click()
        files[form] = downloading.value
    assert files["CSV"].suggested_filename == "api-top-applications-hits-2015-05-16-2015-05-20.csv"
    rows = list(csv.DictReader(io.StringIO(files["CSV"].path().read_text())))
    assert [int(row["value"]) for row in rows] == values
    table = pyarrow.parquet.read_table(str(files["Parquet"].path())).to_pylist()
    assert [row["value"] for row in table] == values
    assert {row["metric"] for row in table} == {"hits"}
    assert {row["time_zone"] for row in table} == {"Europe/Madrid"}
    assert [row["start"].isoformat() for row in table] == [row["start"] for row in rows]


def test_a_row_of_the_numbers_opens_its_bucket_by_keyboard(open_page, site):
    page = open_page()
    page.goto(f"{site.traffic}?{MAY}&per=day")
    page.locator("summary", has_text="The same numbers").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Mon 18 May 2015").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#chart-title")).to_have_text("Hits per hour")
    expect(page.locator(".range")).to_have_text("18 May 2015, 00:00 to 18 May 2015, 23:59")


def test_an_hour_opens_by_the_minute_with_its_times_in_the_form(open_page, site):
    page = open_page()
    page.goto(site.traffic)
    page.get_by_text("The same numbers as a table").click()
    hour = page.locator(".numbers tbody a").last
    time = hour.inner_text().rpartition(", ")[2]
    hour.click()
    expect(page.locator("#chart-title")).to_have_text("Hits per minute")
    start = page.get_by_label("Time of day at the start")
    expect(start).to_have_value("" if time == "00:00" else time)
    page.get_by_label("Metric or method").select_option("list_payments")
    expect(page.locator("#chart-title")).to_have_text("List payments per minute")
    expect(page.locator(".range")).to_contain_text(f"{time} to ")


def test_nothing_jumps_when_a_report_loads_and_changes(open_page, site):
    page = open_page()
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) window.shift += entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    page.goto(f"{site.url}/products/1/response-codes?{MAY}")
    drawn(page)
    page.get_by_label("Compare with").select_option("none")
    page.wait_for_url(re.compile("compare=none"))
    drawn(page)
    page.wait_for_timeout(200)
    assert page.evaluate("window.shift") < 0.02
