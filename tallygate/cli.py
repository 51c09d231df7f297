"""The `tallygate` command: each subcommand a thin layer over library code."""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tallygate import __version__
from tallygate.domain.errors import InputError, TallygateError
from tallygate.settings import PREFIX, Settings, address, load

app = typer.Typer(
    name="tallygate",
    help="API analytics and exact rate limits that speak 3scale's wire protocols.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
imports = typer.Typer(
    help="Bring in usage that was counted elsewhere.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(imports, name="import")

Home = Annotated[
    Path | None,
    typer.Option("--home", help="The data folder; without it $TALLYGATE_HOME, else ./var."),
]

Listener = Annotated[
    str | None,
    typer.Option(
        "--listener",
        metavar="HOST:PORT",
        help="Where gateways call; without it $TALLYGATE_LISTENER, else 127.0.0.1:3001.",
    ),
]

TestMode = Annotated[
    bool,
    typer.Option(
        "--test-mode",
        help="Let test suites set the clock, empty all, and ask for counters; on loopback only.",
    ),
]


class Format(StrEnum):
    """How the lines of an access log are written."""

    COMBINED = "combined"
    COMMON = "common"
    JSON = "json"


class Period(StrEnum):
    """What a report is about."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class GatewayEnvironment(StrEnum):
    """Whose configurations a gateway takes."""

    PRODUCTION = "production"
    STAGING = "staging"


class WhenAway(StrEnum):
    """Who passes a gateway while the listener does not answer."""

    KNOWN = "known"
    ALLOW = "allow"
    DENY = "deny"


def main() -> None:
    """The console script. Ends with 0; 1 = an error, told in one line; 2 = wrong usage."""
    try:
        app()
    except TallygateError as error:
        print(f"tallygate: {error}", file=sys.stderr)
        sys.exit(1)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"tallygate {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


@app.command()
def serve(
    home: Home = None,
    listener: Listener = None,
    console: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Where people and analytics clients call; without it $TALLYGATE_CONSOLE,"
            " else 127.0.0.1:3000.",
        ),
    ] = None,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Add a demo provider with sample usage, and live traffic."),
    ] = False,
    test_mode: TestMode = False,
) -> None:
    """Start everything on a data folder and watch over it.

    Starts the listener (Service Management API) and the console (Admin Portal, Analytics API), and
    starts them again should they die. Ctrl-C or SIGTERM stops both cleanly; SIGHUP replaces the
    listener's process by a new one, without breaking a call. A data folder is created when it is
    not there; it can be used by one serve at a time.
    """
    settings = load(home=home, listener=listener, console=console)
    _supervise(settings, "--demo" if demo else "", _test_mode(test_mode))


@app.command("listener")
def listener_alone(
    home: Home = None,
    listener: Listener = None,
    workers: Annotated[
        int,
        typer.Option(
            min=1,
            max=256,
            metavar="N",
            help="How many processes; more than one on a ledger that they share.",
        ),
    ] = 1,
    test_mode: TestMode = False,
) -> None:
    """Start the listener alone (Service Management API), without the console, and watch over it.

    SIGHUP replaces its processes by new ones, without breaking a call; Ctrl-C or SIGTERM stops
    them cleanly. More than one need a ledger that is shared.
    """
    settings = load(home=home, listener=listener)
    if workers > 1 and not settings.ledger_url:
        raise InputError(
            f"--workers {workers}: the ledger of one machine has one process, so that limits are exact;"
            f" more can serve on one that they share ({PREFIX}LEDGER_URL)"
        )
    _supervise(settings, "--alone", f"--workers={workers}", _test_mode(test_mode))


def _test_mode(wanted: bool) -> str:
    return "--test-mode" if wanted else ""


def _supervise(settings: Settings, *options: str) -> None:
    """Becomes the supervisor, which stays: as a process of its own kind it needs a third of this one's memory."""
    for name in ("listener", "console"):
        address(getattr(settings, name))
        os.environ[PREFIX + name.upper()] = getattr(settings, name)
    os.environ[PREFIX + "HOME"] = str(settings.home)
    command = [sys.executable, "-m", "tallygate.supervisor", *filter(None, options)]
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606


@app.command()
def gateway(
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A file with the configurations of products."),
    ] = None,
    portal: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The portal that has them: http://ACCESS_TOKEN@HOST:PORT;"
            " without it $THREESCALE_PORTAL_ENDPOINT.",
        ),
    ] = None,
    environment: Annotated[
        GatewayEnvironment, typer.Option(help="Whose configurations are taken from the portal.")
    ] = GatewayEnvironment.PRODUCTION,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where calls come in.")
    ] = "127.0.0.1:8080",
    management: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where health and metrics are.")
    ] = "127.0.0.1:8090",
    listener: Annotated[
        str,
        typer.Option(
            metavar="URL", help="Where the listener is; without it, where configurations say."
        ),
    ] = "",
    state: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER",
            help="Keeps reports that are not delivered yet, and the last good configuration.",
        ),
    ] = Path("gateway"),
    batched: Annotated[
        float,
        typer.Option(
            min=0,
            metavar="SECONDS",
            help="How long an answer of the listener holds for further calls; 0: each call is"
            " asked for, so that no limit is exceeded by one.",
        ),
    ] = 0,
    when_away: Annotated[
        WhenAway, typer.Option(help="Who may call while the listener does not answer.")
    ] = WhenAway.KNOWN,
    refresh: Annotated[
        float,
        typer.Option(
            min=0,
            metavar="SECONDS",
            help="How often the configuration is looked up; 0: for each call.",
        ),
    ] = 30,
    upstream_timeout: Annotated[
        float,
        typer.Option(min=0.1, metavar="SECONDS", help="How long an API may be silent."),
    ] = 60,
) -> None:
    """Start a gateway: it asks for each call whether it may pass, passes it on, and counts it.

    Takes the products' configurations from a portal or from a file, in the form of 3scale's gateway
    APIcast, and takes new ones while it runs; SIGHUP: at once. Ctrl-C or SIGTERM stops it.
    """
    from tallygate.gateway.options import Options
    from tallygate.gateway.server import run
    from tallygate.listener.request_log import configure_log

    source = str(config) if config else portal or os.environ.get("THREESCALE_PORTAL_ENDPOINT", "")
    if not source or (config and portal):
        raise typer.BadParameter("give either --config or --portal")
    configure_log()
    try:
        run(
            Options(
                source=source, listen=listen, management=management,
                environment=environment.value, listener=listener,
                state=state.expanduser().absolute(), hold_s=batched, when_away=when_away.value,
                refresh_s=refresh, upstream_timeout_s=upstream_timeout,
            )
        )  # fmt: skip
    except OSError as error:
        raise InputError(error.strerror or str(error)) from None


