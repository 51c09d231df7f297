"""Accounts, applications, users and tokens in a real browser."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from support.axe import serious

pytestmark = pytest.mark.browser


@pytest.fixture
def page(open_page: Any) -> Iterator[Page]:
    return open_page()


def test_an_application_is_made_for_an_account_and_a_plan_that_are_found_by_typing(page, site):
    page.goto(f"{site.url}/applications/new")
    page.get_by_label("Account").press_sequentially("develo")
    offered = page.locator("#account-offered option")
    expect(offered).to_have_count(1)
    page.get_by_label("Account").fill(offered.get_attribute("value"))
    page.get_by_label("Plan").press_sequentially("quiet basic")
    offered = page.locator("#plan-offered option")
    expect(offered).to_have_count(1)
    page.get_by_label("Plan").fill(offered.get_attribute("value"))
    page.get_by_label("Name").fill("Found by typing")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile(r"/applications/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Found by typing")
    expect(page.get_by_text("It has not called in this time.")).to_be_visible()


def test_an_applications_page_fetches_what_it_has_used(page, site):
    """The limits from the listener, the chart from the history; a call later both have one more."""
    page.goto(f"{site.url}/applications/1")
    used = page.locator("#utilization tbody tr").filter(has_text="this day").locator("td").first
    expect(used).to_be_visible()
    before = int(used.inner_text().replace(",", ""))
    expect(page.locator("#usage .chart canvas")).to_be_visible()
    site.call(hits=1)
    page.get_by_role("button", name="Ask again").click()
    expect(used).to_have_text(f"{before + 1:,}")
    assert serious(page) == []


def test_a_key_is_added_and_removed_in_dialogs(page, site):
    page.goto(f"{site.url}/applications/5")
    keys = page.locator(".lines").first.locator("li")
    count = keys.count()
    page.get_by_role("link", name="Add a key").click()
    page.get_by_role("dialog").get_by_label("Key").fill("in-a-dialog")
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(keys).to_have_count(count + 1)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("link", name="Delete key in-a-dialog").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(keys).to_have_count(count)


def test_a_token_is_shown_once_and_nobody_is_asked_whether_to_leave(page, site):
    page.goto(f"{site.url}/tokens/new")
    page.get_by_label("Name").fill("From the browser")
    page.get_by_label("Analytics API").check()
    page.get_by_role("button", name="Create").click()
    made = page.get_by_role("alert").filter(has_text="Copy the access token")
    expect(made).to_be_focused()
    value = made.locator("pre").inner_text()
    assert serious(page) == []
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_role("link", name="Done").click()
    page.wait_for_url(re.compile("/tokens$"))
    assert asked == []
    expect(page.get_by_role("rowheader", name="From the browser")).to_be_visible()
    assert value not in page.content()


def test_a_user_comes_in_by_an_invitation_link(open_page, site):
    page = open_page()
    page.goto(f"{site.url}/users/new")
    page.get_by_label("User name").fill("newcomer")
    page.get_by_label("E-mail address").fill("newcomer@example.com")
    expect(page.get_by_label("Which")).to_be_hidden()
    page.get_by_label("Only these").check()
    page.get_by_label("Quiet").check()
    page.get_by_label("Accounts and applications").check()
    page.get_by_role("button", name="Create").click()
    page.get_by_role("button", name="Make an invitation link").click()
    link = page.locator("main pre").first.inner_text()
    guest = open_page(signed=False)
    guest.goto(link)
    assert serious(guest) == []
    guest.get_by_label("Password").fill("correct horse battery")
    guest.get_by_role("button", name="Set it and sign in").click()
    guest.goto(f"{site.url}/applications")
    expect(guest.locator("td").filter(has_text="Payments")).to_have_count(0)
    expect(guest.locator("td").filter(has_text="Quiet").first).to_be_visible()


def test_filters_of_a_list_follow_each_other(page, site):
    """The plans of a product are offered once it is chosen; the focus stays on what was chosen."""
    page.goto(f"{site.url}/applications")
    expect(page.get_by_label("Plan", exact=True)).to_have_count(0)
    page.get_by_label("Product", exact=True).select_option(label="Keyed")
    expect(page.get_by_label("Plan", exact=True)).to_be_visible()
    expect(page.locator("#list tbody tr")).to_have_count(1)
    assert "product=" in page.url
    page.reload()
    expect(page.locator("#list tbody tr")).to_have_count(1)
