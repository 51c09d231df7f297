"""A real gateway on a file of configurations, in front of a real listener."""

import contextlib
import http.client
import json
import os
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from support.installation import Process, free_port, get
from support.running_listener import RunningListener

Json = dict[str, Any]


@dataclass(frozen=True)
class Response:
    """What came back: header names in lower case."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for found, value in self.headers if found == name), None)


def rule(
    pattern: str, metric: str = "hits", method: str = "GET", delta: int = 1, **more: Any
) -> Json:
    """A mapping rule, as configurations have it."""
    query = pattern.partition("?")[2]
    return {
        "http_method": method, "pattern": pattern, "metric_system_name": metric, "delta": delta,
        "querystring_parameters": dict(pair.split("=") for pair in query.split("&") if pair), **more,
    }  # fmt: skip


def content(
    product: str, listener: str, upstream: str | None, *hosts: str,
    rules: Sequence[Json] | None = None, backend_version: str = "1", **proxy: Any,
) -> Json:  # fmt: skip
    """A product's configuration; every method counts `hits` unless there are `rules`."""
    return {
        "id": int(product), "backend_version": backend_version,
        "backend_authentication_type": "service_token",
        "backend_authentication_value": f"token{product}",
        "proxy": {
            "hosts": list(hosts), "api_backend": upstream,
            "backend": {"endpoint": listener, "host": "x"},
            "policy_chain": [{"name": "apicast", "version": "builtin", "configuration": {}}],
            "proxy_rules": [rule("/", method="ANY")] if rules is None else list(rules),
            **proxy,
        },
    }  # fmt: skip


class RunningGateway:
    """The process, and calls to it."""

    def __init__(
        self, folder: Path, *options: str, source: Sequence[str] = (), listen: str = ""
    ) -> None:
        """
        Args:
            source: Where configurations are; by default the file that `configure` writes.
            listen: HOST:PORT; by default a free port of 127.0.0.1.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "configuration.json"
        self.state = folder / "state"
        listen = listen or f"127.0.0.1:{free_port()}"
        self.port, management = int(listen.rpartition(":")[2]), free_port()
        arguments = (
            "gateway", *(source or ("--config", str(self.file))),
            "--listen", listen, "--management", f"127.0.0.1:{management}",
            "--state", str(self.state), *options,
        )  # fmt: skip
        self.process = Process(
            "tallygate", management, "/status/ready", dict(os.environ), arguments
        )

    def configure(self, *contents: Json) -> None:
        """Writes the file; a running gateway takes it with SIGHUP, or in a second or so."""
        draft = self.file.with_suffix(".draft")
        draft.write_text(json.dumps({"services": contents}))
        draft.replace(self.file)

    def start(self, stderr: IO[bytes] | None = None) -> None:
        self.process.start(stderr)
        self.process.wait_until_ready()

    def close(self) -> None:
        if self.process.alive:
            self.process.stop()

    def request(
        self, method: str, target: str, host: str = "api.example", body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Response:  # fmt: skip
        """One call over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, target, body, {"Host": host, **(headers or {})})
            answer = connection.getresponse()
            found = [(name.lower(), value) for name, value in answer.getheaders()]
            return Response(answer.status, found, answer.read())
        finally:
            connection.close()

    def get(self, target: str, host: str = "api.example", **headers: str) -> Response:
        return self.request("GET", target, host, None, headers)

    def raw(self, data: bytes) -> bytes:
        """Sends bytes as they are, and gives what comes within a second."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(data)
            found = b""
            with contextlib.suppress(TimeoutError, ConnectionResetError):
                while part := connection.recv(65_536):
                    found += part
                    connection.settimeout(1)
            return found

    def metric(self, name: str, **labels: str) -> float:
        """A figure at /metrics; of those that have these labels, the sum."""
        text = get(self.process.port, "/metrics")[1].decode()
        return sum(
            float(value)
            for given, value in re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", text, re.M)
            if all(f'{label}="{wanted}"' in given for label, wanted in labels.items())
        )


def listener_with(home: Path, *products: str) -> RunningListener:
    """A running listener that knows these products, each by the token that `content` gives it."""
    running = RunningListener(home)
    for product in products:
        running.service(product, "1", default=product == products[0])
        running.registry.put_service_token(product, f"token{product}")
    running.start()
    return running
