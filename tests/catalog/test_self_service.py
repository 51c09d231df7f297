"""What developers may do with their applications by themselves."""

import pytest
from django.core.exceptions import ValidationError
from support import catalog_data as made

from tallygate.catalog import developer_access, self_service
from tallygate.catalog.errors import Forbidden
from tallygate.catalog.models import (
    Application,
    Developer,
    Limit,
    PlanMetric,
    Product,
)
from tallygate.catalog.plan_changes import customize_plan
from tallygate.catalog.plan_metrics import seen
from tallygate.catalog.self_service import Allowed


@pytest.fixture
def product(catalog: object) -> Product:
    return made.product(state="published", backend_version="2")


@pytest.fixture
def application(product: Product) -> Application:
    """One with an id and one key."""
    return made.application(made.plan(product, state="published"))


def switch(application: Application, **switches: object) -> Application:
    for name, value in switches.items():
        setattr(application.product, name, value)
    application.product.save()
    return application


def test_keys_are_added_and_removed_but_one_stays(application: Application) -> None:
    first = application.keys.get()
    with pytest.raises(ValidationError, match="One application key minimum"):
        self_service.remove_key(first)
    second = self_service.create_key(application, "of-my-own")
    self_service.remove_key(first)
    assert [key.value for key in application.keys.all()] == [second.value] == ["of-my-own"]


def test_the_last_key_goes_where_none_is_needed(application: Application) -> None:
    switch(application, mandatory_app_key=False)
    self_service.remove_key(application.keys.get())
    assert not application.keys.exists()


def test_a_renewed_key_takes_the_place_of_the_old_one(application: Application) -> None:
    old = application.keys.get().value
    self_service.renew_key(application.keys.get())
    (new,) = application.keys.all()
    assert new.value != old


@pytest.mark.parametrize(
    ("switches", "refused"),
    [
        ({"buyers_manage_keys": False}, "add remove renew"),
        ({"custom_keys_enabled": False}, "choose"),
        ({"buyer_key_regenerate_enabled": False}, "renew renew_user_key"),
        ({"backend_version": "1"}, "add choose remove renew"),
        ({"backend_version": "1", "buyer_key_regenerate_enabled": False}, "renew_user_key"),
        ({"buyers_manage_apps": False}, "delete"),
    ],
)
def test_what_the_product_does_not_allow_is_refused_and_changes_nothing(
    application: Application, switches: dict[str, object], refused: str
) -> None:
    switch(application, **switches)
    key = application.keys.get()
    before = (application.user_key, key.value)
    actions = {
        "add": lambda: self_service.create_key(application, None),
        "choose": lambda: self_service.create_key(application, "chosen"),
        "remove": lambda: self_service.remove_key(key),
        "renew": lambda: self_service.renew_key(key),
        "renew_user_key": lambda: self_service.renew_user_key(application),
        "delete": lambda: self_service.delete(application),
    }
    for name in refused.split():
        with pytest.raises(Forbidden):
            actions[name]()
    kept = Application.objects.get(pk=application.pk)
    assert (kept.user_key, kept.keys.get().value) == before


def test_a_developer_goes_to_published_plans_of_the_product_and_only_where_it_is_direct(
    application: Application,
) -> None:
    product = application.product
    free = made.plan(product, name="Free", state="published")
    hidden = made.plan(product, name="Hidden")
    others = customize_plan(made.application(free))
    foreign = made.plan(made.product(product.provider, name="Other"), state="published")
    with pytest.raises(Forbidden):
        self_service.change_plan(application, free)
    switch(application, buyer_plan_change_permission="direct")
    for plan in (hidden, others, foreign, application.plan):
        with pytest.raises(Forbidden):
            self_service.change_plan(application, plan)
    assert list(Allowed(application).plans()) == [free]
    self_service.change_plan(application, free)
    assert Application.objects.get(pk=application.pk).plan == free


def test_a_new_application_gets_the_plan_that_the_product_says(product: Product) -> None:
    """The default one; where there is none the only published one; one of the published ones to choose from."""
    basic = made.plan(product, state="published")
    assert list(developer_access.offered_plans(product)) == [basic]
    gold = made.plan(product, name="Gold", state="published")
    hidden = made.plan(product, name="Hidden")
    customize_plan(made.application(gold))
    assert list(developer_access.offered_plans(product)) == []
    hidden.make_default()
    product.refresh_from_db()
    assert list(developer_access.offered_plans(product)) == [hidden]
    product.buyer_can_select_plan = True
    assert list(developer_access.offered_plans(product)) == [basic, gold]


def test_hidden_and_forbidden_metrics_are_not_seen(application: Application) -> None:
    plan, product = application.plan, application.product
    shown, hidden, forbidden = (made.method(product, name) for name in ("A", "B", "C"))
    stock = made.backend(product.provider)
    made.use(product, stock)
    PlanMetric.objects.create(plan=plan, metric=shown, visible=True)
    PlanMetric.objects.create(plan=plan, metric=hidden, visible=False)
    Limit.objects.create(plan=plan, metric=forbidden, period="day", value=0)
    other = made.plan(product, name="Other")
    PlanMetric.objects.create(plan=other, metric=shown, visible=False)
    assert list(seen(plan)) == [product.hits, shown, stock.metrics.get()]
    assert hidden in seen(other)
    assert shown not in seen(other)


def test_a_plan_of_ones_own_is_seen_like_the_one_from_which_it_was_made(
    application: Application,
) -> None:
    application.plan.buyers_see_analytics = False
    application.plan.save()
    assert customize_plan(application).buyers_see_analytics is False


@pytest.mark.parametrize(
    ("of", "state"),
    [("developer", "suspended"), ("developer", "pending"), ("account", "suspended"),
     ("account", "pending"), ("account", "rejected"), ("provider", "suspended")],
)  # fmt: skip
def test_who_is_not_let_in_any_more_sees_nothing(
    application: Application, of: str, state: str
) -> None:
    developer = Developer.objects.create(
        account=application.account, username="anna", state="active"
    )
    found = developer_access.of(developer)
    assert found is not None
    assert list(found.applications()) == [application]
    record = {
        "developer": developer,
        "account": developer.account,
        "provider": developer.account.provider,
    }[of]
    record.state = state
    assert developer_access.of(developer) is None
