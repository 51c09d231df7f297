"""A receiver of webhooks on loopback that takes them, fails, stalls, drips, lies, or sends elsewhere."""

import socket
import threading
from dataclasses import dataclass, field
from typing import Literal, Self

Mood = Literal["takes", "fails", "gone", "stalls", "drips", "lies", "redirects", "breaks"]

_ANSWERS = {
    "takes": b"HTTP/1.1 204 No Content\r\n\r\n",
    "fails": b"HTTP/1.1 503 Busy\r\nContent-Length: 6\r\n\r\nsecret",
    "gone": b"HTTP/1.1 410 Gone\r\n\r\n",
    "lies": b"\x00\xff this is no HTTP\r\n" * 50,
    "redirects": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
    "breaks": b"",
}


@dataclass
class Receiver:
    """
    Attributes:
        requests: (headers in small letters, body) of each.
    """

    mood: Mood = "takes"
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()
        self.port = int(self._socket.getsockname()[1])
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?x=1"

    def _serve(self) -> None:
        while True:
            try:
                connection = self._socket.accept()[0]
            except OSError:
                return
            thread = threading.Thread(target=self._answer, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(5)
            try:
                self._read(connection)
                self._write(connection)
            except OSError:
                return

    def _read(self, connection: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65_536)
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")[1:]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}  # fmt: skip
        while len(body) < int(headers["content-length"]):
            body += connection.recv(65_536)
        self.requests.append((headers, body))

    def _write(self, connection: socket.socket) -> None:
        if self.mood == "stalls":
            self._ended.wait(10)
        elif self.mood == "drips":
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not self._ended.wait(0.05):
                connection.sendall(b"X-More: x\r\n")
        else:
            connection.sendall(_ANSWERS[self.mood])
