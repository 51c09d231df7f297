"""The Traffic page in a real browser, with real data behind it."""

import csv
import io
import json
import re
import shlex
import struct
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect
from support.installation import get

pytestmark = pytest.mark.browser

DRAWN = """() => {
  const chart = echarts.getInstanceByDom(document.querySelector(".chart"));
  if (!chart) return null;
  const option = chart.getOption();
  const data = JSON.parse(document.getElementById("chart-data").textContent);
  const [before, done, open] = option.series.map((series) => series.data);
  return { values: done.map((value, index) => value ?? open[index]), before, ticks: data.ticks };
}"""


def drawn(page: Page):
    """What the chart on the screen was given to draw, once it is there: a new part has its canvas a moment later."""
    for _ in range(200):
        page.wait_for_selector(".chart canvas")
        if (found := page.evaluate(DRAWN)) is not None:
            return found
        page.wait_for_timeout(50)
    raise AssertionError("no chart was drawn")


def tile(page: Page, title: str):
    return page.locator(".tile", has=page.get_by_text(title)).locator("strong").first


def shows(page: Page, title: str) -> None:
    """Waits for the chart of that name."""
    expect(page.locator("#chart-title")).to_have_text(title)


def choose_frame(page: Page, name: str) -> None:
    page.locator(".segments label", has_text=name).click()


def test_after_signing_in_a_person_sees_the_chart_of_the_counted_calls(open_page, site):
    page = open_page(signed=False)
    page.goto(site.url)
    expect(page).to_have_title("Sign in · Tallygate")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(site.password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Payments").click()
    page.get_by_role("link", name="Analytics").click()
    expect(page.get_by_role("heading", name="Traffic")).to_be_visible()
    total = site.usage_json(period="day")["total"]
    assert total >= 12
    assert sum(drawn(page)["values"]) == total
    expect(tile(page, "Total")).to_have_text(str(total))


def test_a_call_is_on_the_page_as_soon_as_it_is_acknowledged(open_page, site):
    page = open_page()
    page.goto(site.traffic)
    before = sum(drawn(page)["values"])
    site.call(hits=5)
    page.reload()
    assert sum(drawn(page)["values"]) == before + 5


def test_the_real_hours_are_drawn_in_the_zone_of_the_provider(open_page, site):
    page = open_page()
    page.goto(site.may)
    values = drawn(page)["values"]
    expected = [hour * 7 % 23 + 1 for hour in range(72)]
    assert values == [0] * 26 + expected + [0] * 22  # midnight in Madrid is 22:00 UTC
    expect(tile(page, "Total")).to_have_text(f"{sum(expected):,}")
    expect(page.get_by_text("Using time zone (GMT+02:00) Europe/Madrid")).to_be_visible()


def test_choosing_a_frame_or_a_metric_changes_the_page_and_the_url_and_back_undoes_it(
    open_page, site
):
    page = open_page()
    page.goto(site.traffic)
    assert len(drawn(page)["values"]) == 24
    choose_frame(page, "30 days")
    shows(page, "Hits per day")
    assert "frame=30d" in page.url
    assert "since" not in page.url
    assert "per=" not in page.url
    assert len(drawn(page)["values"]) == 30
    page.get_by_label("Metric or method").select_option("bytes_sent")
    shows(page, "Bytes sent per day")
    assert "metric=bytes_sent" in page.url

    page.go_back()
    shows(page, "Hits per day")
    expect(page.get_by_label("Metric or method")).to_have_value("hits")
    page.go_back()
    shows(page, "Hits per hour")
    expect(page.get_by_label("24 hours")).to_be_checked()
    page.go_forward()
    expect(page.get_by_label("30 days")).to_be_checked()
    assert len(drawn(page)["values"]) == 30
    page.reload()
    assert len(drawn(page)["values"]) == 30


def test_a_link_that_is_shared_shows_the_same_to_another_person(open_page, site):
    mine = open_page()
    mine.goto(site.may)
    mine.get_by_label("Per", exact=True).select_option("day")
    shows(mine, "Hits per day")
    theirs = open_page()
    theirs.goto(mine.url)
    assert drawn(theirs) == drawn(mine)


def test_custom_dates_wait_for_the_button_and_equal_the_analytics_api(open_page, site):
    page = open_page()
    page.goto(site.traffic)
    choose_frame(page, "Custom")
    assert page.url == site.traffic
    page.get_by_label("From").fill("2015-05-16")
    page.get_by_label("Until").fill("2015-05-20")
    page.get_by_label("Per", exact=True).select_option("hour")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url(re.compile("since=2015-05-16"))
    expect(page.locator(".range")).to_have_text("16 May 2015, 00:00 to 20 May 2015, 23:59")
    answer = site.usage_json(granularity="hour", since="2015-05-16", until="2015-05-20 23:59:59")
    assert drawn(page)["values"] == answer["values"]


def downloaded(page: Page, form: str):
    """What the button of that name downloads."""
    with page.expect_download() as downloading:
        page.get_by_label("Report").get_by_text(f"Download {form}").first.click()
    return downloading.value


def rows_of(path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def test_the_download_equals_the_analytics_api(open_page, site):
    page = open_page()
    page.goto(site.may)
    download = downloaded(page, "CSV")
    assert download.suggested_filename == "api-traffic-hits-2015-05-16-2015-05-20.csv"
    rows = rows_of(download.path())
    api = site.usage_json(granularity="hour", since="2015-05-16", until="2015-05-20 23:59:59")
    assert [int(row["value"]) for row in rows] == api["values"]
    assert len(rows) == 5 * 24


def test_the_download_follows_the_choices(open_page, site):
    page = open_page()
    page.goto(site.may)
    page.get_by_label("Metric or method").select_option("list_payments")
    shows(page, "List payments per hour")
    rows = rows_of(downloaded(page, "CSV").path())
    assert sum(int(row["value"]) for row in rows) == sum(
        hour * 7 % 23 + 1 for hour in range(2, 72, 3)
    )


def test_the_chart_can_be_taken_away_as_a_picture(open_page, site):
    page = open_page()
    page.goto(site.may)
    drawn(page)
    svg = downloaded(page, "SVG")
    assert svg.suggested_filename == "api-traffic-hits-2015-05-16-2015-05-20.svg"
    text = svg.path().read_text()
    assert text.startswith("<svg")
    for told in (
        "Hits per hour",
        "16 May 2015, 00:00 to 20 May 2015, 23:59",
        "Europe/Madrid",
        "Time before",
    ):
        assert told in text
    png = downloaded(page, "PNG").path().read_bytes()
    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">II", png[16:24]) == (2400, 1200)


def test_dragging_over_the_chart_zooms_in_and_a_click_opens_a_bucket(open_page, site):
    page = open_page()
    page.goto(f"{site.traffic}?since=2015-05-10&until=2015-05-24&per=day")
    drawn(page)
    box = page.locator(".chart").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.35, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, middle, steps=5)
    expect(page.locator(".brush")).to_be_visible()
    page.mouse.up()
    page.wait_for_url(re.compile("frame=custom"))
    values = drawn(page)["values"]
    assert 4 * 24 <= len(values) <= 7 * 24
    assert sum(values) == sum(hour * 7 % 23 + 1 for hour in range(72))
    page.go_back()
    drawn(page)
    page.mouse.click(box["x"] + box["width"] * 0.55, middle)
    page.wait_for_url(re.compile("frame=custom"))
    assert len(drawn(page)["values"]) == 24


