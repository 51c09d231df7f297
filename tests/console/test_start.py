"""Getting started: the steps to the first counted call."""

import shlex

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.catalog_data import method, plan
from support.catalog_data import product as make_product
from support.catalog_data import provider as make_provider
from support.portal_pages import member, record_of_changes, run, token_of

from tallygate.catalog.models import Account, Application
from tallygate.domain.errors import HistoryUnavailable
from tallygate.web import runtime


@pytest.fixture
def empty(portal):
    """A product with nothing but what every product is born with."""
    return make_product(portal.product.provider, name="Weather")


def start_of(product):
    return f"/products/{product.pk}/start"


def done(portal, product, client=None):
    answer = (client or portal.client).get(start_of(product))
    assert answer.status_code == 200
    return [step.done for step in answer.context["steps"]]


def test_steps_are_ticked_off_as_they_are_done(portal, empty):
    assert done(portal, empty) == [False, False, False]
    plan(empty)
    assert done(portal, empty) == [True, False, False]
    Application.objects.create(
        account=Account.objects.get(), plan=empty.application_plans.get(), name="App"
    )
    assert done(portal, empty) == [True, True, False]
    portal.count(portal.clock.now_s(), empty.hits, product=empty)
    assert done(portal, empty) == [True, True, True]
    page = portal.get(start_of(empty)).content.decode()
    assert "The last one was counted at 18 May 2015, 10:05." in page
    assert "data-live" not in page


def test_a_call_of_any_metric_and_of_long_ago_is_a_call(portal, empty):
    portal.count(portal.clock.now_s() - 3_000 * 86_400, method(empty), product=empty)
    assert done(portal, empty) == [True, True, True]


def test_a_call_of_another_product_is_none_of_this(portal, empty):
    portal.count(portal.clock.now_s(), portal.product.hits)
    assert done(portal, empty)[-1] is False


def test_the_commands_of_the_steps_work_one_after_the_other(portal, empty):
    """From an empty product to the command that counts, with what the API answers."""
    token = token_of("admin")
    steps = portal.get(start_of(empty)).context["steps"]
    assert run(steps[0].command, token).status_code == 201
    steps = portal.get(start_of(empty)).context["steps"]
    assert run(steps[1].command, token).status_code == 201
    made = empty.applications.get()
    command = portal.get(start_of(empty)).context["steps"][2].command
    url = shlex.split(command)[-1]
    assert url == (
        "http://127.0.0.1:3001/transactions/authrep.xml"
        f"?service_token={empty.service_tokens.get().value}&service_id={empty.pk}"
        f"&user_key={made.user_key}&usage[hits]=1"
    )


def test_without_any_account_the_command_signs_one_up(portal, empty):
    Account.objects.all().delete()
    first = plan(empty)
    command = portal.get(start_of(empty)).context["steps"][1].command
    assert "/admin/api/signup.json" in command
    assert run(command, token_of("admin")).status_code == 201
    assert Application.objects.get().plan == first


def test_a_button_makes_the_application_and_whatever_it_needs(portal, empty):
    assert b"Make one for me" in portal.get(start_of(empty)).content
    answer = portal.client.post(f"{start_of(empty)}/application")
    assert answer["Location"] == start_of(empty)
    assert done(portal, empty) == [True, True, False]
    assert record_of_changes()[0] == ("admin", "portal", "create", "application")
    portal.client.post(f"{start_of(empty)}/application")
    assert empty.applications.count() == 1


def test_the_page_asks_again_and_is_told_only_of_what_is_new(portal, empty):
    page = portal.get(start_of(empty))
    assert b"data-live" in page.content
    seen = page.context["shown"]
    assert portal.get(start_of(empty), seen=seen).status_code == 204
    portal.count(portal.clock.now_s(), empty.hits, product=empty)
    assert b"The product counts calls" in portal.get(start_of(empty), seen=seen).content


def test_without_the_history_the_steps_are_still_there(portal, empty, monkeypatch):
    def broken():
        raise HistoryUnavailable("the disk is gone")

    monkeypatch.setattr(runtime, "history", broken)
    answer = portal.get(start_of(empty))
    assert answer.status_code == 200
    assert b"The disk is gone" in answer.content
    assert b"Have a plan" in answer.content
    assert portal.get(f"/products/{empty.pk}")["Location"].endswith("/overview")


def test_members_see_what_the_policy_lets_them_see(portal, empty):
    plan(empty)
    portal.client.post(f"{start_of(empty)}/application")
    portal.count(portal.clock.now_s(), empty.hits, product=empty)
    key = empty.applications.get().user_key.encode()
    partner = member(portal, "partners")
    page = partner.get(start_of(empty))
    assert key not in page.content, "credentials are for those who may change products"
    assert done(portal, empty, partner) == [True, True, False], "calls are for those of analytics"
    assert b"data-live" not in page.content
    assert b"Make one for me" not in page.content
    assert partner.post(f"{start_of(empty)}/application").status_code == 403
    assert key in member(portal, "plans").get(start_of(empty)).content
    assert done(portal, empty, member(portal, "monitoring"))[-1] is True
    assert member(portal).get(start_of(empty)).status_code == 403
    assert member(portal, "plans", products=[]).get(start_of(empty)).status_code == 404
    assert portal.get(start_of(make_product(make_provider()))).status_code == 404


def test_the_page_takes_as_many_statements_whatever_there_is(portal, empty):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            assert portal.get(start_of(portal.product)).status_code == 200
        return len(captured)

    few = statements()
    for number in range(30):
        method(portal.product, f"M {number}")
        plan(portal.product, name=f"P {number}")
    assert statements() == few <= 15
