"""Signing in and out of the Admin Portal."""

from urllib.parse import quote

import pytest
from django.test import Client, override_settings

from tallygate.catalog import sign_in as catalog_sign_in


def fresh(**options):
    return Client(raise_request_exception=False, **options)


def test_the_right_password_opens_the_first_page(portal):
    client = fresh()
    answer = portal.sign_in(client)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/products").status_code == 200


def test_a_wrong_password_is_told_and_keeps_the_user_name(portal):
    answer = portal.sign_in(fresh(), password="wrong")
    assert answer.status_code == 401
    assert b"do not go together" in answer.content
    assert b'value="admin"' in answer.content


def test_an_unknown_user_reads_the_same_as_a_wrong_password(portal):
    wrong = portal.sign_in(fresh(), password="wrong")
    unknown = portal.sign_in(fresh(), username="nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.context["error"] == unknown.context["error"]


@pytest.mark.parametrize("fields", [{"username": ""}, {"password": ""}, {"username": "a\0b"}])
def test_odd_credentials_are_wrong_ones(portal, fields):
    assert portal.sign_in(fresh(), **fields).status_code == 401


def test_after_too_many_failures_the_page_says_how_long_to_wait(portal):
    for _ in range(10):
        portal.sign_in(fresh(), password="wrong")
    answer = portal.sign_in(fresh())
    assert answer.status_code == 429
    assert answer["Retry-After"] == "900"
    assert b"Try again in 15 minutes" in answer.content


def test_signing_in_is_possible_again_once_the_wait_is_over(portal):
    for _ in range(10):
        portal.sign_in(fresh(), password="wrong")
    portal.clock.advance(901)
    assert portal.sign_in(fresh()).status_code == 302


@override_settings(SESSION_COOKIE_SECURE=True)
def test_behind_a_proxy_one_visitor_does_not_lock_out_the_others(portal, monkeypatch):
    """Failures count for the address that the proxy adds, whatever the visitor claims before it."""
    monkeypatch.setattr(catalog_sign_in, "PER_ADDRESS", 3)
    for number in range(3):
        claimed = {"X-Forwarded-For": f"10.0.0.{number}, 192.0.2.1"}
        portal.sign_in(fresh(headers=claimed), username=f"user{number}")
    locked = fresh(headers={"X-Forwarded-For": "192.0.2.1"})
    other = fresh(headers={"X-Forwarded-For": "192.0.2.2"})
    assert portal.sign_in(locked).status_code == 429
    assert portal.sign_in(other).status_code == 302


def test_without_a_proxy_nobody_chooses_their_address(portal, monkeypatch):
    """The header counts for nothing where visitors come directly."""
    monkeypatch.setattr(catalog_sign_in, "PER_ADDRESS", 3)
    for number in range(3):
        portal.sign_in(
            fresh(headers={"X-Forwarded-For": f"10.0.0.{number}"}), username=f"u{number}"
        )
    assert portal.sign_in(fresh(headers={"X-Forwarded-For": "10.0.1.1"})).status_code == 429


def test_without_the_csrf_token_nobody_is_signed_in(portal):
    client = fresh(enforce_csrf_checks=True)
    answer = portal.sign_in(client)
    assert answer.status_code == 403
    assert b"reload the page" in answer.content
    assert client.get("/products").status_code == 302


def test_with_the_csrf_token_of_the_form_signing_in_works(portal):
    client = fresh(enforce_csrf_checks=True)
    client.get("/login")
    token = client.cookies["tallygate_csrf"].value
    assert portal.sign_in(client, csrfmiddlewaretoken=token).status_code == 302


def test_a_page_that_needs_signing_in_is_shown_afterwards(portal):
    client = fresh()
    page = f"/products/{portal.product.pk}/traffic?frame=7d"
    away = client.get(page)
    assert away["Location"] == f"/login?next={quote(page)}"
    assert page in client.get(away["Location"]).content.decode()
    assert portal.sign_in(client, next=page)["Location"] == page


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:evil",
    ],
)
def test_nobody_is_sent_to_another_site(portal, target):
    assert portal.sign_in(fresh(), next=target)["Location"] == "/"
    assert fresh().get("/login", {"next": target}).context["next"] == "/"


def test_whoever_is_signed_in_need_not_sign_in_again(portal):
    assert portal.get("/login")["Location"] == "/"


def test_signing_out_ends_the_session(portal):
    assert portal.client.post("/logout")["Location"] == "/login"
    assert portal.get("/products").status_code == 302


def test_a_link_cannot_sign_anybody_out(portal):
    assert portal.get("/logout").status_code == 405
    assert portal.get("/products").status_code == 200


def test_pages_are_kept_by_no_cache(portal):
    for path in ("/login", "/products", f"/products/{portal.product.pk}/traffic"):
        assert "no-store" in portal.get(path)["Cache-Control"]
