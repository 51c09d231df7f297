"""What becomes of a message, with a real mail server that behaves and misbehaves."""

from email.message import EmailMessage

import pytest
from support.mail_server import MailBox, Silent

from tallygate.mail import (
    Delivered,
    MailServer,
    Outcome,
    Refused,
    Unclear,
    Unreachable,
    read,
)

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


def message(subject: str = "Hello") -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Tallygate <reports@acme.example>"
    made["To"] = "ada@acme.example"
    made["Subject"] = subject
    made["Message-ID"] = "<1@acme.example>"
    made.set_content("Grüße.\n.\nA line with a dot alone is before this one.\n")
    return made


def send(url: str, to: str = "ada@acme.example") -> Outcome:
    with MailServer(read(url)) as server:
        return server.send(message(), to)


def test_a_message_arrives_as_it_was_written() -> None:
    with MailBox() as box:
        outcome = send(box.url)
    assert isinstance(outcome, Delivered)
    assert outcome.reason == "250 queued as 42"
    assert box.inbox.recipients == ["ada@acme.example"]
    assert "A line with a dot alone" in box.inbox.messages[0].get_content()
    assert "Grüße" in box.inbox.messages[0].get_content()


def test_several_messages_use_one_connection() -> None:
    with MailBox() as box, MailServer(read(box.url)) as server:
        for name in ("ada", "bob", "eve"):
            assert isinstance(server.send(message(), f"{name}@acme.example"), Delivered)
    assert len(box.inbox.raw) == 3
    assert box.inbox.sessions == 1


@pytest.mark.parametrize(
    ("mood", "kind", "reason"),
    [
        ("refuses", Refused, "550 5.1.1 no such user here"),
        ("greylists", Unreachable, "451 4.7.1 greylisted, try again later"),
        ("busy", Unreachable, "421 4.3.2 too many connections"),
        ("full", Unreachable, "452 4.2.2 mailbox full"),
        ("slow", Unreachable, "no answer within 1 s"),
        ("breaks", Unclear, "Connection unexpectedly closed"),
        ("swallows", Unclear, "Connection unexpectedly closed"),
        ("answers nonsense", Unreachable, ""),
    ],
)
def test_each_misbehaviour_has_its_outcome(mood: str, kind: type[Outcome], reason: str) -> None:
    """What may be tried again, what never will be taken, and what may have arrived are told apart, with the reason."""
    with MailBox(mood) as box:  # type: ignore[arg-type]
        outcome = send(box.url)
    assert type(outcome) is kind, outcome
    assert reason in outcome.reason
    assert len(box.inbox.raw) == (1 if mood == "swallows" else 0)


def test_a_greylisted_message_is_taken_the_second_time() -> None:
    with MailBox("greylists") as box:
        assert isinstance(send(box.url), Unreachable)
        assert isinstance(send(box.url), Delivered)


def test_a_recipient_that_is_refused_does_not_hold_up_the_next() -> None:
    with MailBox("refuses") as box, MailServer(read(box.url)) as server:
        assert isinstance(server.send(message(), "nobody@acme.example"), Refused)
        box.inbox.mood = "takes"
        assert isinstance(server.send(message(), "ada@acme.example"), Delivered)


def test_a_server_that_is_not_there_is_named() -> None:
    outcome = send("smtp://127.0.0.1:1?timeout_s=1")
    assert isinstance(outcome, Unreachable)
    assert outcome.reason == "smtp://127.0.0.1:1: Connection refused"


def test_a_server_that_never_speaks_is_given_up() -> None:
    with Silent() as port:
        outcome = send(f"smtp://127.0.0.1:{port}?timeout_s=0.5")
    assert isinstance(outcome, Unreachable)
    assert "no answer within 0.5 s" in outcome.reason


def test_a_password_is_not_sent_without_encryption() -> None:
    """Where encryption is required and not offered, nothing is sent."""
    with MailBox(sign_in=True) as box:
        url = f"smtp://ada:secret@127.0.0.1:{box.port}?timeout_s=1"
        outcome = send(url + "&starttls=required")
        assert isinstance(outcome, Unreachable)
        assert "offers no encryption" in outcome.reason
        assert isinstance(send(url), Delivered)


def test_a_wrong_password_is_a_matter_of_settings() -> None:
    """The message is not given up: it can be sent when the password is right."""
    with MailBox(sign_in=True) as box:
        outcome = send(f"smtp://ada:wrong@127.0.0.1:{box.port}?timeout_s=1")
    assert isinstance(outcome, Unreachable)
    assert "535" in outcome.reason
    assert "wrong" not in outcome.reason


def test_what_is_called_off_at_the_last_moment_is_not_sent() -> None:
    """Before the text leaves, the sender may still say no."""
    with MailBox() as box, MailServer(read(box.url)) as server:
        outcome = server.send(message(), "ada@acme.example", hand_over=lambda: False)
        assert isinstance(outcome, Unreachable)
        assert isinstance(server.send(message(), "ada@acme.example"), Delivered)
    assert len(box.inbox.raw) == 1


def test_a_header_cannot_be_smuggled_in() -> None:
    """A name with a line break in it makes no second header."""
    with pytest.raises(ValueError, match=r"newline|linefeed"):
        message("Hello\r\nBcc: eve@evil.example")


def test_a_long_link_in_a_header_stays_one() -> None:
    """It is neither broken nor encoded, so that mail programs find it."""
    link = f"<https://portal.acme.example/unsubscribe/{'x' * 200}>"
    made = message()
    made["List-Unsubscribe"] = link
    with MailBox() as box, MailServer(read(box.url)) as server:
        assert isinstance(server.send(made, "ada@acme.example"), Delivered)
    assert f"List-Unsubscribe: {link}\r\n".encode() in box.inbox.raw[0][1]
