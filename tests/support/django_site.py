"""The Django site for tests: one temporary home per test run, and a clean catalog for each test.

In a room's conftest.py:

    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).parents[1]))
    from support.django_site import *  # noqa: F403

Then a test asks for one of

- `catalog`: migrated tables without a row; gives the `Settings` of the home,
- `bootstrapped`: what `bootstrap` made (provider, admin, product, application...); gives its dict,
- `django_home`: only that Django is set up (import models inside the tests or after it).

Each test gets the database as a fresh file, so it may use transactions, threads and processes of its
own; whoever opened connections in other threads closes them. Other files of the home are not cleaned:
use `tmp_path` for a history or a ledger. Modules that import models at their top need Django set up
when pytest imports them: importing this module does that.
"""

import atexit
import copy
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_HOME = Path(tempfile.mkdtemp(prefix="tallygate-tests-"))
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)

with pytest.MonkeyPatch.context() as environment:  # other rooms' tests want it as it was
    environment.setenv("TALLYGATE_HOME", str(_HOME))
    environment.setenv("DJANGO_SETTINGS_MODULE", "tallygate.web.settings")

    import django

    django.setup()

from django.conf import settings as django_settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from tallygate.settings import Settings  # noqa: E402

setup_test_environment()

__all__ = ["bootstrapped", "catalog", "django_home"]


@pytest.fixture
def django_home() -> Path:
    """The home on which Django is set up."""
    return _HOME


@pytest.fixture
def catalog() -> Iterator[Settings]:
    """A catalog without a row."""
    yield _restored(_empty_database())
    connections.close_all()


@pytest.fixture
def bootstrapped() -> Iterator[dict[str, Any]]:
    """A catalog with one provider, as `bootstrap` makes it; gives what `bootstrap` answered."""
    database, made = _bootstrapped_database()
    _restored(database)
    yield copy.deepcopy(made)
    connections.close_all()


# Not fixtures of the session: pytest makes those once for each conftest.py that imports them.
@cache
def _empty_database() -> Path:
    call_command("migrate", verbosity=0)
    return _keep(django_settings.TALLYGATE, _HOME / "empty.db")


@cache
def _bootstrapped_database() -> tuple[Path, dict[str, Any]]:
    from tallygate.catalog.bootstrap import bootstrap

    settings = _restored(_empty_database())
    made = bootstrap(settings)
    return _keep(settings, _HOME / "bootstrapped.db"), made


def _keep(settings: Settings, kept: Path) -> Path:
    """Closing the last connection brings everything from the write-ahead log into the file."""
    connections.close_all()
    shutil.copyfile(settings.database, kept)
    return kept


def _restored(kept: Path) -> Settings:
    settings: Settings = django_settings.TALLYGATE
    connections.close_all()
    for suffix in ("-wal", "-shm"):
        Path(f"{settings.database}{suffix}").unlink(missing_ok=True)
    draft = settings.database.with_suffix(".draft")
    shutil.copyfile(kept, draft)
    os.replace(draft, settings.database)
    return settings
