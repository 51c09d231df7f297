"""Plans with their terms, and applications with their credentials."""

import re

import pytest
from django.core.exceptions import ValidationError
from support import catalog_data as made

from tallygate.catalog import credentials
from tallygate.catalog.errors import DeletionRefused
from tallygate.catalog.models import (
    Account,
    Application,
    ApplicationPlan,
    Limit,
    Metric,
    PricingRule,
    Product,
)


@pytest.fixture
def product(catalog: object) -> Product:
    return made.product()


@pytest.fixture
def plan(product: Product) -> ApplicationPlan:
    return made.plan(product)


def refusal(error: "pytest.ExceptionInfo[ValidationError]") -> dict[str, list[str]]:
    return error.value.message_dict


def test_a_limit_stands_once_per_plan_metric_and_period(plan: ApplicationPlan) -> None:
    hits = plan.product.hits
    for period in ("eternity", "year", "month", "week", "day", "hour", "minute"):
        Limit.objects.create(plan=plan, metric=hits, period=period, value=1)
    with pytest.raises(ValidationError) as taken:
        Limit.objects.create(plan=plan, metric=hits, period="day", value=2)
    assert refusal(taken) == {"period": ["has already been taken"]}
    with pytest.raises(ValidationError) as unknown:
        Limit.objects.create(plan=plan, metric=hits, period="decade", value=2)
    assert list(refusal(unknown)) == ["period"]


@pytest.mark.parametrize(
    ("given", "stored"),
    [(None, 0), ("", 0), (-5, 0), ("-5", 0), (0, 0), (2**63 - 1, 2**63 - 1), ("7", 7)],
)
def test_a_limit_without_a_value_or_below_nought_is_nought(
    plan: ApplicationPlan, given: int | str | None, stored: int
) -> None:
    limit = Limit.objects.create(plan=plan, metric=plan.product.hits, period="day", value=given)
    limit.refresh_from_db()
    assert limit.value == stored


@pytest.mark.parametrize("value", [2**63, 2**70, "many", "-", "1.5"])
def test_a_value_that_is_no_number_or_too_big_is_refused(
    plan: ApplicationPlan, value: object
) -> None:
    with pytest.raises(ValidationError) as refused:
        Limit.objects.create(plan=plan, metric=plan.product.hits, period="day", value=value)
    assert list(refusal(refused)) == ["value"]


def test_terms_are_about_metrics_of_the_product_or_of_its_backends(plan: ApplicationPlan) -> None:
    backend = made.backend(plan.product.provider)
    backend_hits = backend.metrics.get()
    for metric in (backend_hits, made.product().hits):
        with pytest.raises(ValidationError) as refused:
            Limit.objects.create(plan=plan, metric=metric, period="day", value=1)
        assert refusal(refused) == {"metric": ["not found"]}
    made.use(plan.product, backend)
    Limit.objects.create(plan=plan, metric=backend_hits, period="day", value=1)


def test_prices_are_tiers_that_do_not_overlap(plan: ApplicationPlan) -> None:
    def price(low: int, high: int | None, metric: Metric = plan.product.hits) -> PricingRule:
        return PricingRule.objects.create(
            plan=plan, metric=metric, min=low, max=high, cost_per_unit="0.1"
        )

    price(1, 10)
    last = price(21, None)
    for low, high in ((10, 12), (5, None), (1, 1), (30, 40), (20, 21)):
        with pytest.raises(ValidationError) as refused:
            price(low, high)
        assert list(refusal(refused)) == ["min"]
    price(11, 20)
    last.save()
    price(1, None, made.method(plan.product))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"min": 0}, "min"),
        ({"min": 5, "max": 4}, "max"),
        ({"cost_per_unit": "0.00001"}, "cost_per_unit"),
        ({"cost_per_unit": "NaN"}, "cost_per_unit"),
        ({"cost_per_unit": None}, "cost_per_unit"),
    ],
)
def test_a_price_that_makes_no_sense_is_refused(
    plan: ApplicationPlan, values: dict[str, object], field: str
) -> None:
    given = {"cost_per_unit": "1", **values}
    with pytest.raises(ValidationError) as refused:
        PricingRule.objects.create(plan=plan, metric=plan.product.hits, **given)
    assert field in refusal(refused)


def test_a_plan_under_which_an_application_is_cannot_be_deleted(plan: ApplicationPlan) -> None:
    application = made.application(plan)
    for deletion in (plan.delete, ApplicationPlan.objects.all().delete):
        with pytest.raises(DeletionRefused, match="At least one application depends on it"):
            deletion()
    application.delete()
    plan.delete()


def test_an_application_is_given_its_credentials(plan: ApplicationPlan) -> None:
    application = made.application(plan)
    assert re.fullmatch("[0-9a-f]{8}", application.application_id)
    assert re.fullmatch("[0-9a-f]{32}", application.user_key)
    assert (application.state, application.product) == ("live", plan.product)
    assert not application.keys.exists()


@pytest.mark.parametrize("user_key", ["a", "A_b.c-1", "YWJj+w==", "x" * 256])
def test_a_user_key_may_be_chosen(plan: ApplicationPlan, user_key: str) -> None:
    assert made.application(plan, user_key=user_key).user_key == user_key


