"""Application plans: made, copied, published, and what they say about metrics."""

from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from support.catalog_data import backend as make_backend
from support.catalog_data import method as make_method
from support.catalog_data import plan as make_plan
from support.catalog_data import product as make_product
from support.catalog_data import provider as make_provider
from support.catalog_data import use
from support.portal_pages import commands, member, record_of_changes, run, token_of

from tallygate.catalog import plan_metrics
from tallygate.catalog.models import ApplicationPlan, Limit, Metric, PlanMetric, PricingRule
from tallygate.catalog.plan_changes import customize_plan


@pytest.fixture
def plan(portal):
    return make_plan(portal.product, name="Gold")


@pytest.fixture
def backend(portal):
    made = make_backend(portal.product.provider)
    use(portal.product, made, "/stock")
    return made


def plans_of(portal):
    return f"/products/{portal.product.pk}/plans"


def path_of(plan):
    return f"/products/{plan.product_id}/plans/{plan.pk}"


def terms_of(plan, metric):
    return f"{path_of(plan)}/metrics/{metric.pk}"


def limit(plan, metric, period="day", value=10):
    return Limit.objects.create(plan=plan, metric=metric, period=period, value=value)


def price(plan, metric, cost="0.1", **bounds):
    return PricingRule.objects.create(
        plan=plan, metric=metric, cost_per_unit=Decimal(cost), **bounds
    )


def test_a_plan_is_created_hidden_and_then_published(portal):
    given = {"name": "Silver", "cost_per_month": "9.5", "setup_fee": "0", "trial_period_days": "",
             "cancellation_period": "0", "approval_required": "on"}  # fmt: skip
    answer = portal.client.post(f"{plans_of(portal)}/new", given)
    made = ApplicationPlan.objects.get(name="Silver")
    assert answer["Location"] == path_of(made)
    assert (made.system_name, made.state, made.cost_per_month) == (
        "silver",
        "hidden",
        Decimal("9.5"),
    )
    assert (made.trial_period_days, made.approval_required) == (None, True)
    portal.client.post(f"{path_of(made)}/publish")
    made.refresh_from_db()
    assert made.state == "published"
    assert record_of_changes()[0] == ("admin", "portal", "update", "applicationplan")
    portal.client.post(f"{path_of(made)}/publish")
    assert b"State cannot transition via &quot;publish&quot;" in portal.get(path_of(made)).content
    portal.client.post(f"{path_of(made)}/hide")
    made.refresh_from_db()
    assert made.state == "hidden"


def test_what_is_wrong_with_a_plan_is_told_beside_the_fields(portal, plan):
    given = {"name": "", "system_name": "gold", "cost_per_month": "1.23456", "setup_fee": "-1",
             "trial_period_days": "x", "cancellation_period": ""}  # fmt: skip
    answer = portal.client.post(f"{plans_of(portal)}/new", given)
    assert answer.status_code == 422
    assert answer.context["form"].errors == {
        "name": ["can't be blank"],
        "system_name": ["has already been taken"],
        "cost_per_month": ["maximum decimals is 4."],
        "setup_fee": ["must be greater than or equal to 0"],
        "trial_period_days": ["is not a number"],
        "cancellation_period": ["can't be blank"],
    }
    assert b'value="1.23456"' in answer.content


def test_a_plan_is_made_the_default(portal, plan):
    portal.client.post(f"{path_of(plan)}/default")
    assert portal.product.default_application_plan == plan
    assert b">Default<" in portal.get(plans_of(portal)).content
    assert b"Make default" not in portal.get(path_of(plan)).content


def test_a_copy_is_a_hidden_plan_with_the_same_terms(portal, plan, backend):
    plan.go("publish")
    hits, theirs = portal.product.hits, backend.metrics.get()
    limit(plan, hits)
    limit(plan, theirs, "minute", 0)
    price(plan, hits, "0.1", max=10)
    price(plan, hits, "0.05", min=11)
    PlanMetric.objects.create(plan=plan, metric=hits, visible=False)
    answer = portal.client.post(f"{path_of(plan)}/copy")
    copy = ApplicationPlan.objects.order_by("-pk").first()
    assert answer["Location"] == path_of(copy)
    assert (copy.name, copy.system_name, copy.state) == ("Gold (copy)", "gold_copy", "hidden")
    assert copy.limits.count() == copy.pricing_rules.count() == 2
    assert copy.plan_metrics.get().visible is False
    assert not copy.is_custom
    portal.client.post(f"{path_of(plan)}/copy")
    assert ApplicationPlan.objects.order_by("-pk").first().system_name == "gold_copy_2"


