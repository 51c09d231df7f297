"""Where Redis is, as the settings say it; what makes no sense is told, without the password."""

import pytest

from tallygate.domain.errors import InputError
from tallygate.redis.url import Node, parse_url


@pytest.mark.parametrize(
    ("url", "nodes", "cluster", "tls"),
    [
        ("redis://localhost", [("localhost", 6379)], False, False),
        ("rediss://redis.example.com:6380", [("redis.example.com", 6380)], False, True),
        ("redis://[::1]:7000", [("::1", 7000)], False, False),
        ("redis+cluster://a:1,b,[::1]:3", [("a", 1), ("b", 6379), ("::1", 3)], True, False),
        ("rediss+cluster://a", [("a", 6379)], True, True),
    ],
)
def test_hosts_and_ports(url: str, nodes: list[tuple[str, int]], cluster: bool, tls: bool) -> None:
    found = parse_url(url)
    assert list(found.nodes) == [Node(*node) for node in nodes]
    assert (found.cluster, found.tls) == (cluster, tls)


@pytest.mark.parametrize(
    ("url", "username", "password", "database"),
    [
        ("redis://host", "", "", 0),
        ("redis://:secret@host/2", "", "secret", 2),
        ("redis://secret@host", "", "secret", 0),
        ("redis://user:p%40ss@host/0", "user", "p@ss", 0),
        ("redis://user:a:b@host", "user", "a:b", 0),
    ],
)
def test_credentials_and_database(url: str, username: str, password: str, database: int) -> None:
    found = parse_url(url)
    assert (found.username, found.password, found.database) == (username, password, database)


def test_certificates() -> None:
    found = parse_url("rediss://host?ca=/etc/ca.pem&verify=no")
    assert (found.ca, found.verify) == ("/etc/ca.pem", False)
    assert parse_url("rediss://host").verify
    with pytest.raises(InputError, match="cannot be read"):
        parse_url("rediss://host?ca=/nowhere/ca.pem").tls_context()


@pytest.mark.parametrize(
    "url",
    [
        "", "http://host", "redis://", "redis://:secret@", "redis://[", "redis://:secret@host:port",
        "redis://:secret@host:70000", "redis://:secret@a,b", "redis://:secret@host/one",
        "redis+cluster://:secret@host/1", "redis://:secret@host?unknown=1",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_without_the_password(url: str) -> None:
    with pytest.raises(InputError) as told:
        parse_url(url)
    assert "secret" not in str(told.value)
