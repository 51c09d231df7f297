"""Where Redis is: `redis://`, `rediss://` (TLS) or `redis+cluster://`, `rediss+cluster://`."""

import ssl
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from tallygate.domain.errors import InputError

DEFAULT_PORT = 6379
_SCHEMES = {
    "redis": (False, False),
    "rediss": (False, True),
    "redis+cluster": (True, False),
    "rediss+cluster": (True, True),
}
_OPTIONS = ("ca", "verify")


class Node(NamedTuple):
    """A server's address."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class RedisUrl(NamedTuple):
    """
    Attributes:
        nodes: One server, or some of a cluster: the others are learnt from them.
        database: Its number; 0 in a cluster.
        ca: A file of certificates that are trusted; '' = the system's.
        verify: Whether the server's certificate is checked.
    """

    nodes: tuple[Node, ...]
    cluster: bool
    tls: bool
    username: str
    password: str
    database: int
    ca: str
    verify: bool

    def tls_context(self) -> ssl.SSLContext | None:
        """None without TLS.

        Raises:
            InputError: The file of certificates cannot be read.
        """
        if not self.tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca or None)
        except OSError as error:
            raise InputError(f"the certificates in {self.ca} cannot be read: {error}") from None
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def parse_url(url: str) -> RedisUrl:
    """The parts of `redis://[USER[:PASSWORD]@]HOST[:PORT][,HOST[:PORT]...][/DATABASE][?ca=FILE&verify=no]`.

    Raises:
        InputError: It has another form; the message does not repeat the password.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InputError(f"the Redis URL cannot be read: {error}") from None
    if parts.scheme not in _SCHEMES:
        raise InputError(f"a URL of {', '.join(f'{name}://' for name in _SCHEMES)} is needed")
    cluster, tls = _SCHEMES[parts.scheme]
    credentials, _, hosts = parts.netloc.rpartition("@")
    username, colon, password = credentials.partition(":")
    if credentials and not colon:
        username, password = "", username  # a name alone is the password, as redis-cli has it
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = set(options) - set(_OPTIONS)
    if unknown:
        raise InputError(f"the Redis URL has unknown options: {', '.join(sorted(unknown))}")
    nodes = tuple(_node(host) for host in hosts.split(",") if host)
    if not nodes:
        raise InputError("the Redis URL names no host")
    if len(nodes) > 1 and not cluster:
        raise InputError("several hosts need redis+cluster://")
    return RedisUrl(
        nodes,
        cluster,
        tls,
        unquote(username),
        unquote(password),
        _database(parts.path, cluster),
        options.get("ca", ""),
        options.get("verify", "yes") not in ("no", "false", "0"),
    )


def _node(text: str) -> Node:
    host, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon:
        host, port = text, str(DEFAULT_PORT)
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise InputError(f"a host of the Redis URL has the form HOST:PORT, not {text!r}")
    return Node(host.strip("[]"), int(port))


def _database(path: str, cluster: bool) -> int:
    number = path.strip("/")
    if not number:
        return 0
    if not (number.isascii() and number.isdigit()) or (cluster and int(number)):
        raise InputError(f"the Redis URL has no such database: {number}")
    return int(number)
