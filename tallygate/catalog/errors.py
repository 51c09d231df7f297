"""The catalog's refusals. Broken rules of a field are Django's ValidationError.

TallygateError
├── DeletionRefused        something hangs on it, or the installation needs it
├── SignInRefused
│   ├── WrongCredentials   unknown user or wrong password, told apart to nobody
│   ├── NotApproved        a developer whose account, or who, waits for the provider
│   └── TooManyAttempts    come back later
└── Refused                an API request that may not go on: HTTP status and JSON body
    ├── AccessDenied           403  no, unknown or expired credentials
    ├── NotPermitted           403  the token's scope, its owner's role, or a write with a read-only token
    ├── ProviderSuspended      403  without a body
    ├── Forbidden              403  the thing exists, but not for this user
    ├── ServiceNotFound        404
    ├── ApplicationNotFound    404
    └── NotFound               404
"""

from typing import ClassVar

import msgspec

from tallygate.domain.errors import TallygateError


class DeletionRefused(TallygateError):
    """The message says what stands in the way."""


class SignInRefused(TallygateError):
    """Nobody was signed in."""


class WrongCredentials(SignInRefused):
    def __init__(self) -> None:
        super().__init__("Incorrect username or password")


class NotApproved(SignInRefused):
    def __init__(self) -> None:
        super().__init__("The account waits for approval")


class TooManyAttempts(SignInRefused):
    """
    Attributes:
        retry_after_s: Whole seconds until the next attempt is let through.
    """

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"Too many attempts; try again in {retry_after_s} seconds")
        self.retry_after_s = retry_after_s


class Refused(TallygateError):
    """An API request that may not go on.

    Attributes:
        status: The HTTP status.
        body: The JSON object of the answer; None = no body.
    """

    status: ClassVar[int] = 403
    body: ClassVar[dict[str, str] | None] = None

    def __init__(self) -> None:
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """What the body says, without its key."""
        return next(iter(self.body.values())) if self.body else ""

    @property
    def json(self) -> bytes:
        """The body as the wire has it; empty when there is none."""
        return msgspec.json.encode(self.body) if self.body else b""


class AccessDenied(Refused):
    body = {"error": "Access denied"}


class NotPermitted(Refused):
    body = {"error": "Your access token does not have the correct permissions"}


class ProviderSuspended(Refused):
    pass


class Forbidden(Refused):
    body = {"status": "Forbidden"}


class ServiceNotFound(Refused):
    status = 404
    body = {"error": "Service not found"}


class ApplicationNotFound(Refused):
    status = 404
    body = {"error": "Application not found"}


class NotFound(Refused):
    status = 404
    body = {"status": "Not found"}
