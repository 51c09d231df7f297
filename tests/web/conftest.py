"""The catalog's fixtures, and real console processes."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.console_process import Console
from support.django_site import *  # noqa: F403
from support.installation import free_port


@pytest.fixture
def made_home(bootstrapped: dict[str, object], django_home: Path, tmp_path: Path) -> Path:
    """A home of its own with the bootstrapped catalog."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copyfile(django_home / "bootstrapped.db", home / "tallygate.db")
    return home


@pytest.fixture
def console(made_home: Path) -> Iterator[Callable[..., Console]]:
    """Starts a ready console; further settings as keyword arguments."""
    started: list[Console] = []

    def start(**environment: str) -> Console:
        started.append(Console(made_home, free_port(), **environment))
        started[-1].wait_ready()
        return started[-1]

    yield start
    for one in started:
        one.stop()
