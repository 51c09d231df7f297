"""A portal with real data behind it: the catalog that bootstrap makes, a real ledger and a real history."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from django.test import Client
from msgspec.structs import replace
from support.django_site import *  # noqa: F403

from tallygate.catalog.models import Metric, Product
from tallygate.domain.clock import ManualClock
from tallygate.history import History
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.ledger.entry import Entry
from tallygate.settings import Settings, load
from tallygate.web import runtime

NOW_S = 1_431_943_503
"""18 May 2015, 10:05:03 UTC, a Monday."""


@dataclass
class Portal:
    """What a test of a page has at hand.

    Attributes:
        ids: What bootstrap answered.
        client: A browser that is signed in as the admin.
    """

    ids: dict[str, Any]
    clock: ManualClock
    settings: Settings
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    @property
    def product(self) -> Product:
        return Product.objects.get(pk=self.ids["product"]["id"])

    def count(
        self,
        at_s: int,
        *metrics: Metric,
        value: int = 1,
        product: Product | None = None,
        application: str = "app",
        code: int = 0,
    ) -> None:
        """Records one entry in the ledger, as the listener would."""
        usage = tuple((str(metric.pk), value) for metric in metrics)
        service = (product or self.product).service_id
        with EmbeddedLedger.open(self.settings, self.clock) as ledger:
            ledger.record([Entry(service, application, at_s * 1000, usage, code)])

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(path, query)

    def traffic(self, **query: str) -> Any:
        """The product's Traffic page."""
        return self.get(f"/products/{self.product.pk}/traffic", **query)

    def sign_in(self, client: Client | None = None, **fields: str) -> Any:
        given = {"username": "admin", "password": self.ids["admin"]["password"]}
        return (client or self.client).post("/login", given | fields)


@pytest.fixture
def portal(
    bootstrapped: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Portal]:
    """The portal at NOW_S with an empty history of its own; the admin is signed in."""
    clock = ManualClock.at(NOW_S)
    settings = replace(load(), home=tmp_path)
    with History.open(settings, clock) as history:
        monkeypatch.setattr(runtime, "history", lambda: history)
        monkeypatch.setattr(runtime, "clock", lambda: clock)
        made = Portal(bootstrapped, clock, settings)
        assert made.sign_in().status_code == 302
        yield made
