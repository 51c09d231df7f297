"""A mail server's address."""

import pytest

from tallygate.domain.errors import InputError
from tallygate.mail import read


@pytest.mark.parametrize(
    ("url", "port", "tls", "starttls"),
    [
        ("smtp://mail.example.com", 25, False, "offered"),
        ("smtp://u:p@mail.example.com", 587, False, "required"),
        ("smtp://u:p@localhost", 587, False, "offered"),
        ("smtp://u:p@mail.example.com?starttls=offered", 587, False, "offered"),
        ("smtps://u:p@mail.example.com", 465, True, "never"),
        ("smtp://mail.example.com:2525?starttls=never", 2525, False, "never"),
    ],
)
def test_ports_and_encryption_have_defaults(url: str, port: int, tls: bool, starttls: str) -> None:
    """A password is never sent unencrypted to another machine unless the URL says so."""
    found = read(url)
    assert (found.port, found.tls, found.starttls) == (port, tls, starttls)


def test_what_is_quoted_is_unquoted() -> None:
    found = read("smtp://ada%40acme.example:p%2Fw%40@[::1]:25?from=r@acme.example&timeout_s=5")
    assert (found.user, found.password, found.host) == ("ada@acme.example", "p/w@", "::1")
    assert (found.sender, found.timeout_s) == ("r@acme.example", 5)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com", "http://mail.example.com", "smtp://", "smtp://host:port", "smtp://h/path",
        "smtp://h?tls=yes", "smtp://h?starttls=maybe", "smtp://h?timeout_s=soon", "smtp://h?timeout_s=0",
        "smtp://[::1",
    ],
)  # fmt: skip
def test_another_form_is_told(url: str) -> None:
    with pytest.raises(InputError):
        read(url)


def test_a_password_is_shown_nowhere() -> None:
    """Neither in what people see of the address, nor in a trace."""
    found = read("smtp://ada:hush@mail.example.com")
    assert "hush" not in f"{found} {found!r}"
    with pytest.raises(InputError) as error:
        read("smtp://ada:hush@mail.example.com?bad=1")
    assert "hush" not in str(error.value)
