"""Signing in with a password: slowed down when it fails, and silent about who exists."""

import hashlib

from django.contrib.auth.hashers import make_password
from django.db import transaction

from tallygate.catalog.errors import SignInRefused, TooManyAttempts, WrongCredentials
from tallygate.catalog.models import SignInAttempt, User
from tallygate.domain.clock import Clock, SystemClock

__all__ = ["SignInRefused", "TooManyAttempts", "WrongCredentials", "sign_in"]

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

    An attempt is counted before the password is checked and taken back when it was right, so that
    attempts made at once cannot pass the limits. Takes the same time for unknown names.

    Raises:
        TooManyAttempts: Too many failed for this name or from this address within 15 minutes.
        WrongCredentials: No such user, another password, or the user may not sign in.
    """
    if not username or not password or max(len(username), len(password)) > LONGEST:
        raise WrongCredentials
    now_s = (clock or SystemClock()).now_s()
    subjects = {
        _subject("name", username): PER_USERNAME,
        _subject("from", client_address): PER_ADDRESS,
    }
    attempts = _count(subjects, now_s)
    user = User.objects.select_related("provider").filter(username=username).first()
    if user is None:
        make_password(password)  # as long as checking one
        raise WrongCredentials
    if not user.check_password(password) or not user.is_active:
        raise WrongCredentials
    _forgive(attempts, _subject("name", username))
    return user


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