def test_a_plan_in_use_stays_and_the_question_names_its_applications(portal):
    used = portal.product.application_plans.get()
    question = portal.get(f"{path_of(used)}/delete").content.decode()
    assert "1 application under it: Developer&#x27;s App" in question
    assert portal.client.post(f"{path_of(used)}/delete").status_code == 409
    application = used.applications.get()
    customize_plan(application)
    again = portal.get(f"{path_of(used)}/delete").content.decode()
    assert "1 application under it" in again, "it is under a plan made after this one"
    free = make_plan(portal.product, name="Free")
    assert portal.client.post(f"{path_of(free)}/delete")["Location"] == plans_of(portal)
    assert not ApplicationPlan.objects.filter(pk=free.pk).exists()


def test_the_list_leaves_out_what_is_one_applications_own(portal, plan):
    customize_plan(portal.product.applications.get())
    rows = portal.get(plans_of(portal)).context["listing"].rows
    assert [row.name for row in rows] == ["Basic", "Gold"]
    assert [row.name for row in portal.get(plans_of(portal), state="hidden").context["listing"].rows] == ["Gold"]  # fmt: skip


def test_a_plan_lists_the_products_metrics_and_the_backends_behind_them(portal, plan, backend):
    method = make_method(portal.product, "Orders")
    make_method(backend, "Stock of one")
    Metric.objects.create(product=portal.product, friendly_name="Bytes", unit="byte")
    limit(plan, method, "minute", 100)
    limit(plan, method, "eternity", 1_000)
    price(plan, method, "0.1000", max=10)
    price(plan, method, "0.05", min=11)
    rows = portal.get(path_of(plan)).context["listing"].rows
    shown = [(row.group, row.metric.friendly_name) for row in rows]
    assert shown == [
        ("Product: API", "Hits"), ("", "Orders"), ("", "Bytes"),
        ("Backend: Stock", "Hits"), ("", "Stock of one"),
    ]  # fmt: skip
    page = portal.get(path_of(plan)).content.decode()
    for told in ("1,000 in all", "100 per minute", "1 to 10: 0.1<", "from 11: 0.05<"):
        assert told in page, told
    only = portal.get(path_of(plan), of=str(backend.pk)).context["listing"].rows
    assert [row.metric.friendly_name for row in only] == ["Hits", "Stock of one"]
    assert len(portal.get(path_of(plan), of="product").context["listing"].rows) == 3
    assert len(portal.get(path_of(plan), q="order").context["listing"].rows) == 1


@pytest.mark.parametrize("flag", ["visible", "limits_only_text"])
def test_flags_are_switched_from_both_pages(portal, plan, flag):
    hits = portal.product.hits
    path = f"{terms_of(plan, hits)}/flag"
    assert portal.client.post(path, {flag: "false"})["Location"] == terms_of(plan, hits)
    assert getattr(plan.plan_metrics.get(metric=hits), flag) is False
    back = f"{path_of(plan)}?q=hits&page=1"
    assert portal.client.post(path, {flag: "true", "back": back})["Location"] == back
    assert getattr(plan.plan_metrics.get(metric=hits), flag) is True
    elsewhere = portal.client.post(path, {flag: "true", "back": "https://elsewhere.example"})
    assert elsewhere["Location"] == terms_of(plan, hits)
    assert portal.client.post(path, {"nonsense": "true"}).status_code == 404


def test_a_metric_is_disabled_by_a_limit_of_nought_and_enabled_by_taking_it_away(portal, plan):
    hits = portal.product.hits
    path = f"{terms_of(plan, hits)}/flag"
    portal.client.post(path, {"enabled": "false"})
    assert plan.limits.get().value == 0
    assert not plan_metrics.is_enabled(plan, hits)
    portal.client.post(path, {"enabled": "true"})
    assert not plan.limits.exists()
    for period in ("eternity", "year", "month", "week", "day", "hour", "minute"):
        limit(plan, hits, period)
    portal.client.post(path, {"enabled": "false"})
    assert b"Metric cannot be disabled" in portal.get(path_of(plan)).content


