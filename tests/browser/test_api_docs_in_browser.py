"""The documentation of the APIs in a real browser: rendered from here, tried out against the installation."""

import re

import pytest
from playwright.sync_api import Page, expect
from support.axe import serious

pytestmark = pytest.mark.browser

NAMES = ("service-management", "account-management", "analytics", "internal")
every_document = pytest.mark.parametrize("name", NAMES)


def opened(page: Page, site, name: str) -> None:
    page.goto(f"{site.url}/api-docs/{name}")
    expect(page.locator(".opblock").first).to_be_visible()


def expanded(page: Page, operation: str):
    """The operation, unfolded."""
    block = page.locator(f"[id$='-{operation}'].opblock")
    block.locator(".opblock-summary-control").click()
    expect(block.locator(".opblock-body")).to_be_visible()
    return block


@every_document
def test_everything_comes_from_here(open_page, site, name):
    """No other server is asked, and the content security policy is enough."""
    page = open_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    opened(page, site, name)
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if not url.startswith((site.url, "data:"))] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@every_document
def test_axe_finds_nothing_serious_in_a_document(open_page, site, name, scheme):
    page = open_page(color_scheme=scheme)
    opened(page, site, name)
    assert serious(page) == []
    for number in (0, 1):
        page.locator(".opblock-summary-control").nth(number).click()
    expect(page.locator(".opblock-body")).to_have_count(2)
    page.wait_for_load_state("networkidle")
    assert serious(page) == []


@pytest.mark.parametrize("width", [380, 768, 1600])
@every_document
def test_no_document_scrolls_sideways(open_page, site, name, width):
    page = open_page(width)
    opened(page, site, name)
    page.locator(".opblock-summary-control").first.click()
    expect(page.locator(".opblock-body")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_call_is_tried_out_with_a_products_credentials_and_counts(open_page, site):
    page = open_page()
    opened(page, site, "service-management")
    before = site.installation.total("hits")
    page.get_by_label("Product", exact=True).select_option("Payments")
    page.get_by_role("button", name="Fill in its credentials").click()
    expect(page.get_by_text("credentials of an application are filled in")).to_be_visible()
    block = expanded(page, "authrep")
    block.get_by_role("textbox", name="Idempotency-Key").fill("tried-out-1")
    block.get_by_role("button", name="Execute").click()
    expect(block.locator(".live-responses-table")).to_contain_text("<authorized>true</authorized>")
    block.get_by_role("button", name="Execute").click()
    page.wait_for_load_state("networkidle")
    assert site.installation.total("hits") == before + 1


def test_usage_is_reported_as_the_document_fills_it_in(open_page, site):
    """By form and as JSON."""
    page = open_page()
    opened(page, site, "service-management")
    before = site.installation.total("hits")
    page.get_by_label("Product", exact=True).select_option("Payments")
    page.get_by_role("button", name="Fill in its credentials").click()
    expect(page.get_by_text("credentials of an application are filled in")).to_be_visible()
    block = expanded(page, "postUsage")
    block.get_by_role("button", name="Execute").click()
    expect(block.locator(".live-responses-table")).to_contain_text('"accepted"')
    assert site.installation.total("hits") == before + 1


def test_a_token_is_made_and_filled_in_and_is_nowhere_in_the_browser_afterwards(open_page, site):
    page = open_page()
    opened(page, site, "analytics")
    block = expanded(page, "getServiceUsage")
    block.get_by_role("textbox", name="service_id").fill("1")
    block.get_by_role("button", name="Execute").click()
    expect(block.locator(".live-responses-table")).to_contain_text("Access denied")
    page.get_by_role("button", name="Make a token and fill it in").click()
    expect(page.get_by_text("A token is filled in.")).to_be_visible()
    block.get_by_role("button", name="Execute").click()
    expect(block.locator(".live-responses-table")).to_contain_text('"total"')
    token = re.search("access_token=([0-9a-f]{96})", block.locator(".curl-command").inner_text())[1]
    stored = page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    )
    assert token not in stored
    page.reload()
    expect(page.locator(".opblock").first).to_be_visible()
    assert token not in page.content()


def test_a_token_to_read_only_changes_nothing(open_page, site):
    page = open_page()
    opened(page, site, "account-management")
    page.get_by_role("button", name="Make a token and fill it in").click()
    expect(page.get_by_text("A token is filled in.")).to_be_visible()
    block = expanded(page, "putServicesByServiceId")
    block.get_by_role("textbox", name="service_id").fill("1")
    block.get_by_role("button", name="Execute").click()
    expect(block.locator(".live-responses-table")).to_contain_text("does not have the correct")


def test_the_internal_api_cannot_be_tried_out_from_a_page(open_page, site):
    page = open_page()
    opened(page, site, "internal")
    expanded(page, "getService")
    expect(page.get_by_role("button", name="Execute")).to_have_count(0)
    expect(page.get_by_text("Web pages may not call this API")).to_be_visible()


def test_an_operation_is_reached_by_keyboard_and_by_its_address(open_page, site):
    page = open_page()
    opened(page, site, "analytics")
    first = page.locator(".opblock-summary-control").first
    first.focus()
    page.keyboard.press("Enter")
    expect(first).to_have_attribute("aria-expanded", "true")
    assert page.url.endswith("#/Usage/getServiceUsage")
    page.reload()
    expect(page.locator(".opblock-summary-control").first).to_have_attribute(
        "aria-expanded", "true"
    )


def test_the_document_follows_the_theme(open_page, site):
    page = open_page(color_scheme="light")
    opened(page, site, "analytics")
    colour = "getComputedStyle(document.querySelector('.opblock-summary-path')).color"
    light = page.evaluate(colour)
    page.get_by_role("button", name="Theme: system").click()
    page.get_by_role("button", name="Theme: light").click()
    assert page.evaluate(colour) != light


def test_a_document_is_downloaded_as_a_file(open_page, site):
    page = open_page()
    opened(page, site, "analytics")
    with page.expect_download() as download:
        page.get_by_role("link", name="YAML").click()
    assert download.value.suggested_filename == "analytics.yaml"
