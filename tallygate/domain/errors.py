"""Every error that Tallygate raises on purpose.

TallygateError
├── ProtocolError              an answer of the Service Management API (code, message, HTTP status)
│   ├── BadRequest             400  bad_request
│   ├── ContentTypeInvalid     400  content_type_invalid
│   ├── TransactionsIsBlank    400  transactions_is_blank
│   ├── TransactionsFormatInvalid      400  transactions_format_invalid
│   ├── TransactionsHasNilTransaction  400  transactions_has_nil_transaction
│   ├── EndUsersNoLongerSupported      400  end_users_no_longer_supported
│   ├── ProviderKeyOrServiceTokenRequired  403  provider_key_or_service_token_required
│   ├── ServiceIdMissing       422  service_id_missing
│   ├── ServiceTokenInvalid    403  service_token_invalid
│   ├── ProviderKeyInvalid     403  provider_key_invalid
│   ├── ProviderKeyInvalidOrServiceMissing  403  provider_key_invalid_or_service_missing
│   ├── ServiceIdInvalid       403  service_id_invalid
│   ├── UserKeyInvalid         403  user_key_invalid
│   ├── AuthenticationError    403  authentication_error
│   ├── ApplicationNotFound    404  application_not_found
│   ├── MetricInvalid          404  metric_invalid
│   ├── UsageValueInvalid      403  usage_value_invalid
│   ├── NotValidData           422  not_valid_data
│   ├── TransactionTimestampTooOld  only in the list of integration errors
│   ├── TransactionTimestampTooNew  only in the list of integration errors
│   ├── IdConflict             409  id_conflict: this id was used with another content
│   └── Unavailable            503  unavailable: the ledger cannot write now
├── QuestionError              an analytics question that cannot be answered (message; HTTP 400)
├── HistoryUnavailable         the analytics engine cannot answer now (HTTP 503)
│   └── StillDeleting          ... before it has deleted what is forgotten
├── LogCorrupt                 a segment of the log is damaged; names file and position
├── Busy                       another process holds the lock of this folder
└── InputError                 a command line argument or an imported file that makes no sense
"""

from typing import ClassVar


class TallygateError(Exception):
    """The root: whoever catches this catches all of ours."""


class ProtocolError(TallygateError):
    """An error of the Service Management API, with its stable code, its message and its HTTP status."""

    code: ClassVar[str]
    status: ClassVar[int]

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadRequest(ProtocolError):
    code, status = "bad_request", 400

    def __init__(
        self,
        message: str = "request contains syntax errors, should not be repeated without modification",
    ) -> None:
        super().__init__(message)


class ContentTypeInvalid(ProtocolError):
    code, status = "content_type_invalid", 400

    def __init__(self, content_type: str) -> None:
        super().__init__(f"invalid Content-Type: {content_type}")


class TransactionsIsBlank(ProtocolError):
    code, status = "transactions_is_blank", 400

    def __init__(self) -> None:
        super().__init__("transactions parameter is blank")


class TransactionsFormatInvalid(ProtocolError):
    code, status = "transactions_format_invalid", 400

    def __init__(self) -> None:
        super().__init__("transactions format is invalid")


class TransactionsHasNilTransaction(ProtocolError):
    code, status = "transactions_has_nil_transaction", 400

    def __init__(self) -> None:
        super().__init__("transactions has a nil transaction")


class EndUsersNoLongerSupported(ProtocolError):
    code, status = "end_users_no_longer_supported", 400

    def __init__(self) -> None:
        super().__init__("End-users are no longer supported, do not specify the user_id parameter")


class ProviderKeyOrServiceTokenRequired(ProtocolError):
    code, status = "provider_key_or_service_token_required", 403

    def __init__(self) -> None:
        super().__init__("Provider key or service token are required")


class ServiceIdMissing(ProtocolError):
    code, status = "service_id_missing", 422

    def __init__(self) -> None:
        super().__init__("Service ID is missing")


