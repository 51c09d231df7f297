"""Every ledger keeps the same contract: what lies here runs over each of them, with a clock that stands still until it is moved.

Tests are coroutines; they run in the loop in which the ledger lives.
"""

import asyncio
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tallygate.domain.clock import ManualClock
from tallygate.ledger.contract import Ledger
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.settings import Settings

NOON_S = 1_709_208_000  # 2024-02-29T12:00:00Z


@contextmanager
def embedded(folder: Path, clock: ManualClock, runner: asyncio.Runner) -> Iterator[Ledger]:
    with EmbeddedLedger.open(Settings(home=folder), clock) as ledger:
        ledger.attach(runner.get_loop())
        yield ledger


LEDGERS = {"embedded": embedded}
"""By name: opens a ledger in a folder of its own, for as long as the `with` lasts; opened there again, it is the same one."""


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    pyfuncitem.funcargs["runner"].run(pyfuncitem.obj(**given))
    return True


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock.at(NOON_S)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as opened:
        yield opened


@pytest.fixture(params=LEDGERS)
def ledger(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock, runner: asyncio.Runner
) -> Iterator[Ledger]:
    with LEDGERS[request.param](tmp_path, clock, runner) as opened:
        yield opened
