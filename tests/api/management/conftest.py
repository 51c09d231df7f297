"""The Account Management API over the real site and the real catalog."""

from typing import TYPE_CHECKING

import pytest

from tallygate.settings import Settings

if TYPE_CHECKING:
    from support.management_site import ManagementSite


@pytest.fixture
def site(catalog: Settings) -> "ManagementSite":
    """A provider with one of everything."""
    from support.management_site import ManagementSite

    return ManagementSite()
