"""An API behind a gateway: answers what the path asks for, and remembers what came."""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class UpstreamApi:
    """Serves on a port of its own.

    /status/CODE   answers with it
    /chunked/N     N parts of 1,000 bytes, without a length
    /torn          two parts without a length, then breaks off
    /torn-length   breaks off before the length that it said
    /slow          is silent for 30 seconds
    /early         answers 413 and closes, without reading the body
    anything else  200, and as JSON what came: method, target, headers, body

    Attributes:
        calls: What came, as the JSON says it.
    """

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        api = self

        class Handler(_Handler):
            calls = api.calls

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    calls: list[dict[str, Any]]

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/early":
            self.close_connection = True
            self._send(413, b"too much")
            return
        call = {
            "method": self.command,
            "target": self.path,
            "headers": [[name.lower(), value] for name, value in self.headers.items()],
            "body": self._body().decode("latin-1"),
        }
        self.calls.append(call)
        kind, _, number = path[1:].partition("/")
        if kind == "slow":
            time.sleep(30)
        elif kind == "torn-length":
            self.send_response(200)
            self.send_header("Content-Length", "10")
            self.end_headers()
            self._break_off(b"abc")
        elif kind in ("chunked", "torn"):
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for _ in range(int(number or 2)):
                self.wfile.write(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
            if kind == "chunked":
                self.wfile.write(b"0\r\n\r\n")
            else:
                self._break_off(b"")
        else:
            self._send(int(number) if kind == "status" else 200, json.dumps(call).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "keep-alive, X-Hop")
        self.send_header("X-Hop", "ends here")
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(body)

    def _break_off(self, last: bytes) -> None:
        self.wfile.write(last)
        self.wfile.flush()
        self.close_connection = True

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if len(body) < length:
                raise ConnectionError("the body broke off")
            return body
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError, ValueError):
            super().handle()

    def log_message(self, *_: object) -> None:
        pass

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer
