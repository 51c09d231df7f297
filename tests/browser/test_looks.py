"""How the portal looks and behaves: every width, both themes, keyboard, screen reader."""

import re

import pytest
from playwright.sync_api import Page, expect
from support.axe import serious

pytestmark = pytest.mark.browser

WIDTHS = (380, 768, 1600)
PAGES = {
    "products": "/products",
    "products not found": "/products?q=nothing",
    "traffic": "/products/1/traffic?since=2015-05-16&until=2015-05-20",
    "traffic without data": "/products/1/traffic?metric=bytes_sent",
    "traffic of a new product": "/products/2/traffic",
    "traffic of a product with long names": "/products/3/traffic",
    "traffic of a product written from right to left": "/products/4/traffic",
    "traffic refused": "/products/1/traffic?since=2001-01-01&until=2015-05-20&per=hour",
    "traffic by the minute": "/products/1/traffic?minutes=30&compare=year",
    "daily averages": "/products/1/daily-averages?since=2015-05-01&until=2015-05-31",
    "hourly averages": "/products/1/hourly-averages?since=2015-05-01&until=2015-05-31",
    "top applications": "/products/1/top-applications?since=2015-05-16&until=2015-05-20",
    "response codes": "/products/1/response-codes?since=2015-05-16&until=2015-05-20",
    "codes of a class": "/products/1/response-codes?since=2015-05-16&until=2015-05-20&class=2",
    "codes that are not there": "/products/3/response-codes",
    "traffic of a backend": "/backends/1/traffic",
    "top products": "/backends/1/top-products",
    "traffic of an application": "/applications/1/traffic",
    "limits of an application": "/applications/1/limits",
    "traffic of an application with long names": "/applications/4/traffic",
    "traffic of an account": "/accounts/1/traffic",
    "documents": "/api-docs",
    "overview": "/overview?frame=12m",
    "overview without data": "/products/2/overview",
    "overview of a product with long names": "/products/3/overview",
    "live": "/products/1/live",
    "integration errors": "/errors",
    "alerts": "/products/1/alerts",
    "near a limit": "/overview/limits",
    "annotations": "/annotations",
    "mark a moment": "/annotations/new",
    "saved views": "/views",
    "not found": "/nothing",
    "getting started": "/products/2/start",
    "getting started with nothing": "/products/3/start",
    "product": "/products/4/edit",
    "integration": "/products/1/integration",
    "usage rules": "/products/1/usage-rules",
    "backends": "/backends",
    "a backend": "/backends/1",
    "create a backend": "/backends/new",
    "delete a backend": "/backends/1/delete",
    "backends of a product": "/products/1/backends",
    "metrics with long names": "/products/3/metrics",
    "create a metric": "/products/1/metrics/new",
    "mapping rules": "/products/1/rules",
    "mapping rules of a backend without any": "/backends/1/rules",
    "a request that is tried": "/products/1/rules/try?verb=GET&url=/ledger/x",
    "plans": "/products/1/plans",
    "a plan": "/products/1/plans/1",
    "terms of a metric": "/products/1/plans/1/metrics/1",
    "add a limit": "/products/1/plans/1/metrics/1/limits/new",
    "configuration": "/products/1/configuration",
    "compared configurations": "/products/1/configuration/compare?to=now",
    "accounts": "/accounts",
    "accounts not found": "/accounts?q=nothing",
    "an account": "/accounts/1",
    "an account with long names": "/accounts/2",
    "sign an account up": "/accounts/new",
    "delete an account": "/accounts/2/delete",
    "users of an account": "/accounts/2/users",
    "users of an account without any": "/accounts/3/users",
    "a user of an account": "/accounts/2/users/1",
    "applications": "/applications",
    "an application": "/applications/1",
    "an application with long names": "/applications/4",
    "an application with keys": "/applications/5",
    "create an application": "/applications/new",
    "change a plan": "/applications/1/plan",
    "users": "/users",
    "a user": "/users/2",
    "access tokens": "/tokens",
    "create an access token": "/tokens/new",
    "account settings": "/settings",
    "edit the account settings": "/settings/edit",
    "audit log": "/audit-log",
}
every_page = pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())


