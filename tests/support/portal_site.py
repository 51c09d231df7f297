"""The Developer Portal of a provider with two consumers: what its tests ask and change."""

from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from tallygate.catalog.models import (
    Account,
    Application,
    ApplicationPlan,
    Developer,
    Metric,
    Product,
    Provider,
)
from tallygate.domain.clock import ManualClock
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.ledger.entry import Entry
from tallygate.settings import Settings

NOW_S = 1_431_943_503
"""18 May 2015, 10:05:03 UTC, a Monday."""
PASSWORD = "a long and right password"


@dataclass
class Site:
    """What a test of a page has at hand.

    Attributes:
        developer: Anna, an admin of the first account.
        application: Of the first account.
        other: Of the second account, under the same plan.
        client: A browser in which Anna is signed in.
    """

    clock: ManualClock
    settings: Settings
    provider: Provider
    product: Product
    plan: ApplicationPlan
    developer: Developer
    application: Application
    other: Application
    client: Client

    def url(self, name: str, *ids: int | str) -> str:
        return reverse(f"developer:{name}", args=[self.provider.pk, *ids])

    def get(self, name: str, /, *ids: int | str, **query: str) -> Any:
        return self.client.get(self.url(name, *ids), query)

    def post(self, name: str, /, *ids: int | str, **fields: Any) -> Any:
        return self.client.post(self.url(name, *ids), fields)

    def own(self, name: str, /, **query: str) -> Any:
        """A page of Anna's application."""
        return self.get(name, self.application.pk, **query)

    def sign_in(self, client: Client, username: str = "anna", password: str = PASSWORD) -> Any:
        return client.post(self.url("sign-in"), {"username": username, "password": password})

    def browser(self, username: str = "", **options: Any) -> Client:
        """A browser of its own; in it somebody is signed in, if they are named."""
        client = Client(raise_request_exception=False, **options)
        if username:
            assert self.sign_in(client, username).status_code == 302
        return client

    def switch(self, record: Any, **values: Any) -> None:
        """Changes what the provider allows."""
        for name, value in values.items():
            setattr(record, name, value)
        record.save()

    def count(
        self, at_s: int, *metrics: Metric, by: Application | None = None, code: int = 0
    ) -> None:
        """Records one entry in the ledger, as the listener would."""
        application = by or self.application
        usage = tuple((str(metric.pk), 1) for metric in metrics)
        with EmbeddedLedger.open(self.settings, self.clock) as ledger:
            ledger.record(
                [
                    Entry(
                        application.product.service_id,
                        application.application_id,
                        at_s * 1000,
                        usage,
                        code,
                    )
                ]
            )


def person(account: Account, username: str, **values: Any) -> Developer:
    """Who may sign in with PASSWORD."""
    developer = Developer(account=account, username=username, **{"state": "active", **values})
    developer.set_password(PASSWORD)
    developer.save()
    return developer