def test_another_zone_is_offered_and_moves_the_hours(open_page, site):
    page = open_page()
    page.goto(site.may)
    zone = page.get_by_label("Time zone")
    zone.focus()
    expect(page.locator("#zones option[value='Asia/Kathmandu']")).to_have_count(1)
    zone.fill("Asia/Kathmandu")
    zone.press("Enter")
    expect(page.get_by_text("Using time zone (GMT+05:45) Asia/Kathmandu")).to_be_visible()
    answer = site.usage_json(
        granularity="hour",
        since="2015-05-16",
        until="2015-05-20 23:59:59",
        timezone="Asia/Kathmandu",
    )
    assert drawn(page)["values"] == answer["values"]


def test_the_last_minutes_and_what_they_are_compared_with(open_page, site):
    page = open_page()
    page.goto(site.traffic)
    choose_frame(page, "Minutes")
    shows(page, "Hits per minute")
    assert len(drawn(page)["values"]) == 60
    page.get_by_label("Last minutes").fill("15")
    page.get_by_label("Last minutes").press("Tab")
    page.wait_for_url(re.compile("minutes=15"))
    page.get_by_label("Compare with").select_option("year")
    expect(page.get_by_role("alert")).to_contain_text("Usage by minute is kept since")
    page.get_by_label("Compare with").select_option("none")
    shows(page, "Hits per minute")
    assert len(drawn(page)["values"]) == 15
    expect(page.get_by_text("Against the")).to_have_count(0)