def test_limits_are_added_changed_and_deleted(portal, plan, backend):
    for metric in (portal.product.hits, backend.metrics.get()):
        base = terms_of(plan, metric)
        given = {"period": "hour", "value": "100"}
        assert portal.client.post(f"{base}/limits/new", given)["Location"] == base
        made = plan.limits.get(metric=metric)
        assert (made.period, made.value) == ("hour", 100)
        portal.client.post(f"{base}/limits/{made.pk}/edit", {"period": "hour", "value": "200"})
        made.refresh_from_db()
        assert made.value == 200
        assert (
            b"Delete the limit 200 per hour?"
            in portal.get(f"{base}/limits/{made.pk}/delete").content
        )
        portal.client.post(f"{base}/limits/{made.pk}/delete")
        assert not plan.limits.filter(metric=metric).exists()
    assert record_of_changes()[0] == ("admin", "portal", "delete", "limit")


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"period": "hour", "value": ""}, {"value": ["can't be blank"]}),
        ({"period": "hour", "value": "-1"}, {"value": ["must be greater than or equal to 0"]}),
        ({"period": "hour", "value": "x"}, {"value": ["is not a number"]}),
        ({"period": "fortnight", "value": "1"}, {"period": ["is invalid"]}),
        ({"period": "day", "value": "1"}, {"period": ["is invalid"]}),
        ({"value": "9" * 20, "period": "hour"}, {"value": ["must be less than or equal to 9223372036854775807"]}),
    ],
)  # fmt: skip
def test_wrong_limits_are_told(portal, plan, given, errors):
    """For the day there is one already."""
    limit(plan, portal.product.hits)
    answer = portal.client.post(f"{terms_of(plan, portal.product.hits)}/limits/new", given)
    assert answer.status_code == 422
    assert answer.context["form"].errors == errors
    assert plan.limits.count() == 1


def test_prices_are_tiers_that_do_not_overlap(portal, plan):
    hits = portal.product.hits
    base = terms_of(plan, hits)
    first = {"min": "1", "max": "100", "cost_per_unit": "0.1"}
    assert portal.client.post(f"{base}/prices/new", first)["Location"] == base
    overlapping = portal.client.post(f"{base}/prices/new", first | {"min": "50", "max": ""})
    assert overlapping.context["form"].errors == {"min": ["overlaps with another pricing rule"]}
    wrong = portal.client.post(f"{base}/prices/new", {"min": "200", "max": "150", "cost_per_unit": "0.12345"})  # fmt: skip
    assert wrong.context["form"].errors == {
        "max": ["must be greater than or equal to min"],
        "cost_per_unit": ["maximum decimals is 4."],
    }
    portal.client.post(f"{base}/prices/new", {"min": "101", "max": "", "cost_per_unit": "0.05"})
    second = plan.pricing_rules.get(min=101)
    portal.client.post(f"{base}/prices/{second.pk}/edit", {"min": "101", "max": "", "cost_per_unit": "0.04"})  # fmt: skip
    second.refresh_from_db()
    assert second.cost_per_unit == Decimal("0.04")
    page = portal.get(base).content.decode()
    assert "1 to 100: 0.1<" in page
    assert "From 101: 0.04<" in page
    portal.client.post(f"{base}/prices/{second.pk}/delete")
    assert plan.pricing_rules.count() == 1