@app.command()
def bootstrap(
    home: Home = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, for programs.")
    ] = False,
) -> None:
    """Create a first provider with everything that a first call needs.

    That is an admin user, an access token, a provider key, a product with its service token, a plan,
    an account and a live application with a user key. Running it again changes nothing and prints
    the same ids; secrets that are stored hashed are shown the first time only.
    """
    from tallygate.commands import catalog

    made = catalog.bootstrap(load(home=home))
    if as_json:
        print(json.dumps(made))
        return
    for line in _flat(made):
        print(line)


@imports.command("access-log")
def import_access_log(
    file: Annotated[str, typer.Argument(help="The log: plain, gzipped, or - for standard input.")],
    product: Annotated[int, typer.Option(metavar="ID", help="The product whose API was called.")],
    log_format: Annotated[
        Format, typer.Option("--format", help="How its lines are written.")
    ] = Format.COMBINED,
    application: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="The application that made all the calls: its number or id."
        ),
    ] = None,
    application_by: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD",
            help="The field of a line that tells the application by its number, id or user key:"
            " remote_user, remote_addr, arg_NAME for the query's argument NAME, or a JSON field.",
        ),
    ] = None,
    follow: Annotated[
        bool,
        typer.Option("--follow", help="Go on with what is added, over rotations, until stopped."),
    ] = False,
    home: Home = None,
) -> None:
    """Count the requests of an Apache or nginx access log, through the product's mapping rules.

    Safe to repeat: a line counts once, also when the file has grown since. Lines that match no
    mapping rule, and lines that are not of the format, are counted and told at the end. Works while
    Tallygate runs and while it does not; with --follow, lines wait in the log while it does not.
    """
    from tallygate.commands import access_log
    from tallygate.importing.report import Report, told

    if application is not None and application_by is not None:
        raise typer.BadParameter("give either --application or --application-by, not both")
    wanted = access_log.Wanted(
        file, str(log_format), product, application or "", application_by or ""
    )
    if follow and file == "-":
        raise typer.BadParameter("--follow needs a file")
    report = Report()
    try:
        if follow:
            access_log.follow(load(home=home), wanted, report, _stopped_by_signals())
        else:
            access_log.run(load(home=home), wanted, report)
    finally:
        if report.lines:
            print("\n".join(told(report)))
    if report.refused or report.unreadable == report.lines > 0:
        raise typer.Exit(1)


@app.command()
def verify(home: Home = None) -> None:
    """Recompute all totals from the raw entries still kept, and print the differences.

    Ends with 0 when there are none, with 1 when there are some. Works while Tallygate runs and
    while it does not.
    """
    from tallygate.commands.verification import differences

    found = differences(load(home=home))
    for line in found:
        print(line)
    print(f"{len(found)} differences" if found else "no differences: all totals are right")
    if found:
        raise typer.Exit(1)


