"""Something between a client and a listener that fails as networks do."""

import contextlib
import socket
import threading
from typing import Literal, Self

Mode = Literal["pass", "lose_answers", "hang"]


class FaultyProxy:
    """Passes TCP connections on.

    Attributes:
        mode: `pass`; `lose_answers`: requests arrive, and when the answer comes the connection breaks; `hang`: nothing is
            passed on, and nothing answers.
        port: Where it listens.
    """

    def __init__(self, to_port: int) -> None:
        self.mode: Mode = "pass"
        self._to_port = to_port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._open: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.close()
        for each in self._open:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self._open.append(client)
            if self.mode == "hang":
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self._to_port))
            except OSError:
                client.close()
                continue
            self._open.append(server)
            for ends in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pump, args=ends, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        try:
            while data := source.recv(65_536):
                if is_answer and self.mode == "lose_answers":
                    break
                target.sendall(data)
        except OSError:
            pass
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
