"""A real SMTP server on loopback that takes mail, refuses it, is slow, or breaks."""

import asyncio
import email
import email.policy
import socket
import threading
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, Literal, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Mood = Literal[
    "takes",
    "refuses",
    "greylists",
    "slow",
    "full",
    "breaks",
    "swallows",
    "busy",
    "answers nonsense",
]


@dataclass
class Inbox:
    """What came in, and how the server behaves.

    Attributes:
        mood: takes; refuses: 550 for each recipient; greylists: 451 for one that it sees for the first time; slow: no
            answer to RCPT; full: 452 to the text; breaks: closes instead of an answer to the text; swallows: takes it
            and closes; busy: 421; answers nonsense: no SMTP at all after RCPT.
        raw: The messages as they came, one for each recipient.
    """

    mood: Mood = "takes"
    raw: list[tuple[str, bytes]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    sessions: int = 0

    @property
    def messages(self) -> list[EmailMessage]:
        return [
            email.message_from_bytes(body, policy=email.policy.default)  # type: ignore[misc]
            for _, body in self.raw
        ]

    @property
    def recipients(self) -> list[str]:
        return [to for to, _ in self.raw]

    async def handle_EHLO(
        self, server: SMTP, session: Session, _envelope: Envelope, name: str, answers: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = name
        return answers

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, to: str, _options: list[str]
    ) -> str:
        if self.mood == "refuses":
            return "550 5.1.1 no such user here"
        if self.mood == "busy":
            return "421 4.3.2 too many connections"
        if self.mood == "greylists" and to not in self.seen:
            self.seen.add(to)
            return "451 4.7.1 greylisted, try again later"
        if self.mood == "slow":
            await asyncio.sleep(5)
        if self.mood == "answers nonsense":
            return "\x00\x01 hello? \xff"
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.mood == "full":
            return "452 4.2.2 mailbox full"
        if self.mood != "breaks":
            self.raw += [(to, bytes(envelope.content or b"")) for to in envelope.rcpt_tos]
        if self.mood in ("breaks", "swallows"):
            server.transport.abort()
        return "250 queued as 42"


def _authenticate(_server: Any, _session: Any, _envelope: Any, _how: str, given: Any) -> AuthResult:
    right = isinstance(given, LoginPassword) and given.password == b"secret"
    return AuthResult(success=right, handled=right)


class MailBox:
    """The server, for `with`."""

    def __init__(self, mood: Mood = "takes", sign_in: bool = False) -> None:
        self.inbox = Inbox(mood)
        self._controller = Controller(
            self.inbox,
            hostname="127.0.0.1",
            port=_free_port(),
            authenticator=_authenticate if sign_in else None,
            auth_required=sign_in,
            auth_require_tls=False,
        )

    @property
    def port(self) -> int:
        return int(self._controller.port)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?timeout_s=1"

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


class Silent:
    """A port that takes connections and never says a word."""

    def __enter__(self) -> int:
        self._socket = socket.create_server(("127.0.0.1", 0))
        return int(self._socket.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_for(what: Any, within_s: float = 20) -> None:
    """Returns when `what()` is true."""
    until_s = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < until_s, "it did not happen"
        threading.Event().wait(0.02)