def test_each_page_tells_calls_that_do_the_same(portal, plan):
    token, hits = token_of("admin"), portal.product.hits
    base = terms_of(plan, hits)

    def told(path, **typed):
        answer = portal.client.post(path, typed | {"as_curl": "1"}) if typed else portal.get(path)
        found = commands(answer)
        assert found, path
        return [run(command, token) for command in found]

    typed = {"name": "Free", "cost_per_month": "1.5", "setup_fee": "0", "cancellation_period": "0"}
    (created,) = told(f"{plans_of(portal)}/new", **typed)
    assert created.status_code == 201
    free = ApplicationPlan.objects.get(name="Free")
    assert free.cost_per_month == Decimal("1.5")
    (changed,) = told(f"{path_of(free)}/edit", **typed | {"name": "Gratis"})
    assert changed.json()["application_plan"]["name"] == "Gratis"
    assert [answer.status_code for answer in told(path_of(free))] == [200, 200, 200, 200, 200, 201]
    free.refresh_from_db()
    assert (free.state, free.is_default) == ("published", True)
    assert told(f"{path_of(free)}/delete")[0].status_code == 200

    assert told(f"{base}/limits/new", period="hour", value="5")[0].status_code == 201
    assert told(f"{base}/prices/new", min="1", max="", cost_per_unit="0.5")[0].status_code == 201
    made, cost = plan.limits.get(), plan.pricing_rules.get()
    assert told(f"{base}/limits/{made.pk}/edit", period="hour", value="6")[0].status_code == 200
    assert told(f"{base}/prices/{cost.pk}/edit", min="1", max="9", cost_per_unit="0.5")[0].status_code == 200  # fmt: skip
    made.refresh_from_db()
    cost.refresh_from_db()
    assert (made.value, cost.max) == (6, 9)
    assert {answer.status_code for answer in told(base)} == {200}
    shown = plan.plan_metrics.get(metric=hits)
    assert (shown.visible, shown.limits_only_text) == (False, False)
    assert not plan_metrics.is_enabled(plan, hits)
    assert told(f"{base}/limits/{made.pk}/delete")[0].status_code == 200
    assert told(f"{base}/prices/{cost.pk}/delete")[0].status_code == 200


def test_members_may_what_the_policy_says(portal, plan):
    hits = portal.product.hits
    made = limit(plan, hits)
    base = terms_of(plan, hits)
    reading = [plans_of(portal), path_of(plan), base]
    changing = [
        f"{plans_of(portal)}/new", f"{path_of(plan)}/edit", f"{path_of(plan)}/delete",
        f"{base}/limits/new", f"{base}/limits/{made.pk}/edit", f"{base}/limits/{made.pk}/delete",
        f"{base}/prices/new",
    ]  # fmt: skip
    acting = [f"{path_of(plan)}/{name}" for name in ("publish", "hide", "default", "copy")]
    client = member(portal, "partners")
    for path in reading:
        page = client.get(path)
        assert page.status_code == 200
        assert b'role="switch"' not in page.content
        assert member(portal).get(path).status_code == 403
    for path in changing:
        assert client.get(path).status_code == 403, path
    for path in [*changing, *acting, f"{base}/flag"]:
        assert client.post(path, {"visible": "false", "name": "x"}).status_code == 403, path
    hidden = member(portal, "plans", products=[])
    for path in reading + changing:
        assert hidden.get(path).status_code == 404, path
    assert ApplicationPlan.objects.count() == 2


def test_terms_of_other_plans_products_and_providers_do_not_exist(portal, plan):
    other = make_product(make_provider())
    foreign = make_plan(other)
    hits = portal.product.hits
    made = limit(portal.product.application_plans.get(name="Basic"), hits)
    for path in (
        path_of(foreign),
        f"{plans_of(portal)}/{foreign.pk}",
        terms_of(plan, other.hits),
        f"{terms_of(plan, hits)}/limits/{made.pk}/edit",
        f"{plans_of(portal)}/{10**30}",
        f"{terms_of(plan, hits)}/limits/{10**30}/edit",
    ):
        assert portal.get(path).status_code == 404, path


def test_500_metrics_take_as_many_statements_as_two(portal, plan, backend):
    def statements(path):
        with CaptureQueriesContext(connection) as captured:
            assert portal.get(path).status_code == 200
        return len(captured)

    hits = portal.product.hits
    limit(plan, hits)
    pages = [plans_of(portal), path_of(plan), terms_of(plan, hits)]
    few = [statements(path) for path in pages]
    with transaction.atomic():
        for number in range(500):
            metric = Metric.objects.create(product=portal.product, parent=hits, friendly_name=f"M {number}")  # fmt: skip
            limit(plan, metric)
            price(plan, metric)
        for number in range(30):
            make_plan(portal.product, name=f"P {number}")
    assert [statements(path) for path in pages] == few
    assert max(few) <= 15
