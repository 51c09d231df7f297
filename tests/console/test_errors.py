"""The pages for what cannot be shown, as the site answers them."""

import pytest
from django.db import connection
from django.template.loader import render_to_string


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_each_error_page_stands_alone_and_leads_back(django_home, status):
    """It needs no request, no user and no database: any of them may be what failed."""
    page = render_to_string(f"{status}.html", {"status": status, "message": "The reason"})
    assert "<h1>" in page
    assert 'href="/"' in page
    assert ("The reason." in page) == (status in (403, 503))


def test_a_catalog_that_takes_nothing_is_told_with_the_reason(portal):
    """Where the disk is full, say, signing in is not possible now; it is no error of the program."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = 1")
        answer = portal.sign_in()
        cursor.execute("PRAGMA query_only = 0")
    assert answer.status_code == 503
    assert b"The catalog cannot be used now: attempt to write a readonly" in answer.content


def test_an_address_that_is_not_there_is_a_page_for_people(portal):
    answer = portal.get("/nothing")
    assert answer.status_code == 404
    assert b"There is no such page" in answer.content


def test_no_page_has_a_script_or_a_style_in_its_text(portal):
    """The content security policy would forbid them; data for scripts is no script."""
    portal.count(portal.clock.now_s(), portal.product.hits)
    for path in ("/login", "/products", f"/products/{portal.product.pk}/traffic", "/nothing"):
        page = portal.get(path).content.decode()
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
        assert "<script>" not in page
        assert "https://" not in page
