"""Developers sign in with a password of their own, apart from the provider's users."""

import pytest
from support import catalog_data as made

from tallygate.catalog.models import Account, Developer, Provider, User
from tallygate.catalog.sign_in import (
    PER_USERNAME,
    NotApproved,
    TooManyAttempts,
    WrongCredentials,
    count_attempt,
    sign_in,
    sign_in_developer,
)
from tallygate.domain.clock import ManualClock

RIGHT = "a long and right password"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock.at(1_800_000_000)


@pytest.fixture
def anna(catalog: object) -> Developer:
    account = Account.objects.create(provider=made.provider(), org_name="Consumer")
    developer = Developer(
        account=account, username="anna", email="anna@example.com", state="active"
    )
    developer.set_password(RIGHT)
    developer.save()
    return developer


def enter(
    anna: Developer, clock: ManualClock, name: str = "anna", password: str = RIGHT
) -> Developer:
    return sign_in_developer(anna.provider, name, password, "1.1.1.1", clock=clock)


@pytest.mark.parametrize("name", ["anna", "anna@example.com"])
def test_name_or_address_and_password_give_the_developer(
    anna: Developer, clock: ManualClock, name: str
) -> None:
    assert enter(anna, clock, name) == anna


@pytest.mark.parametrize(
    ("name", "password"),
    [("anna", "wrong"), ("nobody", RIGHT), ("", RIGHT), ("anna", ""), ("anna", "x" * 2000)],
)
def test_anything_else_is_refused(
    anna: Developer, clock: ManualClock, name: str, password: str
) -> None:
    Developer.objects.create(account=anna.account, username="invited")
    with pytest.raises(WrongCredentials):
        enter(anna, clock, name, password)
    with pytest.raises(WrongCredentials):
        enter(anna, clock, "invited", "")


def test_neither_portal_lets_in_those_of_the_other(anna: Developer, clock: ManualClock) -> None:
    User.objects.create_user(anna.provider, "admin", RIGHT, role="admin")
    with pytest.raises(WrongCredentials):
        enter(anna, clock, "admin")
    with pytest.raises(WrongCredentials):
        sign_in("anna", RIGHT, "1.1.1.1", clock=clock)


def test_another_provider_does_not_know_them(anna: Developer, clock: ManualClock) -> None:
    other: Provider = made.provider(name="Other")
    with pytest.raises(WrongCredentials):
        sign_in_developer(other, "anna", RIGHT, "1.1.1.1", clock=clock)


@pytest.mark.parametrize(
    ("of", "state", "refusal"),
    [
        ("developer", "pending", NotApproved),
        ("developer", "suspended", WrongCredentials),
        ("account", "pending", NotApproved),
        ("account", "created", NotApproved),
        ("account", "suspended", WrongCredentials),
        ("account", "rejected", WrongCredentials),
    ],
)
def test_who_waits_is_told_so_and_who_is_refused_is_not(
    anna: Developer, clock: ManualClock, of: str, state: str, refusal: type[Exception]
) -> None:
    record = anna if of == "developer" else anna.account
    record.state = state
    record.save()
    with pytest.raises(refusal):
        enter(anna, clock)
    with pytest.raises(WrongCredentials):  # who does not know the password learns nothing
        enter(anna, clock, password="wrong")


def test_failed_attempts_are_counted_apart_from_those_of_users(
    anna: Developer, clock: ManualClock
) -> None:
    User.objects.create_user(anna.provider, "anna", RIGHT, role="admin")
    for _ in range(PER_USERNAME):
        with pytest.raises(WrongCredentials):
            enter(anna, clock, password="wrong")
    with pytest.raises(TooManyAttempts):
        enter(anna, clock)
    assert sign_in("anna", RIGHT, "1.1.1.1", clock=clock).username == "anna"


def test_other_things_are_tried_so_often_only(catalog: object, clock: ManualClock) -> None:
    for _ in range(3):
        count_attempt("sign-up", "1.1.1.1", 3, clock=clock)
    with pytest.raises(TooManyAttempts):
        count_attempt("sign-up", "1.1.1.1", 3, clock=clock)
    count_attempt("sign-up", "2.2.2.2", 3, clock=clock)