def test_the_table_says_the_same_as_the_chart(open_page, site):
    page = open_page()
    page.goto(site.may)
    page.get_by_text("The same numbers as a table").click()
    cells = page.locator(".numbers tbody td:nth-child(2)").all_inner_texts()
    assert [int(cell.replace(",", "")) for cell in cells] == drawn(page)["values"]


def test_pointing_at_the_chart_tells_the_hour_and_its_value(open_page, site):
    page = open_page()
    page.goto(site.may)
    drawn(page)
    box = page.locator(".chart").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".tip")).to_contain_text(re.compile(r"May 2015, \d\d:00"))
    expect(page.locator(".tip")).to_contain_text(re.compile(r"Hits\s*\d+ hits"))


def test_a_range_that_is_too_large_is_explained_and_another_choice_recovers(open_page, site):
    page = open_page()
    page.goto(site.may)
    page.get_by_label("From").fill("2009-05-16")
    page.get_by_label("Per", exact=True).select_option("hour")
    expect(page.get_by_role("alert")).to_contain_text("must be less than 400 days")
    choose_frame(page, "7 days")
    shows(page, "Hits per hour")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_no_data_is_explained_and_leads_to_the_data(open_page, site):
    page = open_page()
    page.goto(f"{site.traffic}?metric=bytes_sent")
    expect(page.get_by_text("There is no data available for the selected period")).to_be_visible()
    expect(page.get_by_text("Bytes sent has never been counted")).to_be_visible()
    page.get_by_role("link", name="Show Hits").click()
    assert sum(drawn(page)["values"]) >= 12
    page.goto(f"{site.traffic}?since=2012-01-01&until=2012-01-02")
    page.get_by_role("link", name="Show the 30 days up to then").click()
    assert sum(drawn(page)["values"]) >= 12


def test_the_command_of_a_product_without_hits_counts_its_first_call(open_page, site):
    page = open_page()
    page.goto(site.quiet)
    command = shlex.split(page.locator(".chart-empty .snippet pre").inner_text())
    assert command[:2] == ["curl", "-g"]
    with urlopen(command[2]) as answer:
        assert answer.status == 200
    page.reload()
    assert sum(drawn(page)["values"]) == 1


def test_when_the_session_has_ended_a_choice_leads_to_the_sign_in_and_back(open_page, site):
    page = open_page()
    page.goto(site.traffic)
    page.context.clear_cookies()
    choose_frame(page, "7 days")
    page.wait_for_url(re.compile("/login"))
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(site.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("7 days")).to_be_checked()


def test_when_the_server_is_away_the_page_says_so_and_recovers(open_page, site):
    page = open_page()
    page.goto(site.traffic)
    page.context.set_offline(True)
    choose_frame(page, "7 days")
    expect(page.get_by_text("The server cannot be reached")).to_be_visible()
    page.context.set_offline(False)
    choose_frame(page, "30 days")
    shows(page, "Hits per day")
    expect(page.get_by_text("The server cannot be reached")).to_be_hidden()


def test_nothing_on_the_page_jumps_while_it_loads_and_changes(open_page, site):
    page = open_page()
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) window.shift += entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    page.goto(site.traffic)
    drawn(page)
    choose_frame(page, "30 days")
    shows(page, "Hits per day")
    drawn(page)
    page.wait_for_timeout(200)
    assert page.evaluate("window.shift") < 0.01


def test_without_javascript_the_page_still_answers(open_page, site):
    page = open_page(java_script_enabled=False)
    page.goto(site.traffic)
    page.locator(".segments label", has_text="Custom").click()
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_label("From").fill("2015-05-16")
    page.get_by_label("Until").fill("2015-05-20")
    page.get_by_role("button", name="Show", exact=True).first.click()
    page.get_by_text("The same numbers as a table").click()
    expect(page.locator(".numbers tfoot td").first).to_have_text(
        f"{sum(hour * 7 % 23 + 1 for hour in range(72)):,}"
    )


def test_the_chart_data_and_the_api_agree_about_the_first_call(site):
    status, body = get(
        site.installation.console.port,
        f"/stats/services/{site.installation.ids['product']['id']}/usage.json"
        f"?access_token={site.installation.ids['access_token']}&metric_name=hits&period=eternity",
    )
    assert status == 200
    assert json.loads(body)["total"] >= sum(hour * 7 % 23 + 1 for hour in range(72)) + 12
