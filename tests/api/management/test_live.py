"""A change through the API holds for the listener's very next call."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from support.installation import Installation, get

pytestmark = pytest.mark.service


class Live:
    """A running installation, and calls to both of its sides."""

    def __init__(self, running: Installation) -> None:
        self.running = running

    def api(self, method: str, path: str, /, **given: Any) -> Any:
        """A call of the Account Management API that succeeds."""
        connection = http.client.HTTPConnection("127.0.0.1", self.running.console.port, timeout=30)
        query = urlencode({"access_token": self.running.ids["access_token"]})
        connection.request(
            method,
            f"/admin/api/{path}.json?{query}",
            json.dumps(given),
            {"Content-Type": "application/json"},
        )
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        assert answer.status in (200, 201), body
        return json.loads(body) if body else None

    def authrep(self, metric: str = "hits", **credentials: str) -> int:
        """The status of a call of the first application, or with these credentials."""
        given = {**self.running.credentials(), **credentials, f"usage[{metric}]": "1"}
        return get(self.running.listener.port, f"/transactions/authrep.xml?{urlencode(given)}")[0]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Installation(tmp_path_factory.mktemp("live") / "home") as running:
        yield Live(running)


def test_an_application_calls_from_its_creation_and_not_after_its_end(live: Live) -> None:
    account, plan = live.running.ids["account"]["id"], live.running.ids["plan"]["id"]
    path = f"accounts/{account}/applications"
    made = live.api("POST", path, name="New", plan_id=plan)["application"]
    each = f"{path}/{made['id']}"
    assert live.authrep(user_key=made["user_key"]) == 200
    live.api("PUT", each, user_key="another-key")
    assert live.authrep(user_key=made["user_key"]) == 403
    assert live.authrep(user_key="another-key") == 200
    live.api("PUT", f"{each}/suspend")
    assert live.authrep(user_key="another-key") == 409
    live.api("PUT", f"{each}/resume")
    assert live.authrep(user_key="another-key") == 200
    live.api("DELETE", each)
    assert live.authrep(user_key="another-key") == 403


def test_a_limit_holds_from_the_next_call_on_and_no_longer_than_it_is_there(live: Live) -> None:
    product, plan = live.running.ids["product"]["id"], live.running.ids["plan"]["id"]
    metric = live.api("POST", f"services/{product}/metrics", friendly_name="Bytes", unit="byte")
    path = f"application_plans/{plan}/metrics/{metric['metric']['id']}/limits"
    assert live.authrep("bytes") == 200
    limit = live.api("POST", path, period="year", value=0)["limit"]
    assert live.authrep("bytes") == 409
    live.api("PUT", f"{path}/{limit['id']}", value=2)
    assert [live.authrep("bytes") for _ in range(2)] == [200, 409]
    live.api("DELETE", f"{path}/{limit['id']}")
    assert live.authrep("bytes") == 200


def test_a_backends_metrics_count_while_a_product_uses_it(live: Live) -> None:
    product = live.running.ids["product"]["id"]
    backend = live.api(
        "POST", "backend_apis", name="Stock", private_endpoint="http://stock.internal"
    )
    key = backend["backend_api"]["id"]
    assert live.authrep(f"hits.{key}") == 404
    usage = live.api(
        "POST", f"services/{product}/backend_usages", backend_api_id=key, path="/stock"
    )
    assert live.authrep(f"hits.{key}") == 200
    metric = live.api("POST", f"backend_apis/{key}/metrics", friendly_name="Orders", unit="order")
    assert live.authrep(metric["metric"]["system_name"]) == 200
    live.api("DELETE", f"services/{product}/backend_usages/{usage['backend_usage']['id']}")
    assert live.authrep(f"hits.{key}") == 404


def test_a_product_is_there_and_gone_at_once(live: Live) -> None:
    product = live.api("POST", "services", name="New", backend_version="2")["service"]["id"]
    live.api("PUT", f"services/{product}/proxy", api_backend="http://new.internal")
    content = live.api("GET", f"services/{product}/proxy/configs/sandbox/latest")["proxy_config"]
    plan = live.api("POST", f"services/{product}/application_plans", name="Basic")
    path = f"accounts/{live.running.ids['account']['id']}/applications"
    plan_id = plan["application_plan"]["id"]
    made = live.api("POST", path, name="A", plan_id=plan_id, application_key="first-key")
    given = {
        "service_id": str(product),
        "service_token": content["content"]["backend_authentication_value"],
        "app_id": made["application"]["application_id"],
        "app_key": "first-key",
        "user_key": "",
    }
    assert live.authrep(**given) == 200
    live.api("DELETE", f"{path}/{made['application']['id']}/keys/first-key")
    live.api("POST", f"{path}/{made['application']['id']}/keys", key="other-key")
    assert live.authrep(**given) == 409
    assert live.authrep(**{**given, "app_key": "other-key"}) == 200
    live.api("DELETE", f"services/{product}")
    assert live.authrep(**given) == 403
