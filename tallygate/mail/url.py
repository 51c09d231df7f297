"""The address of a mail server, as a URL.

    smtp://[USER:PASSWORD@]HOST[:PORT]      port 25, or 587 with a user; STARTTLS where the server offers it
    smtps://[USER:PASSWORD@]HOST[:PORT]     port 465; TLS from the beginning

In its query:

    starttls=required|offered|never         'required' with a user, unless the server is this machine
    from=ADDRESS                            whom mail comes from
    timeout_s=SECONDS                       for each answer of the server
    ca=FILE                                 certificates to trust, instead of the system's
"""

from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from tallygate.domain.errors import InputError

StartTls = Literal["required", "offered", "never"]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_OPTIONS = frozenset({"starttls", "from", "timeout_s", "ca"})
DEFAULT_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class MailUrl:
    """
    Attributes:
        tls: Whether the connection is encrypted from its beginning.
        user: '' = mail is sent without signing in.
        sender: '' = none was named.
        ca: A file; '' = the system's certificates.
    """

    host: str
    port: int
    tls: bool
    starttls: StartTls
    user: str = ""
    password: str = ""
    sender: str = ""
    timeout_s: float = DEFAULT_TIMEOUT_S
    ca: str = ""

    def __repr__(self) -> str:
        """Without the password."""
        return f"MailUrl({self})"

    def __str__(self) -> str:
        """For people: without user and password."""
        return f"{'smtps' if self.tls else 'smtp'}://{self.host}:{self.port}"


def read(url: str) -> MailUrl:
    """
    Raises:
        InputError: It has another form; the message says what is wrong, without the password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InputError(f"the mail server's URL cannot be read: {error}") from None
    if parts.scheme not in ("smtp", "smtps") or not host:
        raise InputError("the mail server's URL has the form smtp://[USER:PASSWORD@]HOST[:PORT]")
    if parts.path not in ("", "/"):
        raise InputError("the mail server's URL has no path")
    user, tls = unquote(parts.username or ""), parts.scheme == "smtps"
    given = _options(parts)
    return MailUrl(
        host=host,
        port=port or (465 if tls else 587 if user else 25),
        tls=tls,
        starttls=_starttls(given, host, user, tls),
        user=user,
        password=unquote(parts.password or ""),
        sender=given.get("from", ""),
        timeout_s=_seconds(given),
        ca=given.get("ca", ""),
    )


def _options(parts: SplitResult) -> dict[str, str]:
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(given.keys() - _OPTIONS)
    if unknown:
        raise InputError(
            f"the mail server's URL says {unknown[0]}; it knows {', '.join(sorted(_OPTIONS))}"
        )
    return given


def _starttls(given: dict[str, str], host: str, user: str, tls: bool) -> StartTls:
    if tls:
        return "never"
    default = "required" if user and host not in _LOOPBACK else "offered"
    chosen = given.get("starttls", default)
    for each in get_args(StartTls):
        if chosen == each:
            return each  # type: ignore[no-any-return]
    raise InputError("the mail server's URL: starttls is required, offered or never")


def _seconds(given: dict[str, str]) -> float:
    try:
        seconds = float(given.get("timeout_s", DEFAULT_TIMEOUT_S))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 600:
        raise InputError("the mail server's URL: timeout_s is a number from 0 to 600")
    return seconds
