"""Developer accounts, their plans, their people, and how they come to be."""

import pytest
from django.core.exceptions import ValidationError
from support import catalog_data as made

from tallygate.catalog.errors import DeletionRefused
from tallygate.catalog.models import Account, AccountPlan, Application, Developer, Provider
from tallygate.catalog.signup import sign_up


@pytest.fixture
def provider(catalog: object) -> Provider:
    return made.provider()


def account(provider: Provider, **values: object) -> Account:
    return Account.objects.create(provider=provider, **{"org_name": "Consumer", **values})


def developer(of: Account, username: str = "ada", **values: object) -> Developer:
    return Developer.objects.create(account=of, username=username, **values)


def refusal(error: "pytest.ExceptionInfo[ValidationError]") -> dict[str, list[str]]:
    return error.value.message_dict


def test_a_provider_is_born_with_a_default_plan_for_accounts(provider: Provider) -> None:
    plan = provider.account_plans.get()
    assert (plan.name, plan.system_name, plan.is_default) == ("Default", "default", True)
    assert account(provider).plan == plan


def test_the_default_plan_is_the_one_made_default_last(provider: Provider) -> None:
    gold = AccountPlan.objects.create(provider=provider, name="Gold")
    assert not gold.is_default
    gold.make_default()
    assert gold.is_default
    assert account(provider).plan == gold


def test_a_plan_with_accounts_stays(provider: Provider) -> None:
    plan = account(provider).plan
    with pytest.raises(DeletionRefused, match="At least one account depends on it"):
        plan.delete()


def test_an_account_waits_where_its_plan_asks_for_approval(provider: Provider) -> None:
    careful = AccountPlan.objects.create(provider=provider, name="Careful", approval_required=True)
    waiting = account(provider, plan=careful)
    assert (waiting.state, account(provider).state) == ("pending", "approved")
    waiting.go("approve")
    assert Account.objects.get(pk=waiting.pk).state == "approved"


@pytest.mark.parametrize(
    ("event", "sources", "target"),
    [
        ("make_pending", {"created", "approved", "rejected"}, "pending"),
        ("approve", {"created", "pending", "rejected"}, "approved"),
        ("reject", {"created", "pending", "approved"}, "rejected"),
        ("suspend", {"approved"}, "suspended"),
        ("resume", {"suspended"}, "approved"),
    ],
)
def test_an_account_changes_its_state_by_known_events_only(
    provider: Provider, event: str, sources: set[str], target: str
) -> None:
    for state in Account.State.values:
        one = account(provider, state=state)
        if state in sources:
            one.go(event)
            assert Account.objects.get(pk=one.pk).state == target
        else:
            with pytest.raises(ValidationError) as refused:
                one.go(event)
            assert refusal(refused) == {"state": [f'cannot transition via "{event}"']}


def test_a_plan_of_another_provider_is_not_found(provider: Provider) -> None:
    with pytest.raises(ValidationError) as refused:
        account(provider, plan=made.provider().account_plans.get())
    assert refusal(refused) == {"plan": ["not found"]}


def test_names_and_addresses_of_developers_are_unique_with_their_provider(
    provider: Provider,
) -> None:
    developer(account(provider), "ada", email="ada@example.com")
    with pytest.raises(ValidationError) as taken:
        developer(account(provider), "ada", email="ada@example.com")
    assert refusal(taken) == {
        "username": ["has already been taken"],
        "email": ["has already been taken"],
    }
    developer(account(made.provider()), "ada", email="ada@example.com")
    developer(account(provider), "bob")
    developer(account(provider), "eve")


@pytest.mark.parametrize(
    ("username", "message"),
    [
        ("", "can't be blank"),
        ("ab", "is too short (minimum is 3 characters)"),
        ("a" * 41, "is too long (maximum is 40 characters)"),
        ("a\x01b", "must have no control characters"),
        ("a/b", "use only letters, numbers, and .-_@ please."),
    ],
)
def test_a_developers_name_has_a_form(provider: Provider, username: str, message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        developer(account(provider), username)
    assert message in refusal(refused)["username"]


def test_a_developers_password_is_kept_as_an_argon2_hash(provider: Provider) -> None:
    ada = developer(account(provider))
    assert not ada.check_password("")
    ada.set_password("correct horse")
    ada.save()
    stored = Developer.objects.get()
    assert stored.password.startswith("argon2")
    assert stored.check_password("correct horse")
    assert not stored.check_password("wrong horse")
    for wrong, said in (("12345", "too short"), ("x" * 1025, "too long")):
        with pytest.raises(ValidationError, match=said):
            ada.set_password(wrong)


def test_a_developer_is_activated_suspended_and_unsuspended(provider: Provider) -> None:
    ada = developer(account(provider))
    assert (ada.state, ada.role) == ("pending", "member")
    for event, state in (("activate", "active"), ("suspend", "suspended"), ("unsuspend", "active")):
        ada.go(event)
        assert Developer.objects.get().state == state
    with pytest.raises(ValidationError):
        ada.go("unsuspend")


def test_signing_up_makes_an_account_its_admin_and_an_application(provider: Provider) -> None:
    plan = made.plan(made.product(provider))
    signed_up = sign_up(
        provider,
        {"org_name": "Consumer"},
        {"username": "ada", "email": "ada@example.com"},
        password="correct horse",
        application_plan=plan,
    )
    admin = signed_up.developers.get()
    assert (admin.role, admin.state) == ("admin", "active")
    application = signed_up.applications.get()
    assert (application.name, application.plan) == ("API signup", plan)


def test_signing_up_without_a_plan_takes_the_first_products_default(provider: Provider) -> None:
    plan = made.plan(made.product(provider))
    assert not sign_up(provider, {"org_name": "A"}, {"username": "ada"}).applications.exists()
    plan.make_default()
    assert sign_up(provider, {"org_name": "B"}, {"username": "bob"}).applications.get().plan == plan


def test_whoever_signs_up_without_a_password_or_awaiting_approval_is_not_active(
    provider: Provider,
) -> None:
    careful = AccountPlan.objects.create(provider=provider, name="Careful", approval_required=True)
    without = sign_up(provider, {"org_name": "A"}, {"username": "ada"})
    waiting = sign_up(
        provider, {"org_name": "B"}, {"username": "bob"}, password="secret1", account_plan=careful
    )
    assert without.developers.get().state == waiting.developers.get().state == "pending"
    assert (without.state, waiting.state) == ("approved", "pending")


@pytest.mark.parametrize(
    ("account_given", "admin", "password", "field"),
    [
        ({"org_name": ""}, {"username": "ada"}, "", "org_name"),
        ({"org_name": "A"}, {"username": ""}, "", "username"),
        ({"org_name": "A"}, {"username": "ada", "email": "nonsense"}, "", "email"),
        ({"org_name": "A"}, {"username": "ada"}, "12345", "password"),
    ],
)
def test_a_signup_with_something_wrong_makes_nothing(
    provider: Provider,
    account_given: dict[str, str],
    admin: dict[str, str],
    password: str,
    field: str,
) -> None:
    with pytest.raises(ValidationError) as refused:
        sign_up(provider, account_given, admin, password=password)
    assert list(refusal(refused)) == [field]
    assert not Account.objects.exists()
    assert not Developer.objects.exists()


def test_an_account_goes_with_its_developers_and_applications(provider: Provider) -> None:
    plan = made.plan(made.product(provider))
    gone = sign_up(provider, {"org_name": "A"}, {"username": "ada"}, application_plan=plan)
    gone.delete()
    assert not Developer.objects.exists()
    assert not Application.objects.exists()
