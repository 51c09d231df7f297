"""Plans of one's own, the default plan, features, and what a plan lets be used and seen."""

import pytest
from django.core.exceptions import ValidationError
from support import catalog_data as made

from tallygate.catalog import plan_metrics
from tallygate.catalog.errors import DeletionRefused
from tallygate.catalog.models import (
    Application,
    ApplicationPlan,
    Feature,
    Limit,
    PlanFeature,
    PlanMetric,
    PricingRule,
    Product,
)
from tallygate.catalog.plan_changes import (
    change_plan,
    copy_plan,
    customize_plan,
    decustomize_plan,
)


@pytest.fixture
def plan(catalog: object) -> ApplicationPlan:
    """A plan with one of each term."""
    product = made.product()
    plan = made.plan(product, setup_fee=5)
    Limit.objects.create(plan=plan, metric=product.hits, period="day", value=10)
    PricingRule.objects.create(plan=plan, metric=product.hits, cost_per_unit=1)
    PlanMetric.objects.create(plan=plan, metric=product.hits, visible=False)
    feature = Feature.objects.create(product=product, name="Fast")
    PlanFeature.objects.create(plan=plan, feature=feature)
    return plan


@pytest.fixture
def application(plan: ApplicationPlan) -> Application:
    return made.application(plan)


def stored(application: Application) -> Application:
    return Application.objects.select_related("plan").get(pk=application.pk)


def test_a_plan_of_ones_own_is_a_copy_with_all_terms(application: Application) -> None:
    original = application.plan
    own = customize_plan(application)
    assert stored(application).plan == own
    assert (own.original, own.is_custom, own.setup_fee) == (original, True, 5)
    assert own.name == "Basic (custom)"
    for kind in ("limits", "pricing_rules", "plan_metrics", "plan_features"):
        assert getattr(own, kind).count() == getattr(original, kind).count() == 1, kind
    own.limits.update(value=99)
    assert original.limits.get().value == 10


def test_a_copy_is_a_plan_like_any_other_with_all_terms(plan: ApplicationPlan) -> None:
    PricingRule.objects.update(max=10)
    PricingRule.objects.create(plan=plan, metric=plan.product.hits, min=11, cost_per_unit=2)
    plan.go("publish")
    copy = copy_plan(plan)
    assert (copy.name, copy.state, copy.is_custom) == ("Basic (copy)", "hidden", False)
    assert copy.setup_fee == 5
    for kind in ("limits", "pricing_rules", "plan_metrics", "plan_features"):
        assert getattr(copy, kind).count() == getattr(plan, kind).count() > 0, kind
    assert copy_plan(plan).system_name != copy.system_name


def test_a_plan_of_ones_own_goes_when_it_is_given_back(application: Application) -> None:
    original = application.plan
    own = customize_plan(application)
    with pytest.raises(ValidationError):
        customize_plan(stored(application))
    assert decustomize_plan(stored(application)) == original
    assert stored(application).plan == original
    assert not ApplicationPlan.objects.filter(pk=own.pk).exists()
    with pytest.raises(ValidationError):
        decustomize_plan(stored(application))


def test_changing_the_plan_leaves_no_plan_of_ones_own_behind(application: Application) -> None:
    other = made.plan(application.product, name="Gold")
    own = customize_plan(application)
    assert change_plan(stored(application), other) == other
    assert stored(application).plan == other
    assert not ApplicationPlan.objects.filter(pk=own.pk).exists()


def test_a_plan_of_another_product_is_not_allowed(application: Application) -> None:
    with pytest.raises(ValidationError) as refused:
        change_plan(application, made.plan(made.product(application.product.provider)))
    assert refused.value.message_dict == {"plan": ["not allowed in this context"]}


def test_a_plan_whose_copy_is_in_use_stays(application: Application) -> None:
    original = application.plan
    customize_plan(application)
    with pytest.raises(DeletionRefused, match="At least one application depends on it"):
        original.delete()


def test_a_product_has_at_most_one_default_plan(plan: ApplicationPlan) -> None:
    assert not plan.is_default
    plan.make_default()
    other = made.plan(plan.product, name="Gold")
    other.make_default()
    assert [each.name for each in plan.siblings() if each.is_default] == ["Gold"]
    other.delete()
    assert Product.objects.get(pk=plan.product_id).default_application_plan is None


def test_a_metric_is_disabled_by_a_limit_of_nought_and_enabled_without_one(
    plan: ApplicationPlan,
) -> None:
    hits = plan.product.hits
    assert plan_metrics.is_enabled(plan, hits)
    plan_metrics.disable(plan, hits)
    plan_metrics.disable(plan, hits)
    assert not plan_metrics.is_enabled(plan, hits)
    assert list(plan.limits.order_by("pk").values_list("period", "value")) == [
        ("day", 10),
        ("eternity", 0),
    ]
    plan_metrics.enable(plan, hits)
    assert plan.limits.get().period == "day"


def test_a_metric_with_a_limit_for_each_period_cannot_be_disabled(plan: ApplicationPlan) -> None:
    hits = plan.product.hits
    for period in ("eternity", "year", "month", "week", "hour", "minute"):
        Limit.objects.create(plan=plan, metric=hits, period=period, value=1)
    with pytest.raises(ValidationError) as refused:
        plan_metrics.disable(plan, hits)
    assert refused.value.message_dict == {"enabled": [plan_metrics.ALL_LIMITED]}


def test_how_a_plan_shows_a_metric_has_defaults(plan: ApplicationPlan) -> None:
    assert not plan_metrics.shown(plan, plan.product.hits).visible
    method = plan_metrics.shown(plan, made.method(plan.product))
    assert (method.pk, method.visible, method.limits_only_text) == (None, True, True)


def test_a_plan_has_features_of_its_product_only(plan: ApplicationPlan) -> None:
    theirs = Feature.objects.create(product=made.product(), name="Far")
    other_kind = Feature.objects.create(product=plan.product, name="S", scope="ServicePlan")
    for feature in (theirs, other_kind):
        with pytest.raises(ValidationError):
            PlanFeature.objects.create(plan=plan, feature=feature)
    with pytest.raises(ValidationError) as again:
        PlanFeature.objects.create(plan=plan, feature=plan.plan_features.get().feature)
    assert again.value.message_dict == {"feature": ["has already been taken"]}


def test_a_published_plan_cannot_be_published_again(plan: ApplicationPlan) -> None:
    plan.go("publish")
    with pytest.raises(ValidationError):
        plan.go("publish")
    plan.go("hide")
    assert ApplicationPlan.objects.get(pk=plan.pk).state == "hidden"
