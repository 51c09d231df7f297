"""The Developer Portal in a browser: every width, both themes, keyboard alone, dialogs."""

import re

import pytest
from playwright.sync_api import Page, expect
from support.axe import serious

pytestmark = pytest.mark.browser

PASSWORD = "a long and right password"
DEVELOPER = f"""
provider = Provider.objects.get(pk=1)
provider.site_access_code = ""
provider.save()
application = Application.objects.get(application_id="past")
developer = Developer(account=application.account, username="anna", role="admin", state="active")
developer.set_password("{PASSWORD}")
developer.save()
Limit.objects.create(plan=application.plan, metric=application.product.hits, period="month", value=100)
"""
COUNTED = sum(hour * 7 % 23 + 1 for hour in range(72))
"""What the installation has of May 2015."""
MAY = "?frame=custom&since=2015-05-16&until=2015-05-20"
PAGES = ("", "/edit", "/delete", f"/usage{MAY}", "/usage?metric=list_payments", "/usage?metric=none",
         f"/codes{MAY}", "/codes")  # fmt: skip


@pytest.fixture(scope="module")
def portal(site) -> str:
    """The portal's address; Anna may sign in there."""
    site.installation.catalog(DEVELOPER)
    return f"{site.url}/developer/1"


def enter(page: Page, portal: str) -> str:
    """Signs Anna in; gives the address of the application that has traffic."""
    page.goto(f"{portal}/sign-in")
    page.get_by_label("User name").fill("anna")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/applications"))
    return str(page.get_by_role("link", name="Past").evaluate("link => link.href"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(open_page, portal, scheme):
    page = open_page(signed=False, color_scheme=scheme)
    for name in ("sign-in", "sign-up"):
        page.goto(f"{portal}/{name}")
        assert serious(page) == []
    application = enter(page, portal)
    general = [
        f"{portal}/{name}" for name in ("applications", "applications/new", "account", "people")
    ]
    for address in [*general, *(application + below for below in PAGES)]:
        page.goto(address)
        expect(page.get_by_text("Loading…")).to_have_count(0)
        assert serious(page) == [], address
        for width in (380, 768, 1600):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (address, width)


def test_the_chart_has_the_numbers_and_another_choice_asks_anew(open_page, portal):
    page = open_page(signed=False)
    page.goto(enter(page, portal) + f"/usage{MAY}")
    page.wait_for_selector(".chart canvas")
    expect(page.locator(".tile").first).to_contain_text(f"{COUNTED} hits")
    page.get_by_label("Metric or method").select_option("list_payments")
    expect(page.locator("#chart-title")).to_contain_text("List payments")
    assert "metric=list_payments" in page.url
    page.get_by_label("24 hours").check()
    expect(page.get_by_text("There is no data available")).to_be_visible()


def test_a_user_key_is_made_anew_in_a_dialog_with_the_keyboard_alone(open_page, portal):
    page = open_page(signed=False)
    page.goto(enter(page, portal))
    before = page.locator("[data-copied]").first.inner_text()
    link = page.get_by_role("link", name="Make a new one")
    link.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Make a new user key?")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    link.focus()
    page.keyboard.press("Enter")
    button = dialog.get_by_role("button", name="Make a new key")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("There is a new user key")).to_be_visible()
    assert page.locator("[data-copied]").first.inner_text() != before


def test_limits_are_fetched_from_the_listener(open_page, portal):
    page = open_page(signed=False)
    page.goto(enter(page, portal))
    expect(page.locator("#limits")).to_contain_text("this month, until")
    expect(page.locator("#limits")).to_contain_text("100")
