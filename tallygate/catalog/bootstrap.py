"""From an empty folder to a provider who can make a counted call."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django
from django.apps import apps
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import DatabaseError

from tallygate.domain.errors import InputError
from tallygate.settings import Settings

SETTINGS_MODULE = "tallygate.web.settings"


def set_up(settings: Settings) -> None:
    """Sets Django up on this home, once per process; then the catalog's models can be imported.

    Raises:
        RuntimeError: This process already works on another home.
    """
    home = settings.home.absolute()
    if not apps.ready:
        os.environ["TALLYGATE_HOME"] = str(home)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS_MODULE)
        django.setup()
    if django_settings.TALLYGATE.home != home:
        raise RuntimeError(f"this process works on {django_settings.TALLYGATE.home}")


def migrate(settings: Settings) -> None:
    """Creates the tables of catalog and registry, or brings them up to date, and drops sessions that have
    expired. Safe when two ask at once.

    Raises:
        InputError: The home cannot be written, or its database is none; the message says which.
    """
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings.database.touch(mode=0o600)  # it holds keys that gateways use: its owner's alone
        set_up(settings)
        with _alone(settings):
            call_command("migrate", verbosity=0, interactive=False)
            call_command("clearsessions", verbosity=0)
    except OSError as error:
        raise InputError(f"the data folder cannot be used: {error}") from error
    except DatabaseError as error:
        raise InputError(f"{settings.database} cannot be used: {error}") from error


def bootstrap(settings: Settings) -> dict[str, Any]:
    """Makes what is missing of a first provider, and tells what there is.

    Returns:
        `{"provider": {"id", "provider_key"}, "access_token", "admin": {"username", "password"},
        "product": {"id", "system_name", "service_token"}, "plan": {"id"}, "account": {"id"},
        "application": {"id", "user_key"}, "not_shown": [...]}`. Ids are integers. The access token and
        the password are known only to the run that makes them; later they are None, and `not_shown`
        names them ("access_token", "admin.password").

    Raises:
        InputError: As `migrate`.
    """
    migrate(settings)
    from tallygate.catalog.first_provider import make

    return make()


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One process at a time; the lock goes with the process, however it ends."""
    with (settings.home / "migrate.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
