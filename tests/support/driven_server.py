"""A server in test mode, driven over HTTP as a foreign test suite drives it."""

import http.client
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from support.command_line import Serve

Told = tuple[int, Any]
"""Status, and what the JSON of the body says."""


def utc_s(text: str) -> int:
    """`2010-05-12 13:33` in UTC seconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


class DrivenServer:
    """`tallygate listener --test-mode`, with a service `10` of provider `pk` once `provision` was called.

    Its metrics are hits (30) > child (31), and other (32); its applications are called for by their ids.
    """

    def __init__(self, home: Path, *options: str, alone: bool = True, **settings: str) -> None:
        self.home = home
        self.serving = Serve(home, "--test-mode", *options, alone=alone, **settings)
        self.port = self.serving.listener

    def __enter__(self) -> Self:
        self.serving.__enter__()
        self.serving.wait_until_ready()
        return self

    def __exit__(self, *exception: object) -> None:
        self.serving.__exit__(*exception)

    def request(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def json(self, method: str, path: str, given: object = None) -> Told:
        body = None if given is None else json.dumps(given).encode()
        status, text = self.request(method, path, body, content_type="application/json")
        return status, json.loads(text)

    # Test mode

    def test(self, name: str, **given: Any) -> Any:
        """A command of test mode, which must succeed; its answer."""
        status, told = self.json("POST", f"/__test/{name}", given)
        assert status == 200, told
        return told

    def set_clock(self, text: str | None) -> None:
        self.test("clock", now=None if text is None else [utc_s(text), 0])

    def stat(self, **given: Any) -> int | None:
        """The value of the service's, of the day, if nothing else is given."""
        found = self.test("stat", **{"service": "10", "period": "day", **given})["value"]
        assert found is None or type(found) is int
        return found

    # The protocols

    def provision(
        self, limits: Mapping[str, int] | None = None, levels: tuple[int, ...] = ()
    ) -> None:
        """The service, an application `a` and one `b` of its plan `p`; `limits` of hits by period."""
        internal = self.internal
        internal("POST", "/services/", {"service": {"id": "10", "provider_key": "pk"}})
        for metric, name, parent in (
            ("30", "hits", None),
            ("31", "child", "30"),
            ("32", "other", None),
        ):
            internal("POST", f"/services/10/metrics/{metric}", {"metric": {"name": name, "parent_id": parent}})  # fmt: skip
        for name in "ab":
            given = {"state": "active", "plan_id": "p", "plan_name": "Plan"}
            internal("POST", f"/services/10/applications/{name}", {"application": given})
        for period, value in (limits or {}).items():
            path = f"/services/10/plans/p/usagelimits/30/{period}"
            internal("PUT", path, {"usagelimit": {period: value}})
        for level in levels:
            internal("POST", "/services/10/alert_limits/", {"alert_limit": {"value": level}})

    def internal(self, method: str, path: str, given: object = None) -> Any:
        """A call of the Internal API, which must succeed."""
        status, told = self.json(method, f"/internal{path}", given)
        assert status in (200, 201), told
        return told

    def events(self) -> list[dict[str, Any]]:
        return list(self.internal("GET", "/events/")["events"])

    def authorize(self, app: str = "a", **given: Any) -> tuple[int, str]:
        return self._get("authorize", app, given)

    def authrep(self, app: str = "a", **given: Any) -> tuple[int, str]:
        """`hits=1` reports usage, `code=404` a response code."""
        return self._get("authrep", app, given)

    def authrep_once(self, entry_id: str, **given: Any) -> str:
        """Under an id: `counted` or `repeated`."""
        path = f"/transactions/authrep.xml?{_query('a', given)}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path, headers={"Idempotency-Key": entry_id})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            return "repeated" if answer.headers["idempotent-replayed"] else "counted"
        finally:
            connection.close()

    def _get(self, endpoint: str, app: str, given: dict[str, Any]) -> tuple[int, str]:
        return self.request("GET", f"/transactions/{endpoint}.xml?{_query(app, given)}")

    def report(self, *transactions: Mapping[str, Any], app: str = "a") -> int:
        """Each may hold metrics, a `timestamp` and a `code`."""
        pairs = [("provider_key", "pk"), ("service_id", "10")]
        for number, given in enumerate(transactions):
            inside = f"transactions[{number}]"
            pairs.append((f"{inside}[app_id]", app))
            for name, value in given.items():
                key = {"timestamp": "[timestamp]", "code": "[log][code]"}.get(
                    name, f"[usage][{name}]"
                )
                pairs.append((inside + key, str(value)))
        body = urlencode(pairs).encode()
        kind = "application/x-www-form-urlencoded"
        return self.request("POST", "/transactions.xml", body, content_type=kind)[0]


def _query(app: str, given: Mapping[str, Any]) -> str:
    query = {"provider_key": "pk", "service_id": "10", "app_id": app}
    for name, value in given.items():
        query["log[code]" if name == "code" else f"usage[{name}]"] = str(value)
    return urlencode(query)
