"""The Analytics API over the real site, the real catalog and the real history."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.django_site import *  # noqa: F403
from support.history_data import MemoryLog, open_history

if TYPE_CHECKING:
    from support.analytics_site import AnalyticsSite

from tallygate.domain.clock import ManualClock
from tallygate.settings import Settings
from tallygate.web import runtime


@pytest.fixture
def site(
    catalog: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> "Iterator[AnalyticsSite]":
    """One provider with a product, a plan and an application; an empty history; a clock to set."""
    from support.analytics_site import AnalyticsSite

    clock, log = ManualClock.at(0), MemoryLog()
    with open_history(tmp_path, log, clock=clock) as history:
        monkeypatch.setattr(runtime, "history", lambda: history)
        monkeypatch.setattr(runtime, "clock", lambda: clock)
        yield AnalyticsSite(clock, log)