class ServiceTokenInvalid(ProtocolError):
    code, status = "service_token_invalid", 403

    def __init__(self, token: str, service_id: str) -> None:
        super().__init__(f'service token "{token}" or service id "{service_id}" is invalid')


class ProviderKeyInvalid(ProtocolError):
    code, status = "provider_key_invalid", 403

    def __init__(self, key: str) -> None:
        super().__init__(f'provider key "{key}" is invalid')


class ProviderKeyInvalidOrServiceMissing(ProtocolError):
    code, status = "provider_key_invalid_or_service_missing", 403

    def __init__(self, key: str) -> None:
        super().__init__(f'provider key "{key}" invalid and/or service ID missing')


class ServiceIdInvalid(ProtocolError):
    code, status = "service_id_invalid", 403

    def __init__(self, service_id: str) -> None:
        super().__init__(f'service id "{service_id}" is invalid')


class UserKeyInvalid(ProtocolError):
    code, status = "user_key_invalid", 403

    def __init__(self, key: str | None) -> None:
        super().__init__("user key is missing" if key is None else f'user key "{key}" is invalid')


class AuthenticationError(ProtocolError):
    code, status = "authentication_error", 403

    def __init__(self) -> None:
        super().__init__("either app_id or user_key is allowed, not both")


class ApplicationNotFound(ProtocolError):
    code, status = "application_not_found", 404

    def __init__(self, application_id: str | None) -> None:
        super().__init__(
            "application id is missing"
            if application_id is None
            else f'application with id="{application_id}" was not found'
        )


class MetricInvalid(ProtocolError):
    code, status = "metric_invalid", 404

    def __init__(self, name: str) -> None:
        super().__init__(f'metric "{name}" is invalid')
        self.metric = name


class UsageValueInvalid(ProtocolError):
    """The value of a usage is empty (`value` None) or not a number."""

    code, status = "usage_value_invalid", 403

    def __init__(self, metric: str, value: str | None) -> None:
        super().__init__(
            f'usage value for metric "{metric}" can not be empty'
            if value is None
            else f'usage value "{value}" for metric "{metric}" is invalid'
        )
        self.metric = metric


class UsageShapeInvalid(ProtocolError):
    code, status = "usage_shape_invalid", 403

    def __init__(self) -> None:
        super().__init__("usage must name metrics")


class NotValidData(ProtocolError):
    code, status = "not_valid_data", 422

    def __init__(self) -> None:
        super().__init__("all data must be valid UTF8")


class TransactionTimestampTooOld(ProtocolError):
    code, status = "transaction_timestamp_too_old", 400

    def __init__(self, window_s: int) -> None:
        super().__init__(f"reporting transactions older than {window_s} seconds is not allowed")


class TransactionTimestampTooNew(ProtocolError):
    code, status = "transaction_timestamp_too_new", 400

    def __init__(self, window_s: int) -> None:
        super().__init__(
            f"reporting transactions more than {window_s} seconds in the future is not allowed"
        )


class IdConflict(ProtocolError):
    code, status = "id_conflict", 409

    def __init__(self, entry_id: str) -> None:
        super().__init__(f'id "{entry_id}" was already used with another content')


class Unavailable(ProtocolError):
    code, status = "unavailable", 503


class QuestionError(TallygateError):
    """An analytics question that cannot be answered; the message says why, for the one who asked."""


class HistoryUnavailable(TallygateError):
    """The analytics engine cannot answer now; the message says why."""


class StillDeleting(HistoryUnavailable):
    """The analytics engine cannot answer before it has deleted what is forgotten; it goes on doing so."""


class LogCorrupt(TallygateError):
    """A segment of the log is damaged in its middle."""


class Busy(TallygateError):
    """Another process holds the lock of this folder."""


class InputError(TallygateError):
    """What a person typed or fed in makes no sense; the message says what to change."""
