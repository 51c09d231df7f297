"""Forms, lists, questions and what is live, in a real browser: by mouse, by keyboard, with and without a server."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect
from support.axe import serious

pytestmark = pytest.mark.browser


@pytest.fixture
def page(open_page: Any) -> Iterator[Page]:
    return open_page()


def create_backend(page: Page, site: Any, name: str) -> None:
    page.goto(f"{site.url}/backends/new")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Private address").fill("https://x.internal")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile(r"/backends/\d+$"))


def test_a_record_is_made_by_keyboard_alone_and_said_so(page, site):
    page.goto(f"{site.url}/backends/new")
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.type("By keyboard")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("https://keys.internal")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("By keyboard")
    expect(page.get_by_role("status").filter(has_text="The backend was created")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("The backend was created")).to_have_count(0)


def test_what_is_wrong_is_told_while_one_types_and_goes_when_it_is_right(page, site):
    page.goto(f"{site.url}/backends/new")
    field = page.get_by_label("System name")
    field.press_sequentially("a b")
    told = page.locator("#id_system_name_said")
    expect(told).to_contain_text("must have two or more letters")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    assert serious(page) == []
    field.fill("a_b")
    expect(told).to_be_empty()
    expect(field).not_to_have_attribute("aria-invalid", "true")


def test_a_form_that_is_refused_keeps_everything_and_leads_to_what_is_wrong(page, site):
    page.goto(f"{site.url}/backends/new")
    page.get_by_label("Name", exact=True).fill("Kept")
    page.get_by_label("Private address").fill("nonsense")
    page.get_by_role("button", name="Create").click()
    errors = page.get_by_role("alert").filter(has_text="This was not saved")
    expect(errors).to_be_focused()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Kept")
    assert serious(page) == []
    errors.get_by_role("link").click()
    expect(page.get_by_label("Private address")).to_be_focused()
    page.get_by_label("Private address").fill("https://right.internal")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kept")


@pytest.mark.parametrize("lost", ["tallygate_session", re.compile("tallygate")])
def test_nothing_typed_is_lost_when_the_session_has_ended_meanwhile(page, site, lost):
    """Signed in again in another tab, the same form is saved; also when all cookies were gone."""
    page.goto(f"{site.url}/backends/new")
    page.get_by_label("Name", exact=True).fill("Patient")
    page.get_by_label("Private address").fill("https://patient.internal")
    page.context.clear_cookies(name=lost)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("You are signed out by now")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Patient")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in another tab").click()
    other = opened.value
    other.get_by_label("User name").fill("admin")
    other.get_by_label("Password").fill(site.password)
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url(lambda url: "/login" not in url)
    other.close()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Patient")


def test_nothing_typed_is_lost_when_the_server_cannot_be_reached(page, site):
    page.goto(f"{site.url}/backends/new")
    page.get_by_label("Name", exact=True).fill("Offline")
    page.context.set_offline(True)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("The server cannot be reached")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Offline")
    page.context.set_offline(False)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("alert").filter(has_text="This was not saved")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Offline")


def test_who_leaves_with_something_typed_is_asked(page, site):
    page.goto(f"{site.url}/backends/new")
    page.get_by_label("Name", exact=True).press_sequentially("x")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(re.compile("/backends$"))
    assert asked == ["beforeunload"]


def test_a_question_opens_over_the_page_and_closes_by_keyboard(page, site):
    create_backend(page, site, "Short-lived")
    link = page.get_by_role("link", name="Delete")
    link.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Delete the backend Short-lived?")
    expect(dialog).to_be_visible()
    assert serious(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()
    link.click()
    dialog.get_by_role("button", name="Delete").click()
    page.wait_for_url(re.compile("/backends$"))
    expect(page.get_by_text("The backend Short-lived was deleted")).to_be_visible()


def test_a_question_about_what_is_needed_has_no_button_that_deletes(page, site):
    page.goto(f"{site.url}/backends/1")
    page.get_by_role("link", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("1 product using it: Payments")).to_be_visible()
    expect(dialog.get_by_role("button", name="Delete")).to_have_count(0)
    dialog.get_by_role("link", name="Back").click()
    expect(dialog).to_be_hidden()
    assert page.url.endswith("/backends/1")


def test_the_command_is_that_of_what_was_typed_and_is_copied(open_page, site):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{site.url}/backends/new")
    page.get_by_label("Name", exact=True).fill("It's typed")
    page.locator(".page-actions summary").click()
    command = page.locator(".api-panel pre")
    expect(command).to_contain_text("typed")
    assert serious(page) == []
    page.locator(".api-panel").get_by_role("button", name="Copy").click()
    expect(page.locator(".api-panel").get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == command.inner_text()


def test_a_list_is_searched_and_sorted_with_its_state_in_the_url(page, site):
    page.goto(f"{site.url}/products/3/metrics")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(31)
    page.get_by_label("Search").press_sequentially("07")
    expect(rows).to_have_count(1)
    page.wait_for_url(re.compile("q=07"))
    page.get_by_label("Search").fill("")
    page.get_by_label("Kind").select_option("metric")
    expect(rows).to_have_count(1)
    page.wait_for_url(re.compile("kind=metric"))
    page.get_by_label("Kind").select_option("")
    expect(rows).to_have_count(31)
    page.get_by_role("link", name="Name", exact=True).click()
    page.get_by_role("link", name="Name", exact=True).click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Name")
    expect(rows.first).to_contain_text("Hits")
    page.go_back()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Name")


def add_rules(site: Any, *patterns: str) -> None:
    site.installation.catalog(
        "product = Product.objects.get(name='Quiet')\n"
        "product.mapping_rules.all().delete()\n"
        f"for pattern in {patterns!r}:\n"
        "    MappingRule.objects.create(product=product, metric=product.hits, http_method='GET', pattern=pattern)\n"
    )


def order(page: Page) -> list[str]:
    return page.locator("tr[data-position] th").all_inner_texts()


def test_rules_are_moved_by_keyboard_and_the_focus_goes_along(page, site):
    add_rules(site, "/a", "/b", "/c")
    page.goto(f"{site.url}/products/2/rules")
    assert order(page) == ["/a", "/b", "/c"]
    down = page.get_by_role("button", name="Move GET /a down")
    down.focus()
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-position] th").first).to_have_text("/b")
    assert order(page) == ["/b", "/a", "/c"]
    expect(page.get_by_role("status").filter(has_text="GET /a is at place 2 of 3 now")).to_be_visible()  # fmt: skip
    expect(down).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-position] th").last).to_have_text("/a")
    expect(down).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")
    assert order(page) == ["/b", "/c", "/a"]


def test_rules_are_moved_by_dragging_their_grips(page, site):
    add_rules(site, "/a", "/b", "/c", "/d")
    page.goto(f"{site.url}/products/2/rules")
    rows = page.locator("tr[data-position]")
    rows.nth(3).locator("[data-grip]").drag_to(rows.nth(1))
    expect(rows.nth(1)).to_contain_text("/d")
    assert order(page) == ["/a", "/d", "/b", "/c"]
    rows.nth(0).locator("[data-grip]").drag_to(rows.nth(2))
    expect(rows.nth(0)).to_contain_text("/d")
    assert order(page) == ["/d", "/b", "/a", "/c"]
    page.reload()
    assert order(page) == ["/d", "/b", "/a", "/c"]


def test_a_request_is_tried_while_one_types(page, site):
    page.goto(f"{site.url}/products/1/rules")
    box = page.get_by_label("Path or URL")
    box.press_sequentially("/ledger/x")
    tried = page.locator("#tried")
    expect(tried).to_contain_text("The request goes to the backend Ledger")
    expect(tried.locator("tbody").last).to_contain_text("Hits")
    expect(box).to_be_focused()
    assert serious(page) == []
    page.get_by_label("Verb", exact=True).first.select_option("DELETE")
    expect(tried).to_contain_text("404 No Mapping Rule matched")
    box.fill("/%zz")
    expect(tried).to_contain_text("A web server would refuse this")


def test_a_switch_of_a_plan_is_thrown_by_keyboard_and_keeps_the_focus(page, site):
    page.goto(f"{site.url}/products/1/plans/1")
    switch = page.get_by_role("switch", name="Visible: Bytes sent")
    expect(switch).to_be_checked()
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).not_to_be_checked()
    expect(switch).to_be_focused()
    page.keyboard.press("Space")
    expect(switch).to_be_checked()
    enabled = page.get_by_role("switch", name="Enabled: Bytes sent")
    enabled.click()
    expect(page.locator("tr", has_text="bytes_sent")).to_contain_text("none in all")
    enabled.click()
    expect(page.locator("tr", has_text="bytes_sent")).not_to_contain_text("none")


def test_a_limit_is_added_in_a_dialog_that_says_what_is_wrong(page, site):
    page.goto(f"{site.url}/products/1/plans/1/metrics/1")
    page.get_by_role("link", name="Add a limit").click()
    dialog = page.get_by_role("dialog", name="Add a limit of Hits")
    dialog.get_by_label("Period").select_option("year")
    dialog.get_by_role("button", name="Add").click()
    expect(dialog.get_by_role("alert")).to_contain_text("At most can't be blank")
    expect(dialog.get_by_label("Period")).to_have_value("year")
    assert serious(page) == []
    dialog.locator("summary", has_text="Copy as curl").click()
    expect(dialog.locator("pre")).to_contain_text("period=year")
    dialog.get_by_label("At most").fill("1000000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1,000,000 per year", exact=True)).to_be_visible()
    page.get_by_role("link", name="Delete 1,000,000 per year").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("1,000,000 per year", exact=True)).to_have_count(0)
    expect(page.get_by_text("100,000 per hour", exact=True)).to_be_visible()


def test_fields_that_matter_in_one_mode_only_are_shown_then(page, site):
    page.goto(f"{site.url}/products/1/integration")
    expect(page.get_by_label("Name of the user key")).to_be_visible()
    expect(page.get_by_label(re.compile("^Issuer"))).to_be_hidden()
    page.get_by_label("OpenID Connect").check()
    expect(page.get_by_label(re.compile("^Issuer"))).to_be_visible()
    expect(page.get_by_label("Name of the user key")).to_be_hidden()


def test_the_first_call_is_noticed_by_the_page_itself(open_page, site):
    """From an empty product to its first counted call, without a reload."""
    page = open_page()
    page.goto(f"{site.url}/products/new")
    page.get_by_label("Name", exact=True).fill("Brand new")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile("/start$"))
    page.get_by_role("button", name="Make one for me").click()
    expect(page.get_by_text("There is an application that may call")).to_be_visible()
    command = page.locator(".step pre").inner_text()
    page.evaluate("window.loadedOnce = true")
    assert serious(page) == []
    url = re.search(r"'(http[^']+)'", command)[1]
    port = site.installation.listener.port
    with urlopen(url.replace("127.0.0.1:3001", f"127.0.0.1:{port}")) as answer:
        assert answer.status == 200
    expect(page.get_by_role("heading", name="The product counts calls")).to_be_visible()
    assert page.evaluate("window.loadedOnce")
    assert serious(page) == []
    page.get_by_role("link", name="Show the traffic").click()
    page.wait_for_url(re.compile("/traffic$"))


def test_everything_works_without_scripts(open_page, site):
    """Made, refused, searched, asked and deleted: each a page of its own."""
    page = open_page(java_script_enabled=False)
    page.goto(f"{site.url}/backends/new")
    page.get_by_label("Name", exact=True).fill("Plain")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Plain")
    expect(page.get_by_text("Private address can't be blank").first).to_be_visible()
    page.get_by_label("Private address").fill("https://plain.internal")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Plain")
    page.goto(f"{site.url}/backends?q=plain")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Plain").click()
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("heading", name="Delete the backend Plain?").first).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url(re.compile("/backends$"))
    page.goto(f"{site.url}/products/1/rules/try?verb=GET&url=/x")
    expect(page.get_by_text("1 rule matches")).to_be_visible()


def test_the_keyboard_reaches_every_control_of_a_plan_and_the_focus_is_seen(page, site):
    page.goto(f"{site.url}/products/1/plans/1")
    controls = ("a[href]", "button:not([hidden])", "input:not([type=hidden])", "select", "summary")
    wanted = page.locator(", ".join(f"main {each}" for each in controls)).count()
    reached = set()
    page.locator("#main").focus()
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => {
              const element = document.activeElement;
              if (!element.closest("main")) return null;
              const style = getComputedStyle(element);
              const all = [...document.querySelectorAll("main *")];
              return [all.indexOf(element), style.outlineStyle, style.outlineWidth];
            }"""
        )
        if stop is None:
            break
        assert stop[1:] == ["solid", "2px"], page.evaluate("document.activeElement.outerHTML")
        reached.add(stop[0])
    panel = page.locator(".api-panel button, .api-panel pre").count()
    assert len(reached) >= wanted - panel
