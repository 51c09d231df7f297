"""Every setting: its name, its default, its unit. `docs/configuration.md` tells the same to people."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from tallygate.domain.errors import InputError

PREFIX = "TALLYGATE_"


class Settings(msgspec.Struct, frozen=True):
    """Read once at start, from `TALLYGATE_*` environment variables; command line options go before them.

    Attributes:
        home: The data folder.
        listener: HOST:PORT of the Service Management API.
        console: HOST:PORT of the Admin Portal, the Account Management API and the Analytics API.
        internal_user: Who may call the Internal API; '' = no name.
        internal_password: With which password. '' = none is asked for; then the listener must be bound to loopback.
        ledger_url: Where counters, log and registry are; '' = in the data folder, else a Redis or a Redis Cluster.
        ledger_partitions: Into how many parts they are divided on Redis; fixed once they are there.
        ledger_when_down: What authorize answers while the ledger cannot be reached: deny (503), or allow by what was known last.
        console_threads: How many requests the console works on at once.
        console_streams: How many pages at once may move by themselves, beside these requests.
        checkpoint_s: Seconds between checkpoints of the counters.
        segment_bytes: Size at which a segment of the log is closed and a new one begun.
        id_window_s: Seconds for which an idempotency id is remembered.
        past_window_s: How old a reported transaction may be, in seconds.
        future_window_s: How far in the future a reported transaction may be, in seconds.
        raw_days: Days of event time for which raw entries are kept; 0 = for ever.
        minute_days: Days for which usage by minute is kept; 0 = for ever.
        quarter_days: Days for which usage by the quarter of an hour is kept, and with it all usage; 0 = for ever.
        event_days: Days for which an event is kept that nobody deletes; 0 = for ever.
        alert_days: Days for which the portal keeps an alert; 0 = for ever.
        events_hook: URL that is told when there are events; '' = none is.
        events_hook_secret: What it is told, so that it knows by whom.
        master_service: Id of the service in which providers' use of the API is counted; '' = it is not.
        master_authorize_metric: Name of its metric of authorizations.
        master_transactions_metric: Name of its metric of reported transactions.
        integration_error_days: Days for which an integration error is kept after it came last; 0 = for ever.
        integration_error_bytes: How large all integration errors may be together; above it the oldest go.
        metrics: Who may read the listener's /metrics: callers on this machine, any caller, or none.
        allowed_hosts: Host names under which the console answers; '*' = any.
        secure_cookies: Whether the console's cookies are for HTTPS only.
        public_listener_url: The listener's address as clients see it; '' = as bound.
        gateway_url: The staging address that a new product gets, with {product} for its system name or {loopback} for a
            loopback address of its own; '' = none.
        public_console_url: The console's address as people see it, for links in mails; '' = as bound.
        smtp_url: The mail server; '' = there is none, and reports are kept for the portal.
    """

    home: Path = Path("var")
    listener: str = "127.0.0.1:3001"
    console: str = "127.0.0.1:3000"
    internal_user: str = ""
    internal_password: str = ""
    ledger_url: str = ""
    ledger_partitions: int = 64
    ledger_when_down: Literal["deny", "allow"] = "deny"
    console_threads: int = 4
    console_streams: int = 32
    checkpoint_s: int = 10
    segment_bytes: int = 64 * 1024 * 1024
    id_window_s: int = 7 * 86_400
    past_window_s: int = 86_400
    future_window_s: int = 3_600
    raw_days: int = 30
    minute_days: int = 90
    quarter_days: int = 0
    event_days: int = 30
    alert_days: int = 400
    events_hook: str = ""
    events_hook_secret: str = ""
    master_service: str = ""
    master_authorize_metric: str = "transactions/authorize"
    master_transactions_metric: str = "transactions"
    integration_error_days: int = 30
    integration_error_bytes: int = 64 * 1024 * 1024
    metrics: Literal["loopback", "any", "none"] = "loopback"
    allowed_hosts: str = "*"
    secure_cookies: bool = False
    public_listener_url: str = ""
    gateway_url: str = ""
    public_console_url: str = ""
    smtp_url: str = ""

    @property
    def listener_url(self) -> str:
        """Where gateways reach the listener, without a slash at its end."""
        return self.public_listener_url.rstrip("/") or f"http://{self.listener}"

    @property
    def console_url(self) -> str:
        """Where people reach the console, without a slash at its end."""
        return self.public_console_url.rstrip("/") or f"http://{self.console}"

    @property
    def database(self) -> Path:
        """The SQLite file of catalog and registry."""
        return self.home / "tallygate.db"

    @property
    def ledger(self) -> Path:
        return self.home / "ledger"

    @property
    def history(self) -> Path:
        return self.home / "history"

    @property
    def integration_errors(self) -> Path:
        """The SQLite file of the integration errors."""
        return self.home / "integration_errors.db"

    @property
    def run(self) -> Path:
        """Addresses and process ids of what is running."""
        return self.home / "run"


def load(environment: Mapping[str, str] | None = None, **given: object) -> Settings:
    """The settings in force: `given` (where not None), else `TALLYGATE_<NAME>`, else the default.

    Raises:
        InputError: A value has the wrong form; the message names the setting.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, object] = {}
    for field in msgspec.structs.fields(Settings):
        value = given.get(field.name)
        if value is None:
            value = environment.get(PREFIX + field.name.upper())
        if value is None or value == "":
            continue
        try:
            values[field.name] = msgspec.convert(
                str(value) if field.type is Path else value,
                field.type,
                strict=False,
                dec_hook=lambda kind, text: kind(text),
            )
        except msgspec.ValidationError as error:
            raise InputError(f"{PREFIX}{field.name.upper()}: {error}") from None
    settings = Settings(**values)  # type: ignore[arg-type]
    _check_retention(settings)
    return msgspec.structs.replace(settings, home=settings.home.expanduser().absolute())


def _check_retention(settings: Settings) -> None:
    """Raises InputError unless the coarser is kept as long as the finer: questions about long times need it."""
    days = {name: getattr(settings, name) for name in ("raw_days", "minute_days", "quarter_days")}
    for name, value in days.items():
        if value < 0:
            raise InputError(f"{PREFIX}{name.upper()}: a number of days is not negative")
    if settings.quarter_days and not 0 < settings.minute_days <= settings.quarter_days:
        raise InputError(
            f"{PREFIX}QUARTER_DAYS: usage by the quarter of an hour is kept at least as long as usage"
            f" by the minute ({PREFIX}MINUTE_DAYS)"
        )


def address(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`; an IPv6 host stands in brackets.

    Raises:
        InputError: It has another form.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise InputError(f"an address has the form HOST:PORT, not {text!r}")
    return host.strip("[]"), int(port)


class Secrets(msgspec.Struct, frozen=True):
    """What a home keeps secret, in `secrets.json`, readable by its owner only.

    Attributes:
        django_key: Signs the portal's sessions.
        internal_token: With it the commands of this home speak to its running processes.
    """

    django_key: str
    internal_token: str


def load_secrets(home: Path) -> Secrets:
    """The home's secrets; made at random the first time. Safe when two processes ask at once."""
    path = home / "secrets.json"
    if not path.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = Secrets(secrets.token_urlsafe(48), secrets.token_urlsafe(32))
        draft = home / f".secrets.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_bytes(msgspec.json.encode(made))
        try:
            os.link(draft, path)  # not rename: whoever comes second must not replace the first
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return msgspec.json.decode(path.read_bytes(), type=Secrets)
