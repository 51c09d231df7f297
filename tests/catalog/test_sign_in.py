"""Signing in with a password."""

import threading
import time

import pytest
from django.db import connections
from support import catalog_data as made

from tallygate.catalog.models import SignInAttempt, User
from tallygate.catalog.sign_in import (
    PER_ADDRESS,
    PER_USERNAME,
    WINDOW_S,
    TooManyAttempts,
    WrongCredentials,
    sign_in,
)
from tallygate.domain.clock import ManualClock

RIGHT = "a long and right password"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock.at(1_800_000_000)


@pytest.fixture
def admin(catalog: object) -> User:
    return User.objects.create_user(made.provider(), "admin", RIGHT, role="admin")


def fail(clock: ManualClock, times: int, username: str = "admin", address: str = "1.1.1.1") -> None:
    for number in range(times):
        name = username.format(number)
        with pytest.raises(WrongCredentials):
            sign_in(name, "wrong", address.format(number), clock=clock)


def test_the_right_password_gives_the_user(admin: User, clock: ManualClock) -> None:
    assert sign_in("admin", RIGHT, "1.1.1.1", clock=clock) == admin


def test_a_password_is_stored_as_an_argon2id_hash(admin: User) -> None:
    assert admin.password.startswith("argon2$argon2id$")
    assert RIGHT not in admin.password


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("admin", "wrong"),
        ("admin", ""),
        ("", RIGHT),
        ("Admin", RIGHT),
        ("nobody", RIGHT),
        ("admin", "x" * 2000),
        ("x" * 2000, RIGHT),
        ("admin\0", RIGHT),
    ],
)
def test_anything_else_is_refused_with_the_same_words(
    admin: User, clock: ManualClock, username: str, password: str
) -> None:
    with pytest.raises(WrongCredentials) as refused:
        sign_in(username, password, "1.1.1.1", clock=clock)
    assert str(refused.value) == "Incorrect username or password"


def test_a_deactivated_user_cannot_sign_in(admin: User, clock: ManualClock) -> None:
    User.objects.create_user(admin.provider, "other", RIGHT, role=User.Role.ADMIN)
    admin.state = "suspended"
    admin.save()
    with pytest.raises(WrongCredentials):
        sign_in("admin", RIGHT, "1.1.1.1", clock=clock)


def test_an_unknown_name_takes_as_long_as_a_wrong_password(admin: User, clock: ManualClock) -> None:
    def fastest_s(username: str) -> float:
        times = []
        for number in range(5):
            began = time.thread_time()
            with pytest.raises(WrongCredentials):
                sign_in(username, "wrong", f"1.1.1.{number}", clock=clock)
            times.append(time.thread_time() - began)
        return min(times)

    known, unknown = fastest_s("admin"), fastest_s("nobody")
    assert unknown > known / 2
    assert known > unknown / 2


def test_too_many_failures_for_a_name_stop_it_from_everywhere(
    admin: User, clock: ManualClock
) -> None:
    fail(clock, PER_USERNAME, address="1.1.1.{}")
    with pytest.raises(TooManyAttempts) as refused:
        sign_in("admin", RIGHT, "9.9.9.9", clock=clock)
    assert refused.value.retry_after_s == WINDOW_S
    clock.advance(WINDOW_S - 1)
    with pytest.raises(TooManyAttempts) as refused:
        sign_in("admin", RIGHT, "9.9.9.9", clock=clock)
    assert refused.value.retry_after_s == 1
    clock.advance(1)
    assert sign_in("admin", RIGHT, "9.9.9.9", clock=clock) == admin


def test_too_many_failures_from_an_address_stop_it_for_every_name(
    admin: User, clock: ManualClock
) -> None:
    fail(clock, PER_ADDRESS, username="user{}")
    with pytest.raises(TooManyAttempts):
        sign_in("admin", RIGHT, "1.1.1.1", clock=clock)
    assert sign_in("admin", RIGHT, "2.2.2.2", clock=clock) == admin


def test_success_forgets_the_names_failures_and_does_not_count_itself(
    admin: User, clock: ManualClock
) -> None:
    fail(clock, PER_USERNAME - 1)
    for _ in range(PER_USERNAME + 1):
        assert sign_in("admin", RIGHT, "1.1.1.1", clock=clock) == admin
    fail(clock, PER_USERNAME)


def test_old_attempts_are_swept(admin: User, clock: ManualClock) -> None:
    fail(clock, 3)
    clock.advance(WINDOW_S)
    fail(clock, 1)
    assert SignInAttempt.objects.count() == 2


def test_a_clock_set_back_locks_nobody_out_for_longer_than_the_window(
    admin: User, clock: ManualClock
) -> None:
    fail(clock, PER_USERNAME)
    clock.advance(-86_400)
    with pytest.raises(TooManyAttempts) as refused:
        sign_in("admin", RIGHT, "1.1.1.1", clock=clock)
    assert refused.value.retry_after_s <= WINDOW_S


def test_parallel_guesses_do_not_pass_the_limit(admin: User, clock: ManualClock) -> None:
    outcomes: list[type[BaseException]] = []

    def guess() -> None:
        try:
            sign_in("admin", "wrong", "1.1.1.1", clock=clock)
        except (WrongCredentials, TooManyAttempts) as error:
            outcomes.append(type(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guess) for _ in range(PER_USERNAME + 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(WrongCredentials) == PER_USERNAME
    assert outcomes.count(TooManyAttempts) == 6


def test_what_was_tried_is_not_stored_in_clear(admin: User, clock: ManualClock) -> None:
    fail(clock, 1, RIGHT)
    assert RIGHT not in repr(list(SignInAttempt.objects.values_list()))