@app.command()
def report(
    product: Annotated[
        int | None,
        typer.Option(metavar="ID", help="The product; without it all of the first provider's."),
    ] = None,
    period: Annotated[
        Period, typer.Option("--period", help="The last whole day, week or month.")
    ] = Period.WEEK,
    to: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="Send it there, by the mail server of the settings."),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write it: .html, .txt, .pdf, .csv, or .eml, the mail itself."
        ),
    ] = None,
    home: Home = None,
) -> None:
    """Make the report about the last whole day, week or month, and send it or write it to a file.

    Its numbers are those of the Analytics API. Works while Tallygate runs and while it does not.
    """
    from tallygate.commands import report

    if not to and out is None:
        raise typer.BadParameter("say where it goes: --to ADDRESS, or --out FILE")
    settings = load(home=home)
    if out is not None:
        report.write(settings, product, period.value, out)
        print(f"written to {out}")
    if to:
        print(report.send(settings, product, period.value, to))


@app.command()
def disk(
    raw_days: Annotated[
        int | None, typer.Option(min=0, metavar="DAYS", help="As if TALLYGATE_RAW_DAYS were this.")
    ] = None,
    minute_days: Annotated[
        int | None,
        typer.Option(min=0, metavar="DAYS", help="As if TALLYGATE_MINUTE_DAYS were this."),
    ] = None,
    quarter_days: Annotated[
        int | None,
        typer.Option(min=0, metavar="DAYS", help="As if TALLYGATE_QUARTER_DAYS were this."),
    ] = None,
    home: Home = None,
) -> None:
    """Say what usage takes on disk now, and in a month and a year if it goes on as of late.

    With the times for which it is kept, or with others: nothing is changed. Works while Tallygate
    runs and while it does not.
    """
    from tallygate.commands import disk as disk_use

    settings = load(
        home=home, raw_days=raw_days, minute_days=minute_days, quarter_days=quarter_days
    )
    for line in disk_use.told(disk_use.forecast(settings)):
        print(line)


@app.command("delete-stats")
def delete_stats(
    service: Annotated[str, typer.Argument(help="The service's id; it may be deleted already.")],
    home: Home = None,
) -> None:
    """Delete all that was counted of a service, and say what was removed.

    Its limits begin at zero again, and nothing of it is left in the history. The service itself, if
    it still exists, stays as it is. Works while Tallygate runs and while it does not.
    """
    from tallygate.commands import stats

    removed = stats.delete(load(home=home), service)
    for table in removed:
        print(f"{table.name}: {table.before} before, {table.left} left")
    if any(table.left for table in removed):
        print("what is left was counted while this command ran")


@app.command()
def forget(
    account: Annotated[
        int | None,
        typer.Option(
            metavar="ID", help="The account's number: it goes with its users and all applications."
        ),
    ] = None,
    application: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="The application's number; with --product its id in the protocol."
        ),
    ] = None,
    product: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="The product's id: for applications that are gone, or another control plane's.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = None,
) -> None:
    """Erase all data of a consumer everywhere, and prove that nothing is left.

    Cannot be taken back. What was counted stays in the totals of the product, as usage of nobody. Says
    for each place what named the consumer before, and what is left; ends with 1 if anything is.
    When it was interrupted, the same call again goes on. Works while Tallygate runs and while it
    does not.
    """
    from tallygate.commands import forgetting

    if (account is None) == (application is None) or (product and application is None):
        raise typer.BadParameter("give either --account, or --application, also with --product")
    settings = load(home=home)
    wanted = forgetting.Wanted(account, application or "", product or "")
    planned = forgetting.plan(settings, wanted)
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Erase {planned.title}, for good?", abort=True)
    places = forgetting.run(settings, planned)
    for place in places:
        print(f"{place.name}: {place.before} before, {place.left} left")
    if any(place.left for place in places):
        print(f"something is left of {planned.title}: call again to go on")
        raise typer.Exit(1)
    print(f"nothing is left of {planned.title}")


@app.command()
def password(
    username: Annotated[str, typer.Argument(help="The user's name.")],
    generate: Annotated[
        bool, typer.Option("--generate", help="Make a random password and print it.")
    ] = False,
    home: Home = None,
) -> None:
    """Set a new password for a user of the Admin Portal, and end their sessions.

    Asks for the password without showing it; when the input is no terminal, reads it from there.
    """
    from tallygate.commands import catalog

    catalog.open_catalog(load(home=home))
    chosen = catalog.set_password(username, None if generate else _ask_password())
    print(chosen if generate else f"the password of {username} is set")


def _ask_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("New password", hide_input=True, confirmation_prompt=True))


def _stopped_by_signals() -> threading.Event:
    """Is set when the process is asked to end."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _flat(made: dict[str, object], path: str = "") -> Iterator[str]:
    """`name.inner: value` lines of a nested object."""
    for name, value in made.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{name}.")
        elif isinstance(value, list):
            yield f"{path}{name}: {', '.join(map(str, value))}"
        else:
            yield f"{path}{name}: {'(cannot be shown again)' if value is None else value}"


if __name__ == "__main__":
    main()