def test_credentials_that_are_not_given_are_made_once(plan: ApplicationPlan) -> None:
    first, second = made.application(plan), made.application(plan, user_key="", application_id="")
    assert re.fullmatch("[0-9a-f]{32}", first.user_key)
    assert re.fullmatch("[0-9a-f]{8}", second.application_id)
    assert (first.user_key, first.application_id) != (second.user_key, second.application_id)
    kept = first.user_key
    first.user_key = ""
    with pytest.raises(ValidationError) as refused:
        first.save()
    assert refusal(refused) == {"user_key": ["can't be blank"]}
    assert Application.objects.get(pk=first.pk).user_key == kept


def test_an_id_that_is_made_is_never_another_applications(
    plan: ApplicationPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where chance repeats one, as it does among 100,000."""
    dice = iter(["aaaaaaaa", "aaaaaaaa", "aaaaaaaa", "bbbbbbbb"])
    monkeypatch.setattr(credentials, "application_id", lambda: next(dice))
    ids = [made.application(plan).application_id for _ in range(2)]
    assert ids == ["aaaaaaaa", "bbbbbbbb"]


@pytest.mark.parametrize(
    "values",
    [
        {"user_key": "a/b=="},
        {"user_key": "a b"},
        {"user_key": "é"},
        {"user_key": "x" * 257},
        {"application_id": "abc"},
        {"application_id": "a b c"},
        {"application_id": "x" * 256},
        {"name": ""},
    ],
)
def test_credentials_of_another_form_are_refused(
    plan: ApplicationPlan, values: dict[str, str]
) -> None:
    with pytest.raises(ValidationError) as refused:
        made.application(plan, **values)
    assert set(refusal(refused)) == set(values)


def test_credentials_are_unique_in_their_product(plan: ApplicationPlan) -> None:
    made.application(plan, user_key="key", application_id="app1")
    for values in ({"user_key": "key"}, {"application_id": "app1"}):
        with pytest.raises(ValidationError) as refused:
            made.application(plan, **values)
        assert refusal(refused) == {field: ["has already been taken"] for field in values}
    other = made.plan(made.product(plan.product.provider))
    made.application(other, user_key="key", application_id="app1")


def test_an_application_keeps_its_id(plan: ApplicationPlan) -> None:
    application = made.application(plan, application_id="app1")
    application.application_id = "app2"
    application.save()
    assert application.application_id == "app1"


def test_an_application_moves_only_to_plans_of_its_product(plan: ApplicationPlan) -> None:
    application = made.application(plan)
    application.plan = made.plan(plan.product, name="Pro")
    application.save()
    application.plan = made.plan(made.product(plan.product.provider))
    with pytest.raises(ValidationError) as refused:
        application.save()
    assert refusal(refused) == {"plan": ["not allowed in this context"]}


def test_an_account_of_another_provider_has_no_application_here(plan: ApplicationPlan) -> None:
    stranger = Account.objects.create(provider=made.provider(), org_name="Stranger")
    with pytest.raises(ValidationError) as refused:
        made.application(plan, account=stranger)
    assert refusal(refused) == {"account": ["not found"]}


def test_states_change_along_their_paths_only(product: Product) -> None:
    application = made.application(made.plan(product, approval_required=True))
    assert application.state == "pending"
    for wrong in (application.suspend, application.resume, application.deprecate):
        with pytest.raises(ValidationError, match="cannot transition via"):
            wrong()
    application.accept()
    application.suspend()
    assert (application.state, application.enabled) == ("suspended", False)
    application.resume()
    assert (application.state, application.enabled) == ("live", True)
    application.deprecate()
    with pytest.raises(ValidationError) as refused:
        application.accept()
    assert refusal(refused) == {"state": ['cannot transition via "accept"']}


def test_where_keys_are_mandatory_an_application_is_born_with_one(catalog: object) -> None:
    plan = made.plan(made.product(backend_version="2"))
    assert re.fullmatch("[0-9a-f]{32}", made.application(plan).keys.get().value)
    without = made.plan(made.product(backend_version="2", mandatory_app_key=False))
    assert not made.application(without).keys.exists()
    account = Account.objects.create(provider=plan.product.provider, org_name="Many")
    many = Application.objects.bulk_create(
        Application(account=account, plan=plan, name=str(number)) for number in range(3)
    )
    assert [application.keys.count() for application in many] == [1, 1, 1]


def test_an_application_has_at_most_five_keys_and_five_referrer_filters(
    plan: ApplicationPlan,
) -> None:
    application = made.application(plan)
    for number in range(5):
        application.keys.create(value=f"key-{number}")
        application.referrer_filters.create(value=f"*.example{number}.org")
    for add in (application.keys.create, lambda: application.referrer_filters.create(value="a.b")):
        with pytest.raises(ValidationError, match="Limit reached"):
            add()
    application.keys.first().delete()
    application.keys.create()


def test_an_oauth_application_has_at_most_one_secret(catalog: object) -> None:
    application = made.application(made.plan(made.product(backend_version="oauth")))
    application.keys.create()
    with pytest.raises(ValidationError, match="Limit reached"):
        application.keys.create()


@pytest.mark.parametrize("value", ["", "abcd", "with space", "x" * 256, "SECRET"])
def test_an_application_key_of_another_form_or_taken_in_any_case_is_refused(
    plan: ApplicationPlan, value: str
) -> None:
    application = made.application(plan)
    application.keys.create(value="secret")
    with pytest.raises(ValidationError) as refused:
        application.keys.create(value=value)
    assert list(refusal(refused)) == ["value"]


@pytest.mark.parametrize("value", ["", "a b", "a/b", "http://a", "x" * 256])
def test_a_referrer_filter_of_another_form_is_refused(plan: ApplicationPlan, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        made.application(plan).referrer_filters.create(value=value)
    assert list(refusal(refused)) == ["value"]
