"""Signing in with a password: slowed down when it fails, and silent about who exists."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import make_password
from django.db import transaction

from tallygate.catalog.errors import (
    NotApproved,
    SignInRefused,
    TooManyAttempts,
    WrongCredentials,
)
from tallygate.catalog.models import Account, Developer, Provider, SignInAttempt, User
from tallygate.domain.clock import Clock, SystemClock

__all__ = [
    "NotApproved",
    "SignInRefused",
    "TooManyAttempts",
    "WrongCredentials",
    "count_attempt",
    "sign_in",
    "sign_in_developer",
]

WINDOW_S = 900
"""Failed attempts count for so long."""
PER_USERNAME = 10
PER_ADDRESS = 50
LONGEST = 1024
"""Characters of the longest user name or password that is looked at."""


def sign_in(
    username: str, password: str, client_address: str, *, clock: Clock | None = None
) -> User:
    """The active user with this name and password.

    Raises:
        TooManyAttempts: Too many failed for this name or from this address within 15 minutes.
        WrongCredentials: No such user, another password, or the user may not sign in.
    """
    with _attempt(("name", username), password, client_address, clock):
        user = User.objects.select_related("provider").filter(username=username).first()
        _check(user, password)
        if user is None or not user.is_active:
            raise WrongCredentials
        return user


def sign_in_developer(
    provider: Provider,
    username: str,
    password: str,
    client_address: str,
    *,
    clock: Clock | None = None,
) -> Developer:
    """The active developer of an approved account of the provider's, by name or e-mail address and password.

    Raises:
        TooManyAttempts: As for users, but counted apart.
        WrongCredentials: No such developer, another password, or they or their account are refused.
        NotApproved: All is right, but they or their account wait for the provider.
    """
    with _attempt((f"developer {provider.pk}", username), password, client_address, clock):
        known = Developer.objects.select_related("account__provider").filter(provider=provider)
        named = known.filter(username=username).first()
        developer = named or known.filter(email=username).first()
        _check(developer, password)
    if developer is None:
        raise WrongCredentials
    return _let_in(developer)


def _let_in(developer: Developer) -> Developer:
    states = {developer.state, developer.account.state}
    if states == {Developer.State.ACTIVE, Account.State.APPROVED}:
        return developer
    if states & {Developer.State.SUSPENDED, Account.State.REJECTED, Account.State.SUSPENDED}:
        raise WrongCredentials
    raise NotApproved


def _check(found: User | Developer | None, password: str) -> None:
    """Raises WrongCredentials unless there is somebody whose password it is; takes as long for nobody."""
    if found is None or not found.password:
        make_password(password)  # as long as checking one
        raise WrongCredentials
    if not found.check_password(password):
        raise WrongCredentials


@contextmanager
def _attempt(
    name: tuple[str, str], password: str, client_address: str, clock: Clock | None
) -> Iterator[None]:
    """Counts an attempt before it is made and takes it back when it went well, so that attempts made at
    once cannot pass the limits.
    """
    kind, username = name
    if not username or not password or max(len(username), len(password)) > LONGEST:
        raise WrongCredentials
    now_s = (clock or SystemClock()).now_s()
    subjects = {
        _subject(kind, username): PER_USERNAME,
        _subject("from" if kind == "name" else f"{kind} from", client_address): PER_ADDRESS,
    }
    attempts = _count(subjects, now_s)
    yield
    _forgive(attempts, _subject(kind, username))


def count_attempt(kind: str, client_address: str, most: int, *, clock: Clock | None = None) -> None:
    """Counts something else that strangers may try so often only from one address within 15 minutes.

    Raises:
        TooManyAttempts: They have.
    """
    _count({_subject(kind, client_address): most}, (clock or SystemClock()).now_s())


def _count(subjects: dict[str, int], now_s: int) -> list[int]:
    """Notes one attempt for each subject, or raises TooManyAttempts; gives the notes' keys."""
    with transaction.atomic():
        SignInAttempt.objects.filter(at_s__lte=now_s - WINDOW_S).delete()
        for subject, most in subjects.items():
            times = SignInAttempt.objects.filter(subject=subject).order_by("-at_s")
            recent = list(times.values_list("at_s", flat=True)[:most])
            if len(recent) == most:
                # A clock that was set back must not lock anybody out for longer than the window.
                raise TooManyAttempts(min(max(recent[-1] + WINDOW_S - now_s, 1), WINDOW_S))
        notes = [SignInAttempt(subject=subject, at_s=now_s) for subject in subjects]
        return [note.pk for note in SignInAttempt.objects.bulk_create(notes)]


def _forgive(attempts: list[int], username_subject: str) -> None:
    with transaction.atomic():
        SignInAttempt.objects.filter(pk__in=attempts).delete()
        SignInAttempt.objects.filter(subject=username_subject).delete()


def _subject(kind: str, value: str) -> str:
    return hashlib.sha256(f"{kind}:{value}".encode()).hexdigest()
