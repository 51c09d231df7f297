"""Reports with real parts: the catalog, a history, and a mail server on loopback."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.django_site import *  # noqa: F403
from support.mail_server import MailBox
from support.report_site import ReportSite, report_site

from tallygate.settings import Settings

NOW_S = 1_584_526_800
"""2020-03-18T10:20:00Z, a Wednesday."""


@pytest.fixture
def site(catalog: Settings, tmp_path: Path) -> Iterator[ReportSite]:
    with report_site(tmp_path, NOW_S) as made:
        yield made


@pytest.fixture
def box() -> Iterator[MailBox]:
    with MailBox() as made:
        yield made
