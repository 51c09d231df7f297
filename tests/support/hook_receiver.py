"""Somebody who is told that there are events."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self


class Told(NamedTuple):
    """A request that came in; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


class HookReceiver:
    """An HTTP server that keeps what it is told.

    Attributes:
        told: All requests, in order.
        answer: What it does with each: given the handler, after the request was read.
    """

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler], None] | None = None) -> None:
        self.told: list[Told] = []
        self.answer = answer or (lambda handler: respond(handler, 200))
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"] or 0)).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.told.append(Told(self.command, self.path, headers, body))
                receiver.answer(self)

            do_GET = do_POST

            def log_message(self, *given: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def respond(handler: BaseHTTPRequestHandler, status: int, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("content-length", "0")
    handler.end_headers()