def open_details(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")


def until(page: Page, expression: str) -> None:
    """Waits until it is true. The browser's own waiting evaluates texts in the page, which the page forbids."""
    for _ in range(200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"it never came true: {expression}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@every_page
def test_axe_finds_nothing_serious(open_page, site, path, scheme):
    page = open_page(color_scheme=scheme)
    page.goto(site.url + path)
    assert serious(page) == []
    open_details(page)
    for waiting in ("Loading…", "Asking the listener…"):
        expect(page.get_by_text(waiting)).to_have_count(0)
    assert serious(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_the_sign_in_page(open_page, site, scheme):
    page = open_page(signed=False, color_scheme=scheme)
    page.goto(f"{site.url}/login")
    assert serious(page) == []
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert serious(page) == []


@pytest.mark.parametrize("width", WIDTHS)
@every_page
def test_no_page_scrolls_sideways(open_page, site, path, width):
    page = open_page(width)
    page.goto(site.url + path)
    open_details(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.body.scrollWidth") <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_the_sign_in_page_does_not_scroll_sideways(open_page, site, width):
    page = open_page(width, signed=False)
    page.goto(f"{site.url}/login")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_chart_follows_the_width_of_the_window(open_page, site):
    page = open_page(1600)
    page.goto(site.url + PAGES["traffic"])
    page.wait_for_selector(".chart canvas")
    page.set_viewport_size({"width": 380, "height": 900})
    until(page, "document.querySelector('.chart canvas').clientWidth < 380")
    assert page.evaluate("document.documentElement.scrollWidth") <= 380


def focused(page: Page) -> dict[str, str]:
    return page.evaluate(
        """() => {
          const element = document.activeElement;
          const shown = element.matches(".segments input") ? element.nextElementSibling : element;
          const style = getComputedStyle(shown);
          return {
            tag: element.tagName,
            text: (element.name || element.getAttribute("aria-label") || element.innerText || "").trim().replace(/\\s+/g, " "),
            outline: style.outlineStyle,
            width: style.outlineWidth,
          };
        }"""
    )


def test_the_keyboard_alone_reaches_everything_and_the_focus_is_always_seen(open_page, site):
    page = open_page(signed=False)
    page.goto(f"{site.url}/login")
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type(site.password)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/overview"))
    page.keyboard.press("Tab")
    assert focused(page)["text"] == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"

    page.goto(site.url + PAGES["traffic"])
    stops = []
    for _ in range(70):
        page.keyboard.press("Tab")
        stop = focused(page)
        if stop["tag"] == "BODY":
            break
        assert (stop["outline"], stop["width"]) == ("solid", "2px"), stop
        stops.append(stop["text"] or stop["tag"])
    names = ["Skip to content", "Products", "Traffic", "metric", "frame", "per", "Download CSV"]
    places = [
        next(i for i, stop in enumerate(stops) if re.search(rf"\b{name}\b", stop)) for name in names
    ]
    assert places == sorted(places)


def test_frame_and_metric_can_be_changed_by_keyboard_and_the_focus_stays(open_page, site):
    page = open_page()
    page.goto(site.url + "/products/1/traffic")
    page.get_by_label("24 hours").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("frame=7d"))
    expect(page.get_by_label("7 days")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#chart-title")).to_have_text("Hits per day")
    page.get_by_label("Metric or method").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#chart-title")).to_have_text("List payments per day")
    expect(page.get_by_label("Metric or method")).to_be_focused()
    page.locator("summary", has_text="The same numbers").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".numbers tbody tr")).to_have_count(30)
    expect(page.locator(".numbers tbody tr").first).to_be_visible()


def test_a_screen_reader_is_told_the_chart_in_a_sentence_and_of_every_change(open_page, site):
    page = open_page()
    page.goto(site.url + PAGES["traffic"])
    label = page.locator(".chart").get_attribute("aria-label")
    total = sum(hour * 7 % 23 + 1 for hour in range(72))
    assert f"{total:,} in all" in label
    assert "table below" in label
    said = page.locator("#said[aria-live=polite]")
    expect(said).to_contain_text(f"{total:,} in all")
    page.get_by_label("Metric or method").select_option("bytes_sent")
    expect(said).to_contain_text("Bytes sent per hour")
    expect(said).to_contain_text("0 in all")


def test_the_theme_follows_the_system_until_one_is_chosen_and_the_choice_stays(open_page, site):
    page = open_page(color_scheme="dark")
    page.goto(site.url + PAGES["traffic"])
    page.wait_for_selector(".chart canvas")
    canvas = "getComputedStyle(document.documentElement).backgroundColor"
    line = (
        "echarts.getInstanceByDom(document.querySelector('.chart'))"
        ".getOption().series[1].lineStyle.color"
    )
    dark, dark_line = page.evaluate(canvas), page.evaluate(line)
    button = page.get_by_role("button", name=re.compile("Theme"))
    expect(button).to_have_accessible_name("Theme: system. Change to light")
    button.click()
    light = page.evaluate(canvas)
    assert light != dark
    assert page.evaluate(line) != dark_line
    page.reload()
    assert page.evaluate(canvas) == light
    button.click()
    assert page.evaluate(canvas) == dark
    expect(button).to_have_accessible_name("Theme: dark. Change to system")


def test_on_a_narrow_screen_the_menu_slides_in_and_escape_closes_it(open_page, site):
    page = open_page(380)
    page.goto(site.url + PAGES["traffic"])
    link = page.get_by_role("navigation", name="Main").get_by_role("link", name="Products")
    expect(link).to_be_hidden()
    menu = page.get_by_role("button", name="Menu")
    menu.click()
    expect(link).to_be_visible()
    expect(menu).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(menu).to_be_focused()


def test_the_switcher_finds_a_product_and_keeps_the_time_frame(open_page, site):
    page = open_page()
    page.goto(f"{site.url}/products/1/traffic?frame=30d&metric=list_payments")
    page.locator("summary", has_text="Switch product").click()
    search = page.locator(".switcher input")
    expect(search).to_be_focused()
    expect(page.get_by_role("link", name="Quiet")).to_be_visible()
    search.press_sequentially("qui")
    expect(page.locator("#product-options a")).to_have_count(1)
    page.get_by_role("link", name="Quiet").click()
    page.wait_for_url(f"{site.url}/products/2/traffic?frame=30d")


def test_when_the_session_has_ended_the_switcher_leads_to_the_sign_in(open_page, site):
    page = open_page()
    page.goto(f"{site.url}/products/1/traffic?frame=30d")
    page.context.clear_cookies()
    page.locator("summary", has_text="Switch product").click()
    expect(page).to_have_title("Sign in · Tallygate")
    assert "frame%3D30d" in page.url


def test_the_list_is_searched_while_typing_and_the_search_is_in_the_url(open_page, site):
    page = open_page()
    page.goto(f"{site.url}/products")
    expect(page.get_by_role("link", name="Quiet")).to_be_visible()
    page.locator("main").get_by_label("Find a product").press_sequentially("paym")
    expect(page.get_by_role("link", name="Quiet")).to_have_count(0)
    expect(page.get_by_role("link", name="Payments")).to_be_visible()
    assert "q=paym" in page.url
    page.reload()
    expect(page.locator("main").get_by_label("Find a product")).to_have_value("paym")
    expect(page.get_by_role("link", name="Quiet")).to_have_count(0)


def test_the_products_of_other_providers_are_nowhere(open_page, site):
    page = open_page()
    page.goto(f"{site.url}/products")
    expect(page.get_by_text("Foreign")).to_have_count(0)
    assert page.goto(f"{site.url}/products/5/traffic").status == 404
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()


def test_signing_out_leads_to_the_sign_in_page(open_page, site):
    page = open_page(signed=False)
    page.goto(f"{site.url}/login")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(site.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/overview"))
    page.locator("summary", has_text="Account of admin").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title("Sign in · Tallygate")
    page.goto(f"{site.url}/products")
    expect(page).to_have_title("Sign in · Tallygate")
