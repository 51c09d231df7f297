"""The pages for what cannot be shown, as the site answers them."""

import pytest
from django.template.loader import render_to_string


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_each_error_page_stands_alone_and_leads_back(django_home, status):
    """It needs no request, no user and no database: any of them may be what failed."""
    page = render_to_string(f"{status}.html", {"status": status, "message": "The reason"})
    assert "<h1>" in page
    assert 'href="/"' in page
    assert ("The reason." in page) == (status == 403)


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
