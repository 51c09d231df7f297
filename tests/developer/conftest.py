"""The Developer Portal of a provider with two consumers, a real ledger and a real history behind it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from django.test import Client
from msgspec.structs import replace
from support.django_site import *  # noqa: F403
from support.portal_site import NOW_S, PASSWORD, Site, person

from tallygate.catalog.models import Account, User
from tallygate.domain.clock import ManualClock
from tallygate.history import History
from tallygate.settings import Settings, load
from tallygate.web import runtime


@pytest.fixture
def site(catalog: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The portal at NOW_S, open to everybody, with an empty history; Anna is signed in."""
    from support import catalog_data as made

    clock = ManualClock.at(NOW_S)
    settings = replace(load(), home=tmp_path)
    provider = made.provider(site_access_code="", support_email="help@acme.example")
    product = made.product(provider, state="published", backend_version="2")
    plan = made.plan(product, state="published")
    accounts = [Account.objects.create(provider=provider, org_name=name) for name in ("A", "B")]
    applications = [
        made.application(plan, account=account, name=f"App of {account}") for account in accounts
    ]
    anna = person(accounts[0], "anna", role="admin", email="anna@a.example")
    person(accounts[1], "bob", role="admin", email="bob@b.example")
    User.objects.create_user(provider, "admin", PASSWORD, role="admin")
    with History.open(settings, clock) as history:
        monkeypatch.setattr(runtime, "history", lambda: history)
        monkeypatch.setattr(runtime, "clock", lambda: clock)
        client = Client(raise_request_exception=False)
        site = Site(clock, settings, provider, product, plan, anna, *applications, client)
        assert site.sign_in(client).status_code == 302
        yield site
