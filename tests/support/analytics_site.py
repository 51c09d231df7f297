"""A provider whose usage is counted by hand and read through the Analytics API."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from support import catalog_data
from support.history_data import MemoryLog, entry
from support.openapi_check import DocumentedClient

from tallygate.catalog.models import AccessToken, Application, Metric, User
from tallygate.domain.clock import ManualClock


def utc_s(text: str) -> int:
    """UTC seconds of `2009-12-11 10:35`."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


class AnalyticsSite:
    """What the tests of the API ask and change."""

    def __init__(self, clock: ManualClock, log: MemoryLog) -> None:
        self.clock = clock
        self.log = log
        self.client = DocumentedClient(raise_request_exception=False)
        self.provider = catalog_data.provider()
        self.product = catalog_data.product(self.provider)
        self.plan = catalog_data.plan(self.product)
        self.application = catalog_data.application(self.plan)
        self.user = self.person("admin", role=User.Role.ADMIN)
        self.token = self.issue(self.user)
        self.at("2020-03-18 10:20")

    def at(self, now: str) -> None:
        """Sets the clock."""
        self.clock.set(utc_s(now) * 1000)

    def person(self, username: str, **given: Any) -> User:
        """A user of the provider's."""
        return User.objects.create_user(self.provider, username, "correct horse", **given)

    def issue(self, user: User, *scopes: str, **given: Any) -> str:
        """A new token of the user's."""
        return AccessToken.issue(user, "test", scopes or ("stats",), "ro", **given)[1]

    def hit(
        self,
        *times: str,
        metric: Metric | None = None,
        application: Application | None = None,
        value: int = 1,
        code: int = 0,
    ) -> None:
        """Counts hits of the application at these times; those of a method on its parent too."""
        counted, by = metric or self.product.hits, application or self.application
        usage = {str(counted.pk): value}
        if counted.parent_id is not None:
            usage[str(counted.parent_id)] = value
        self.log.entries += [
            entry(
                utc_s(time),
                usage,
                product=by.product.service_id,
                application=by.application_id,
                code=code,
            )
            for time in times
        ]

    def get(self, path: str, *, token: str | None = None, **parameters: Any) -> HttpResponse:
        """`/stats/PATH` with the token and the parameters in the query."""
        given = {"access_token": self.token if token is None else token} | parameters
        return self.client.get(f"/stats/{path}", given)

    def v1(self, report: str, *, token: str | None = None, **parameters: Any) -> HttpResponse:
        """`/analytics/v1/REPORT` with the token and the parameters in the query."""
        given = {"access_token": self.token if token is None else token} | parameters
        return self.client.get(f"/analytics/v1/{report}", given)

    def service(self, form: str = "json", **parameters: Any) -> HttpResponse:
        """Usage of the product's hits."""
        given = {"metric_name": "hits"} | parameters
        return self.get(f"services/{self.product.pk}/usage.{form}", **given)

    def of_application(self, form: str = "json", **parameters: Any) -> HttpResponse:
        """Usage of the product's hits by the application."""
        given = {"metric_name": "hits"} | parameters
        return self.get(f"applications/{self.application.pk}/usage.{form}", **given)
