"""A developer can never learn that another application exists: every page, every record, every format."""

import re
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support import catalog_data as made
from support.portal_site import person

from tallygate.catalog.models import Application, ReferrerFilter
from tallygate.developer.handles import converter, namer
from tallygate.developer.urls import urlpatterns

OPEN = {"first", "home", "open", "sign-in", "sign-up", "sign-out", "welcome"}
"""For those who are not signed in."""


@pytest.fixture
def records(site):
    """Whose record -> placeholder -> its number; 'unknown' has none."""
    site.switch(site.product, referrer_filters_required=True)
    found = {}
    for name, application in (("own", site.application), ("other", site.other)):
        found[name] = {
            "application_id": application.pk,
            "key_id": application.keys.get().pk,
            "filter_id": ReferrerFilter.objects.create(application=application, value="a.b").pk,
            "person_id": person(application.account, f"{name}-person").pk,
        }
    found["unknown"] = dict.fromkeys(found["own"], 10**9)
    return found


def placeholders(pattern) -> list[str]:
    return [
        name for name in re.findall(r"<\w+:(\w+)>", str(pattern.pattern)) if name != "provider_id"
    ]


def signed_in_pages():
    return [pattern for pattern in urlpatterns if pattern.name not in OPEN]


def test_there_are_pages_of_every_kind_of_record(records):
    found = {name for pattern in signed_in_pages() for name in placeholders(pattern)}
    assert found == set(records["own"])


@pytest.mark.parametrize("pattern", signed_in_pages(), ids=lambda pattern: pattern.name)
def test_what_is_others_is_not_there_and_answered_like_what_is_unknown(site, records, pattern):
    """For each page and each record in its address: of another account, unknown, or of the other kind."""
    names = placeholders(pattern)
    for wrong in names:
        answers = {}
        for whose in ("other", "unknown"):
            ids = [records[whose if name == wrong else "own"][name] for name in names]
            for verb in ("get", "post"):
                with CaptureQueriesContext(
                    connection,
                ) as asked:
                    answer = getattr(site.client, verb)(site.url(pattern.name, *ids), {"name": "x"})
                statements = [re.sub(r"\d+", "N", each["sql"]) for each in asked]
                told = (
                    answer.status_code,
                    answer.content,
                    sorted(answer.headers.items()),
                    statements,
                )
                answers[verb, whose] = told
        for verb in ("get", "post"):
            assert answers[verb, "other"][0] in (404, 405)
            assert answers[verb, "other"] == answers[verb, "unknown"], (wrong, verb)
    assert Application.objects.filter(pk=site.other.pk, name="App of B").exists()
    assert site.other.keys.count() == site.other.referrer_filters.count() == 1


@pytest.mark.parametrize("pattern", signed_in_pages(), ids=lambda pattern: pattern.name)
def test_the_own_ones_are_there(site, records, pattern):
    """So that what is answered above is not 404 for everybody."""
    site.switch(site.product, buyer_plan_change_permission="direct")
    made.plan(site.product, name="Gold", state="published")
    site.switch(site.product, buyer_can_select_plan=True)
    if pattern.name == "user-key":
        site.switch(site.product, backend_version="1")
    ids = [records["own"][name] for name in placeholders(pattern)]
    answer = site.get(pattern.name, *ids)
    assert answer.status_code == (405 if pattern.name in ("person-admin", "person-member") else 200)


def test_no_page_names_anything_of_another_account(site, records):
    secrets = [
        "App of B", site.other.application_id, site.other.user_key, site.other.keys.get().value,
        "other-person", "bob", namer("application")(site.other.pk),
    ]  # fmt: skip
    for pattern in signed_in_pages():
        ids = [records["own"][name] for name in placeholders(pattern)]
        text = site.get(pattern.name, *ids).content.decode()
        assert not [secret for secret in secrets if secret in text], pattern.name


@pytest.mark.parametrize("pattern", signed_in_pages(), ids=lambda pattern: pattern.name)
def test_nobody_gets_in_without_signing_in(site, records, pattern):
    ids = [records["own"][name] for name in placeholders(pattern)]
    for verb in ("get", "post"):
        answer = getattr(site.browser(), verb)(site.url(pattern.name, *ids))
        assert answer.status_code in (302, 405)
        if answer.status_code == 302:
            assert answer["Location"].startswith(site.url("sign-in"))


def test_pages_ask_for_as_much_whatever_others_have(site, records):
    """How many applications, keys and people others have changes neither answers nor the number of statements."""

    def asked():
        found = []
        for pattern in signed_in_pages():
            ids = [records["own"][name] for name in placeholders(pattern)]
            with CaptureQueriesContext(connection) as statements:
                answer = site.get(pattern.name, *ids)
            text = re.sub(r'(value|content)="[^"]*"|/welcome/\S+', "", answer.content.decode())
            found.append((pattern.name, answer.status_code, text, len(statements)))
        return found

    before = asked()
    for number in range(5):
        made.application(site.plan, account=site.other.account, name=f"More {number}")
        person(site.other.account, f"more{number}")
    assert asked() == before


def test_numbers_in_addresses_tell_nothing_about_how_many_there_are():
    """They are a permutation of all numbers, another for each kind of record, without an order."""
    kind, other = converter("application")(), converter("key")()
    numbers = [*range(1, 2_000), 2**31, 2**63 - 1]
    names = [kind.to_url(number) for number in numbers]
    assert [kind.to_python(name) for name in names] == numbers
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[0-9a-f]{16}", name) for name in names)
    assert names != sorted(names)
    assert other.to_url(1) != kind.to_url(1)
    shared = sum(
        a == b for first, second in pairwise(names) for a, b in zip(first, second, strict=True)
    )
    assert shared / (len(names) * 16) < 0.1, "neighbours have nothing in common but by chance"


def test_a_name_that_no_record_can_have_is_none():
    kind = converter("application")()
    wrong = [f"{number:016x}" for number in range(200)]
    assert {kind.to_python(name) for name in wrong} >= {0}


def test_plain_numbers_are_no_names(site):
    for number in (site.application.pk, site.other.pk, 0, 10**30):
        path = f"/developer/{site.provider.pk}/applications/{number}"
        assert site.client.get(path).status_code == 404


def test_odd_queries_and_forms_are_no_errors_of_the_server(site, records):
    odd = dict.fromkeys(
        ("q", "sort", "page", "state", "metric", "frame", "since", "until", "per", "name", "plan",
         "description", "value", "org_name", "username", "email", "password", "current", "redirect_url"),
        "\0" + "9" * 400,
    )  # fmt: skip
    for pattern in signed_in_pages():
        ids = [records["own"][name] for name in placeholders(pattern)]
        assert site.client.get(site.url(pattern.name, *ids), odd).status_code < 500, pattern.name
        assert (
            site.client.post(site.url(pattern.name, *ids), odd | {"check": "name"}).status_code
            < 500
        )
        if not pattern.name.endswith(("delete", "remove")):
            assert site.client.post(site.url(pattern.name, *ids), odd).status_code < 500, (
                pattern.name
            )
