"""The list of products and the switcher."""

import pytest
from support.catalog_data import product as make_product
from support.catalog_data import provider as make_provider
from support.portal_pages import member

from tallygate.catalog.models import Product, User
from tallygate.domain.errors import HistoryUnavailable
from tallygate.web import runtime

DAY_S = 86_400


def names(answer):
    return [row.product.name for row in answer.context["listing"].rows]


def row(answer, name):
    return next(row for row in answer.context["listing"].rows if row.product.name == name)


def test_products_are_listed_by_name_and_other_providers_are_not(portal):
    make_product(portal.product.provider, name="Zebra")
    make_product(portal.product.provider, name="Aardvark")
    make_product(make_provider(), name="Foreign")
    assert names(portal.get("/products")) == ["Aardvark", portal.product.name, "Zebra"]


def test_each_product_shows_its_own_hits_of_the_last_30_days_and_the_change(portal):
    other = make_product(portal.product.provider, name="Other")
    now_s = portal.clock.now_s()
    portal.count(now_s, portal.product.hits, value=30)
    portal.count(now_s - 29 * DAY_S, portal.product.hits, value=15)
    portal.count(now_s - 30 * DAY_S, portal.product.hits, value=20)
    portal.count(now_s, other.hits, value=7, product=other)
    answer = portal.get("/products")
    mine = row(answer, portal.product.name)
    assert (mine.total, mine.change.direction, mine.change.text) == (45, "up", "125%")
    assert row(answer, "Other").total == 7
    assert row(answer, "Other").change is None


@pytest.mark.parametrize("query", ["PAYM", "pay_m"])
def test_search_finds_by_part_of_name_and_system_name_in_any_case(portal, query):
    make_product(portal.product.provider, name="Payments", system_name="pay_me")
    assert names(portal.get("/products", q=query)) == ["Payments"]


@pytest.mark.parametrize("query", ["nothing", "%", "a\0b", "<script>", "x" * 5000])
def test_a_search_without_a_result_says_so(portal, query):
    answer = portal.get("/products", q=query)
    assert (answer.status_code, answer.context["listing"].rows) == (200, [])
    assert b"Nothing matches" in answer.content
    assert b"<script>alert" not in answer.content


def test_long_lists_come_in_pages_and_a_page_too_far_is_the_last(portal):
    provider = portal.product.provider
    for number in range(26):
        make_product(provider, name=f"P{number:02}", system_name=f"p_{number}")
    assert len(portal.get("/products").context["listing"].rows) == 25
    for page in ("2", "99"):
        assert len(portal.get("/products", page=page).context["listing"].rows) == 2
    assert portal.get("/products", page="x").context["listing"].page.number == 1


def test_a_page_of_the_list_asks_the_database_as_often_whatever_its_length(portal):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            portal.get("/products")
        return len(captured)

    before = queries()
    for number in range(10):
        make_product(portal.product.provider, name=f"P{number}", system_name=f"p_{number}")
    assert queries() == before


def test_without_the_history_the_list_still_names_the_products(portal, monkeypatch):
    def broken():
        raise HistoryUnavailable("the disk is gone")

    monkeypatch.setattr(runtime, "history", broken)
    answer = portal.get("/products")
    assert answer.status_code == 503
    assert names(answer) == [portal.product.name]
    assert b"The disk is gone" in answer.content


def test_a_member_sees_the_products_given_to_them(portal):
    other = make_product(portal.product.provider, name="Other")
    User.objects.create_user(
        portal.product.provider,
        "member",
        "a long password",
        allowed_sections=["monitoring"],
        allowed_product_ids=[other.pk],
    )
    portal.client.logout()
    portal.sign_in(username="member", password="a long password")
    assert names(portal.get("/products")) == ["Other"]
    assert portal.get(f"/products/{portal.product.pk}/traffic").status_code == 404
    assert portal.get(f"/products/{other.pk}/traffic").status_code == 200


def test_a_member_without_analytics_sees_names_but_no_numbers(portal):
    User.objects.create_user(portal.product.provider, "member", "a long password")
    portal.client.logout()
    portal.sign_in(username="member", password="a long password")
    answer = portal.get("/products")
    assert row(answer, portal.product.name).total is None
    assert portal.product.name.encode() in answer.content
    assert portal.traffic().status_code == 403
    assert portal.get(f"/products/{portal.product.pk}/traffic.csv").status_code == 403


def test_a_member_without_analytics_is_led_to_no_page_that_refuses_them(portal):
    User.objects.create_user(portal.product.provider, "member", "a long password")
    portal.client.logout()
    portal.sign_in(username="member", password="a long password")
    assert portal.get("/")["Location"] == "/products"
    page = portal.get("/products").content
    assert b"/traffic" not in page
    assert b"Switch product" not in page


def test_the_switcher_offers_a_bounded_number_and_counts_the_rest(portal):
    for number in range(25):
        make_product(portal.product.provider, name=f"P{number:02}", system_name=f"p_{number}")
    answer = portal.get("/products/options", current=str(portal.product.pk))
    assert (len(answer.context["products"]), answer.context["more"]) == (20, 6)
    assert b'aria-current="true"' in answer.content
    assert b"P07" in portal.get("/products/options", q="p07", current="x").content


def test_a_suspended_provider_is_told_so(portal):
    provider = portal.product.provider
    provider.state = "suspended"
    provider.save()
    answer = portal.get("/products")
    assert answer.status_code == 403
    assert b"Your organisation is suspended" in answer.content


def test_an_installation_without_a_product_says_what_a_product_is(portal):
    Product.objects.all().delete()
    answer = portal.get("/products")
    assert answer.status_code == 200
    assert b"There is no product yet" in answer.content
    assert b'href="/products/new"' in answer.content
    assert b"There is no product for you yet" in member(portal, "plans").get("/products").content
