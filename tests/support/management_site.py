"""A provider with one of everything, and calls of the Account Management API."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from django.db import transaction
from django.http import HttpResponse
from support import catalog_data as made
from support.openapi_check import DocumentedClient

from tallygate.api.management.endpoint import Endpoint
from tallygate.catalog.deployment import deploy
from tallygate.catalog.models import (
    AccessToken,
    ActiveDoc,
    ApplicationKey,
    ChartAnnotation,
    Developer,
    Feature,
    Limit,
    MappingRule,
    Metric,
    PlanFeature,
    PricingRule,
    Provider,
    ReferrerFilter,
    SavedView,
    User,
)
from tallygate.catalog.sections import SCOPES
from tallygate.reports.models import Subscription
from tallygate.reports.ordering import order_again

NOW_S = 1_584_526_800
LISTENER_URL = "http://127.0.0.1:3001"


class ManagementSite:
    """What the tests of the API ask and change.

    Attributes:
        ids: Placeholder of a path -> the number of a record that belongs there.
    """

    def __init__(self, username: str = "admin") -> None:
        """`username` is the admin's."""
        self.client = DocumentedClient(raise_request_exception=False)
        self.provider = made.provider()
        self.admin = self.user(username, role="admin")
        self.token = self.issue(self.admin)
        self.product = made.product(self.provider)
        self.backend = made.backend(self.provider)
        self.usage = made.use(self.product, self.backend, "/stock")
        self.plan = made.plan(self.product)
        self.application = made.application(self.plan)
        self.ids = self._one_of_each()

    def _one_of_each(self) -> dict[str, Any]:
        product, plan, application = self.product, self.plan, self.application
        method, hits = made.method(product), product.hits
        rule = MappingRule.objects.create(
            product=product, metric=method, http_method="GET", pattern="/x", position=1
        )
        developer = Developer.objects.create(account=application.account, username="dev")
        feature = Feature.objects.create(product=product, name="Fast")
        PlanFeature.objects.create(plan=plan, feature=feature)
        key = ApplicationKey.objects.create(application=application)
        deploy(product, LISTENER_URL, None)
        return {
            "service_id": product.pk,
            "backend_api_id": self.backend.pk,
            "backend_usage_id": self.usage.pk,
            "metric_id": hits.pk,
            "method_id": method.pk,
            "mapping_rule_id": rule.pk,
            "plan_id": plan.pk,
            "limit_id": Limit.objects.create(plan=plan, metric=hits, period="day", value=9).pk,
            "pricing_rule_id": PricingRule.objects.create(
                plan=plan, metric=hits, cost_per_unit=1
            ).pk,
            "feature_id": feature.pk,
            "account_id": application.account_id,
            "account_plan_id": self.provider.default_account_plan_id,
            "developer_id": developer.pk,
            "application_id": application.pk,
            "key": key.value,
            "referrer_filter_id": ReferrerFilter.objects.create(
                application=application, value="example.com"
            ).pk,
            "active_doc_id": ActiveDoc.objects.create(
                provider=self.provider, name="Doc", body='{"openapi": "3.1.0"}'
            ).pk,
            "chart_annotation_id": ChartAnnotation.objects.create(
                provider=self.provider, title="v2 launched", at=datetime(2026, 1, 31, tzinfo=UTC)
            ).pk,
            "saved_view_id": SavedView.objects.create(
                provider=self.provider, name="Month", url="/overview?frame=30d"
            ).pk,
            "user_id": self.user("somebody").pk,
            "token": AccessToken.objects.get(user=self.admin).pk,
            **self._reports(),
            "environment": "sandbox",
            "version": 1,
        }

    def _reports(self) -> dict[str, int]:
        report = Subscription.objects.create(user=self.admin, period="day")
        return {"report_id": report.pk, "delivery_id": order_again(report, NOW_S).pk}

    def user(self, username: str, provider: Provider | None = None, **given: Any) -> User:
        """A user of the provider's."""
        owner = provider or self.provider
        return User.objects.create_user(owner, username, "correct horse", **given)

    def issue(self, user: User, *scopes: str, permission: str = "rw") -> str:
        """A new token of the user's."""
        return AccessToken.issue(user, "test", scopes or SCOPES, permission)[1]

    def path(self, endpoint: Endpoint, form: str, ids: dict[str, Any] | None = None) -> str:
        """Where the endpoint is, with ids of the site's records."""
        known = dict(self.ids if ids is None else ids)
        if "backend_apis/" in endpoint.path:
            known |= self.of_backend()
        return f"/admin/api/{endpoint.path.format(**known)}.{form}"

    def of_backend(self) -> dict[str, Any]:
        """Placeholder of a path below a backend -> the number of a record that belongs there."""
        metrics = Metric.objects.filter(backend=self.backend).order_by("pk")
        return {
            "metric_id": metrics.filter(parent=None)[0].pk,
            "method_id": getattr(metrics.exclude(parent=None).first(), "pk", 0),
            "mapping_rule_id": getattr(self.backend.mapping_rules.first(), "pk", 0),
        }

    def call(
        self, method: str, path: str, given: Any = None, *, token: str | None = None
    ) -> HttpResponse:
        """A call below `/admin/api/` with a JSON body."""
        query = f"?access_token={self.token if token is None else token}"
        body = b"" if given is None else json.dumps(given).encode()
        kind = "application/json" if given is not None else "application/octet-stream"
        return self.client.generic(method, f"/admin/api/{path}{query}", body, content_type=kind)

    def json(self, method: str, path: str, given: Any = None, status: int = 200) -> Any:
        """The JSON of a call that is answered with this status."""
        answer = self.call(method, f"{path}.json", given)
        assert answer.status_code == status, (answer.status_code, answer.content)
        return json.loads(answer.content) if answer.content else None

    def get(self, path: str) -> Any:
        return self.json("GET", path)

    def post(self, path: str, /, **given: Any) -> Any:
        return self.json("POST", path, given, 201)

    def put(self, path: str, /, **given: Any) -> Any:
        return self.json("PUT", path, given)

    def delete(self, path: str) -> None:
        """Answered with an empty body."""
        assert self.json("DELETE", path) is None

    def refused(self, method: str, path: str, status: int = 422, /, **given: Any) -> Any:
        """What a refusal says: the errors by field where it has them."""
        body = self.json(method, path, given, status)
        return body.get("errors", body) if body else body

    def xml(self, path: str, status: int = 200) -> ElementTree.Element:
        """The XML of a GET."""
        answer = self.call("GET", f"{path}.xml")
        assert answer.status_code == status, answer.content
        return ElementTree.fromstring(answer.content)


@contextmanager
def taken_back() -> Iterator[None]:
    """What the block changes in the catalog is undone at its end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
