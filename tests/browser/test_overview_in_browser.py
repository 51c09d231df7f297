"""Pages that watch over a product, in a real browser: what moves by itself, what is fetched later, what comes from the listener."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

WATCHED = """
product = Product.objects.get(pk=1)
product.notification_settings = {"web_provider": [50]}
product.save()
plan = ApplicationPlan.objects.filter(product=product).first()
Limit.objects.create(
    plan=plan, metric=product.metrics.get(friendly_name="Bytes sent"), period="day", value=1000
)
"""


@pytest.fixture
def live(open_page, site):
    page = open_page()
    page.goto(f"{site.url}/products/1/live")
    expect(page.locator("#live-state")).to_have_text("Live")
    return page


def total(page):
    return page.locator(".tile", has_text="Last 60 minutes").locator("strong")


def number(page):
    return int(total(page).inner_text())


def test_minutes_and_entries_move_by_themselves(live, site):
    before = number(live)
    expect(live.get_by_text("Waiting for the next call")).to_be_visible()
    site.call(hits=5)
    rows = live.locator("#tail tr")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("+5")
    expect(live.get_by_text("Waiting for the next call")).to_be_hidden()
    expect(total(live)).to_have_text(str(before + 5))
    site.call(list_payments=1)
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("List payments")
    expect(live.locator(".minute-bars .bar")).to_have_count(60)


def test_a_paused_tail_stands_still_counts_what_is_new_and_shows_it_when_it_goes_on(live, site):
    before = number(live)
    site.call(hits=1)
    rows = live.locator("#tail tr")
    expect(rows).to_have_count(1)
    pause = live.get_by_role("button", name="Pause")
    pause.focus()
    live.keyboard.press("Enter")
    resume = live.get_by_role("button", name="Resume")
    expect(resume).to_have_attribute("aria-pressed", "true")
    expect(live.locator("#live-state")).to_have_text("Paused")
    site.call(hits=2)
    expect(live.locator("#tail-note")).to_contain_text("Paused: 1 new.")
    expect(total(live)).to_have_text(str(before + 3))
    expect(rows).to_have_count(1)
    resume.click()
    expect(rows).to_have_count(2)
    expect(live.locator("#tail-note")).not_to_contain_text("Paused")


def test_what_is_watched_is_chosen_without_loading_the_page_and_is_in_the_url(live, site):
    site.call(hits=1)
    rows = live.locator("#tail tr")
    expect(rows).to_have_count(1)
    live.get_by_label("Metric or method").select_option("bytes_sent")
    expect(rows).to_have_count(0)
    expect(live.locator("#minutes-title")).to_have_text("Bytes sent per minute")
    assert live.url.endswith("?metric=bytes_sent")
    expect(live.locator("#live-state")).to_have_text("Live")
    site.call(hits=1)
    site.call(bytes_sent=9)
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("+9")
    live.reload()
    expect(live.get_by_label("Metric or method")).to_have_value("bytes_sent")
    live.get_by_label("Application or account").press_sequentially("nobody at all")
    live.wait_for_url(re.compile("application=nobody"))
    expect(live.locator("#live-state")).to_have_text("Live")
    site.call(bytes_sent=9)
    expect(total(live)).not_to_have_text("9")
    expect(rows).to_have_count(0)


def test_a_page_that_is_live_comes_back_after_the_console_was_away(live, site):
    console = site.installation.console
    console.kill()
    expect(live.locator("#live-state")).to_contain_text("again")
    console.start()
    console.wait_until_ready()
    expect(live.locator("#live-state")).to_have_text("Live", timeout=20_000)
    before = number(live)
    site.call(hits=3)
    expect(total(live)).to_have_text(str(before + 3))


def test_who_is_signed_out_is_asked_to_sign_in_when_the_stream_comes_again(live, site):
    console = site.installation.console
    live.context.clear_cookies()
    console.kill()
    console.start()
    console.wait_until_ready()
    expect(live).to_have_title("Sign in · Tallygate", timeout=20_000)


def test_limits_come_a_moment_after_the_rest_of_the_overview(open_page, site):
    page = open_page()
    page.goto(f"{site.url}/products/1/overview?frame=24h")
    expect(page.get_by_text("Applications that have used 80% or more")).to_be_visible()
    expect(page.locator(".chart canvas")).to_be_visible()


def test_an_alert_shows_up_after_the_call_that_raised_it(open_page, site):
    page = open_page()
    page.goto(f"{site.url}/alerts")
    expect(page.get_by_text("No product has a level chosen")).to_be_visible()
    site.installation.catalog(WATCHED)
    site.call(bytes_sent=600)
    for _ in range(40):
        page.reload()
        if page.locator("tbody tr").count():
            break
        page.wait_for_timeout(500)
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("50%")
    expect(row).to_contain_text(re.compile(r"of 1,000\s+bytes_sent\s+per day"))
    page.get_by_role("button", name="Mark the alert of").click()
    expect(page.get_by_text("new", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Delete read").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("The read alerts were deleted")).to_be_visible()
    expect(page.get_by_role("heading", name="No alerts")).to_be_visible()


def test_an_error_shows_up_with_what_was_sent_and_its_secrets_masked(open_page, site):
    query = site.installation.credentials()
    key = query.get("user_key") or query["app_id"]
    status = site.wrong_call()
    assert status == 404
    page = open_page()
    for _ in range(20):
        page.goto(f"{site.url}/products/1/errors")
        if page.locator("tbody tr").count():
            break
        page.wait_for_timeout(250)
    page.get_by_text("What was sent").first.click()
    expect(page.locator(".sent .facts").first).to_contain_text("usage[no_such_metric]")
    assert key not in page.content() or "user_key" not in query
    page.get_by_role("link", name="Purge").click()
    page.get_by_role("dialog").get_by_role("button", name="Purge").click()
    expect(page.get_by_role("heading", name="No integration errors")).to_be_visible()


def test_a_moment_that_is_marked_is_drawn_and_a_view_keeps_what_was_chosen(open_page, site):
    page = open_page()
    page.goto(f"{site.url}/annotations")
    page.get_by_role("link", name="Mark a moment").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What happened").fill("v2 launched")
    dialog.get_by_role("button", name="Mark").click()
    expect(page.get_by_text("The moment was marked")).to_be_visible()
    page.goto(f"{site.url}/products/1/traffic?frame=24h")
    expect(page.locator(".chart-marks")).to_contain_text("v2 launched")
    page.locator(".chart canvas").first.wait_for()
    drawn = page.evaluate(
        "echarts.getInstanceByDom(document.querySelector('.chart')).getOption().series.at(-1).markLine.data"
    )
    assert [each["name"] for each in drawn] == ["v2 launched"]
    page.locator(".segments label", has_text="7 days").click()
    page.wait_for_url(re.compile("frame=7d"))
    page.get_by_role("link", name="Save view").click()
    page.get_by_label("Name").fill("Seven days")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Seven days", exact=True).click()
    page.wait_for_url(re.compile("/products/1/traffic.*frame=7d"))
