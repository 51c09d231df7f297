"""Giving a message to a mail server, and what it says.

what happens                                            outcome
no connection, no TLS, a time-out, an answer of 4xx     Unreachable: try again later
the sign-in is refused                                  Unreachable: somebody must change the settings first
an answer of 5xx about this recipient or this message   Refused: trying again makes no sense
the connection breaks after the message was handed over, before the server's answer
                                                        Unclear: it may have arrived
"""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from types import TracebackType
from typing import Self

from tallygate.mail.url import MailUrl

LONGEST_REASON = 500

_POLICY = SMTP.clone(max_line_length=900)
"""Lines as long as SMTP allows: folded at 78, an address longer than that would be encoded, and no link any more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message.

    Attributes:
        reason: The server's words, or what went wrong before it had any; of a delivered one its receipt.
    """

    reason: str


class Delivered(Outcome):
    """The server has taken it."""


class Refused(Outcome):
    """The server will never take it."""


class Unreachable(Outcome):
    """It was not handed over; later it may be."""


class Unclear(Outcome):
    """It was handed over, and no answer came."""


class MailServer:
    """A mail server. A connection is made when first needed and kept for further messages; close it."""

    def __init__(self, url: MailUrl) -> None:
        self._url = url
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Says goodbye, if there is somebody to say it to."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.quit()
        except (OSError, smtplib.SMTPException):
            connection.close()

    def send(
        self, message: EmailMessage, to: str, hand_over: Callable[[], bool] = lambda: True
    ) -> Outcome:
        """Gives the message to the server, for one recipient.

        Args:
            message: With From, To, Subject, Date and Message-ID.
            hand_over: Called when the server is ready for the message's text: from then on it may arrive whatever
                happens. False = it is not sent after all.
        """
        try:
            connection = self._connected()
            _envelope(connection, str(message["From"].addresses[0].addr_spec), to)
        except smtplib.SMTPResponseException as error:
            return self._answered(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Unreachable(_words(self._url, error))
        return self._text(connection, message, hand_over)

    def _text(
        self, connection: smtplib.SMTP, message: EmailMessage, hand_over: Callable[[], bool]
    ) -> Outcome:
        if not hand_over():
            self.close()
            return Unreachable("it was not sent: somebody else does")
        try:
            code, said = connection.data(message.as_bytes(policy=_POLICY))
        except smtplib.SMTPDataError as error:  # to DATA itself: nothing was handed over
            return self._answered(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Unclear(_words(self._url, error))
        if code == 250:
            return Delivered(_text_of(code, said))
        return self._answered(code, said)

    def _connected(self) -> smtplib.SMTP:
        """Raises OSError or SMTPException."""
        if self._connection is not None:
            try:
                if self._connection.noop()[0] == 250:
                    return self._connection
            except (OSError, smtplib.SMTPException):
                pass
            self._drop()
        self._connection = _connect(self._url)
        return self._connection

    def _answered(self, code: int, said: bytes | str) -> Outcome:
        """An answer that is no yes; the connection is good for the next message if the server still listens."""
        reason = _text_of(code, said)
        if code == 421 or self._connection is None:
            self._drop()
        else:
            try:
                self._connection.rset()
            except (OSError, smtplib.SMTPException):
                self._drop()
        signing_in = code in (530, 534, 535, 538)
        return Refused(reason) if code >= 500 and not signing_in else Unreachable(reason)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _connect(url: MailUrl) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=url.ca or None)
    connection: smtplib.SMTP
    if url.tls:
        connection = smtplib.SMTP_SSL(url.host, url.port, timeout=url.timeout_s, context=context)
    else:
        connection = smtplib.SMTP(url.host, url.port, timeout=url.timeout_s)
    try:
        connection.ehlo_or_helo_if_needed()
        if url.starttls != "never":
            if connection.has_extn("starttls"):
                connection.starttls(context=context)
                connection.ehlo()
            elif url.starttls == "required":
                raise smtplib.SMTPNotSupportedError("the mail server offers no encryption")
        if url.user:
            connection.login(url.user, url.password)
    except BaseException:
        connection.close()
        raise
    return connection


def _envelope(connection: smtplib.SMTP, sender: str, to: str) -> None:
    """Raises SMTPResponseException unless the server takes mail from the one to the other."""
    for code, said in (connection.mail(sender), connection.rcpt(to)):
        if code not in (250, 251):
            raise smtplib.SMTPResponseException(code, said)


def _text_of(code: int, said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return _short(f"{code} {text}")


def _words(url: MailUrl, error: Exception) -> str:
    """Which server, and what went wrong with it."""
    # smtplib tells a time-out as a connection that was closed.
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return f"{url}: no answer within {url.timeout_s:g} s"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return _short(f"{url}: {text}")


def _short(text: str) -> str:
    """On one line, of what can be stored and shown."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(shown.split())[:LONGEST_REASON]
