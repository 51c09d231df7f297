"""A real listener process on a temporary home, with a registry to fill and ways to call it."""

import contextlib
import http.client
import itertools
import os
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlencode

from support.backing import backing
from support.installation import Process, free_port

from tallygate.integration_errors.record import Group
from tallygate.ledger.entry import Entry
from tallygate.registry.records import Application, Limit, Metric, Service
from tallygate.settings import load_secrets

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
METRICS = {"hits": "1", "child": "2", "deep": "3", "other": "4"}
"""Of every service: `hits` > `child` > `deep`, and `other` on its own. By name, the id's last digit."""

_REPORT = re.compile(
    r'<usage_report metric="([^"]*)" period="([^"]*)"(?: exceeded="(true)")?>.*?'
    r"<max_value>(\d+)</max_value><current_value>(\d+)</current_value></usage_report>"
)


def error_body(code: str, message: str) -> str:
    """What an error says."""
    return f'{DECLARATION}<error code="{code}">{message}</error>'


@dataclass(frozen=True)
class Answer:
    """What came back: header names in lower case."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def reason(self) -> str | None:
        found = re.search("<reason>(.*)</reason>", self.body, re.DOTALL)
        return found[1] if found else None

    @property
    def values(self) -> dict[tuple[str, str], int]:
        """Current values by metric and period."""
        return {(m, p): int(value) for m, p, _, _, value in _REPORT.findall(self.body)}

    @property
    def exceeded(self) -> set[tuple[str, str]]:
        return {(m, p) for m, p, flag, _, _ in _REPORT.findall(self.body) if flag}


@dataclass(frozen=True)
class App:
    """An application in the registry, and how calls name it."""

    service: str
    id: str
    user_key: str
    provider_key: str = "pk"

    @property
    def by_id(self) -> str:
        return urlencode({"provider_key": self.provider_key, "service_id": self.service, "app_id": self.id})  # fmt: skip

    @property
    def by_key(self) -> str:
        return urlencode({"provider_key": self.provider_key, "service_id": self.service, "user_key": self.user_key})  # fmt: skip


class RunningListener:
    """The process, its registry, and calls to it. Each test makes applications of its own, so that tests do not meet."""

    def __init__(self, home: Path, **settings: str) -> None:
        """With `ledger_url` on that Redis, else on the home alone."""
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.port = free_port()
        self._backing = backing(home, settings.get("ledger_url", ""))
        self.registry = self._backing.registry
        self._numbers = itertools.count(1)
        environment = {
            **os.environ,
            "TALLYGATE_HOME": str(home),
            "TALLYGATE_LISTENER": f"127.0.0.1:{self.port}",
            **{f"TALLYGATE_{name.upper()}": value for name, value in settings.items()},
        }
        self.process = Process("tallygate.listener", self.port, "/status", environment)

    def start(self, stderr: IO[bytes] | None = None) -> None:
        self.process.start(stderr)
        self.process.wait_until_ready()

    def close(self) -> None:
        if self.process.alive:
            self.process.stop()
        self._backing.close()

    @property
    def internal_token(self) -> str:
        return load_secrets(self.home).internal_token

    # Filling the registry

    def service(self, service_id: str, mode: str = "2", provider: str = "pk", **given: Any) -> str:
        """A service with METRICS."""
        self.registry.put_service(Service(service_id, provider, mode, **given))
        parents = {"child": "hits", "deep": "child"}
        for name, number in METRICS.items():
            parent = parents.get(name)
            parent_id = f"{service_id}{METRICS[parent]}" if parent else ""
            self.registry.put_metric(Metric(service_id, f"{service_id}{number}", name, parent_id))
        return service_id

    def application(
        self,
        service_id: str = "2",
        *,
        limits: Mapping[tuple[str, str], int] | None = None,
        keys: Sequence[str] = (),
        filters: Sequence[str] = (),
        state: str = "active",
        plan_name: str = "Basic",
        application_id: str | None = None,
        redirect_url: str = "",
    ) -> App:
        """An application of its own plan; limits are by metric name and period."""
        number = next(self._numbers)
        made = App(service_id, application_id or f"app{number}", f"key{number}")
        plan = f"plan{number}"
        with self._backing.transaction() as registry:
            registry.put_application(
                Application(service_id, made.id, state, plan, plan_name, redirect_url)
            )
            registry.put_user_key(service_id, made.user_key, made.id)
            for key in keys:
                registry.put_application_key(service_id, made.id, key)
            for each in filters:
                registry.put_referrer_filter(service_id, made.id, each)
            for (metric, period), value in (limits or {}).items():
                metric_id = f"{service_id}{METRICS[metric]}"
                registry.put_limit(Limit(service_id, plan, metric_id, period, value))
        return made

    # Calling

    def request(
        self, method: str, path: str, body: bytes | None = None, **headers: str | None
    ) -> Answer:
        """One call over a connection of its own; a header `None` is not sent."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items() if value}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read().decode())
        finally:
            connection.close()

    def get(self, endpoint: str, query: str, options: str | None = None) -> Answer:
        """GET of `authorize` or `authrep`; brackets in the query may stay as they are."""
        path = f"/transactions/{endpoint}.xml?{query}"
        return self.request("GET", path, **{"3scale-options": options})

    def authorize(self, query: str, options: str | None = None) -> Answer:
        return self.get("authorize", query, options)

    def authrep(self, query: str, options: str | None = None) -> Answer:
        return self.get("authrep", query, options)

    def report(self, body: str, query: str = "", **headers: str | None) -> Answer:
        """POST of a urlencoded body."""
        given = {"content_type": "application/x-www-form-urlencoded", **headers}
        path = "/transactions.xml" + (f"?{query}" if query else "")
        return self.request("POST", path, body.encode(), **given)

    def report_of(
        self, app: App, *transactions: Mapping[str, str], **headers: str | None
    ) -> Answer:
        """A report of transactions given by the names inside the brackets: `usage][hits`."""
        pairs = [f"provider_key={app.provider_key}&service_id={app.service}"]
        for number, given in enumerate(transactions):
            named = {"app_id": app.id, **given}
            pairs += [f"transactions[{number}][{name}]={quote(value)}" for name, value in named.items()]  # fmt: skip
        return self.report("&".join(pairs), **headers)

    def backfill(self, service_id: str, body: bytes, token: str | None = None) -> Answer:
        return self.request(
            "POST",
            f"/internal/services/{service_id}/backfill",
            body,
            authorization=f"Bearer {self.internal_token if token is None else token}",
        )

    def raw(self, data: bytes, half_close: bool = False) -> bytes:
        """Sends bytes as they are and reads until the other side closes, or is silent for a second after its answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(_received(connection))

    # Looking at what was counted

    def logged(self) -> list[Entry]:
        """What the durable log holds."""
        return self._backing.entries()

    def entries(self, app: App) -> list[Entry]:
        """What the durable log holds of an application."""
        found = self._backing.entries()
        return [each for each in found if (each.service, each.application) == (app.service, app.id)]

    def errors(self, service: str, wanted: Callable[[list[Group]], object] = bool) -> list[Group]:
        """The integration errors of a service as another process reads them, as soon as they are `wanted`; newest first."""
        give_up_at = time.monotonic() + 5
        while not wanted(found := self._backing.errors(service)):
            if time.monotonic() > give_up_at:
                break
            time.sleep(0.05)
        return found

    def counted(self, app: App, metric: str = "hits") -> int:
        """What the durable log says was counted for a metric."""
        metric_id = f"{app.service}{METRICS[metric]}"
        return sum(dict(each.usage).get(metric_id, 0) for each in self.entries(app))


def _received(connection: socket.socket) -> Iterator[bytes]:
    try:
        while data := connection.recv(65_536):
            yield data
            connection.settimeout(1)
    except (TimeoutError, ConnectionResetError):
        return


def away_from_the_end_of_a_minute(seconds: float = 4) -> None:
    """Waits, if it must, so that what follows lies in one minute."""
    left = 60 - time.time() % 60
    if left < seconds:
        time.sleep(left + 0.05)
