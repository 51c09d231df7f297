"""Providers' own use of the API, counted in a master service: what counts how much."""

import asyncio
import errno
import itertools
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.full_disk import full_disk
from support.redis_server import RedisServer
from support.running_listener import App, RunningListener

from tallygate.domain.clock import ManualClock
from tallygate.domain.limits import ETERNITY
from tallygate.ledger.contract import Recorded
from tallygate.ledger.delegating import DelegatingLedger
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.ledger.embedded.log import LogReader
from tallygate.ledger.entry import Entry
from tallygate.ledger.usage import LimitOn, Usage
from tallygate.listener.metered import MeteredCalls, MeteredReports
from tallygate.listener.metering import Metering
from tallygate.registry.reader import SqliteRegistry
from tallygate.registry.records import AlertLimit, Application, Limit, Metric, Service
from tallygate.registry.writer import RegistryWriter, create_tables
from tallygate.settings import Settings

MASTER = "9"
AUTHORIZED, TRANSACTED, HITS = "95", "96", "91"


def put_master(registry: RegistryWriter) -> None:
    """The master service, and provider `pk` as its application `prov`."""
    registry.put_service(Service(MASTER, "master", "1"))
    registry.put_metric(Metric(MASTER, HITS, "hits"))
    registry.put_metric(Metric(MASTER, AUTHORIZED, "transactions/authorize", HITS))
    registry.put_metric(Metric(MASTER, TRANSACTED, "transactions"))
    registry.put_application(Application(MASTER, "prov", "active", "gold", "Gold"))
    registry.put_user_key(MASTER, "pk", "prov")


@pytest.fixture(scope="module", params=["embedded", "redis"])
def metered(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningListener]:
    """On each ledger. Provider `pk` has services 1 (user keys, the default one), 2 (app ids) and 3 (OAuth)."""
    home: Path = tmp_path_factory.mktemp("metered")
    if request.param == "embedded":
        yield from _metered(home)
        return
    with RedisServer(home / "redis", fsync="everysec") as server:
        yield from _metered(home, ledger_url=server.url)


def _metered(home: Path, **shared: str) -> Iterator[RunningListener]:
    running = RunningListener(home, master_service=MASTER, **shared)
    running.service("1", "1", default=True)
    running.service("2", "2")
    running.service("3", "oauth")
    running.service("20", "2", "pk2")
    running.registry.put_service_token("2", "token2")
    put_master(running.registry)
    running.start()
    yield running
    running.close()


@pytest.fixture
def app(metered: RunningListener) -> App:
    return metered.application("2", limits={("hits", "eternity"): 10}, keys=["secret"])


def used(log: Iterable[Entry]) -> dict[str, int]:
    """What the log says by metric of the master service."""
    found = dict.fromkeys((AUTHORIZED, TRANSACTED, HITS), 0)
    for entry in log:
        if (entry.service, entry.application) == (MASTER, "prov"):
            for metric, delta in entry.usage:
                found[metric] += delta
    return found


def metered_by(running: RunningListener, work: Callable[[], int], status: int) -> tuple[int, int]:
    """What a call that is answered with `status` adds: (authorizations, transactions)."""
    before = used(running.logged())
    assert work() == status
    after = used(running.logged())
    assert after[HITS] - before[HITS] == after[AUTHORIZED] - before[AUTHORIZED]
    return after[AUTHORIZED] - before[AUTHORIZED], after[TRANSACTED] - before[TRANSACTED]


@pytest.mark.service
@pytest.mark.parametrize(
    ("query", "status", "authorize", "authrep"),
    [
        ("app_id={app}&app_key=secret&usage[hits]=1", 200, (1, 0), (1, 1)),
        ("app_id={app}&app_key=secret", 200, (1, 0), (1, 0)),
        ("app_id={app}&app_key=secret&usage[hits]=0", 200, (1, 0), (1, 0)),
        ("app_id={app}&app_key=secret&log[code]=200", 200, (1, 0), (1, 0)),
        ("app_id={app}&app_key=secret&usage[hits]=0&log[code]=200", 200, (1, 0), (1, 1)),
        ("app_id={app}&app_key=secret&usage[hits]=%235", 200, (1, 0), (1, 1)),
        ("app_id={app}&app_key=secret&usage[hits]=1&usage[child]=1", 200, (1, 0), (1, 1)),
        ("app_id={app}&app_key=secret&usage[hits]=11", 409, (1, 0), (1, 0)),
        ("app_id={app}&app_key=wrong&usage[hits]=1", 409, (1, 0), (1, 0)),
        ("app_id=nobody&usage[hits]=1", 404, (1, 0), (1, 0)),
        ("usage[hits]=1", 404, (1, 0), (1, 0)),
        ("app_id={app}&app_key=secret&usage[nope]=1", 404, (1, 0), (0, 0)),
        ("app_id={app}&app_key=secret&usage[hits]=x", 403, (1, 0), (0, 0)),
        ("app_id={app}&user_key=x&usage[hits]=1", 403, (1, 0), (0, 0)),
        ("service_id=404&app_id={app}", 403, (1, 0), (0, 0)),
        ("service_id=20&app_id={app}", 403, (1, 0), (0, 0)),
        ("app_id={app}&user_id=x", 400, (0, 0), (0, 0)),
        ("app_id={app}&usage=1", 403, (0, 0), (0, 0)),
        ("app_id=%ff", 422, (0, 0), (0, 0)),
        ("app_id=%zz", 400, (0, 0), (0, 0)),
        ("provider_key=nobody&app_id={app}", 403, (0, 0), (0, 0)),
        ("provider_key=&app_id={app}", 403, (0, 0), (0, 0)),
        ("provider_key=&service_token=token2&app_id={app}&app_key=secret", 200, (1, 0), (1, 0)),
        ("provider_key=&service_token=nope&app_id={app}", 403, (0, 0), (0, 0)),
    ],
)
def test_what_a_call_counts_depends_on_how_far_it_comes(
    metered: RunningListener,
    app: App,
    query: str,
    status: int,
    authorize: tuple[int, int],
    authrep: tuple[int, int],
) -> None:
    """authorize counts once its provider is known; authrep when it is answered, or its application is unknown."""
    given = f"provider_key=pk&service_id=2&{query.format(app=app.id)}"
    found = [
        metered_by(metered, lambda: metered.get(endpoint, given).status, status)  # noqa: B023
        for endpoint in ("authorize", "authrep")
    ]
    assert found == [authorize, authrep]
    again = metered_by(metered, lambda: metered.authorize(given).status, status)
    assert again == authorize, "a call that is known by now"


@pytest.mark.service
@pytest.mark.parametrize(
    ("query", "status", "authorize", "authrep"),
    [
        ("service_id=1&user_key={key}&usage[hits]=1", 200, (1, 0), (1, 1)),
        ("user_key={key}&usage[hits]=1", 200, (1, 0), (1, 1)),
        ("service_id=1&user_key=nope", 403, (1, 0), (0, 0)),
    ],
)
def test_user_keys_make_no_difference(
    metered: RunningListener,
    query: str,
    status: int,
    authorize: tuple[int, int],
    authrep: tuple[int, int],
) -> None:
    """But for one that is wrong: that is not an unknown application."""
    key = metered.application("1").user_key
    given = f"provider_key=pk&{query.format(key=key)}"
    found = [
        metered_by(metered, lambda: metered.get(endpoint, given).status, status)  # noqa: B023
        for endpoint in ("authorize", "authrep")
    ]
    assert found == [authorize, authrep]


@pytest.mark.service
def test_oauth_calls_are_metered_like_others(metered: RunningListener) -> None:
    app = metered.application("3")
    calls = itertools.product(("oauth_authorize", "oauth_authrep"), (app.by_id, f"{app.by_id}x"))
    found = [
        metered_by(metered, lambda: metered.get(endpoint, f"{query}&usage[hits]=1").status, status)  # noqa: B023
        for (endpoint, query), status in zip(calls, (200, 404, 200, 404), strict=True)
    ]
    assert found == [(1, 0), (1, 0), (1, 1), (1, 0)]


@pytest.mark.service
@pytest.mark.parametrize(
    ("transactions", "status", "counted"),
    [
        ([{"usage][hits": "1"}, {"usage][hits": "2"}], 202, 2),
        ([{"usage][hits": "1"}, {"usage][hits": "0"}], 202, 1),
        ([{"usage][hits": "0"}], 202, 0),
        ([{"usage][hits": "1"}, {"usage][nope": "2"}, {"usage][hits": "0"}], 202, 2),
        ([{"usage][hits": "1", "id": "same"}, {"usage][hits": "1", "id": "same"}], 202, 1),
        ([{"usage][hits": "1", "user_id": "x"}], 400, 0),
    ],
)
def test_a_report_counts_its_transactions(
    metered: RunningListener,
    app: App,
    transactions: list[dict[str, str]],
    status: int,
    counted: int,
) -> None:
    """Those with usage, also when all are dropped for a wrong one; a repetition is none."""
    found = metered_by(metered, lambda: metered.report_of(app, *transactions).status, status)
    assert found == (0, counted)


@pytest.mark.service
def test_posted_usage_counts_the_items_that_were_accepted(
    metered: RunningListener, app: App
) -> None:
    """Of each product to its provider; `pk2` is no application of the master service."""
    items = [
        {"service_id": "2", "app_id": app.id, "usage": {"hits": 1}, "id": "i"},
        {"service_id": "2", "app_id": app.id, "usage": {"hits": 1}, "id": "i"},
        {"service_id": "2", "app_id": app.id, "usage": {"hits": 1}},
        {"service_id": "2", "app_id": app.id, "usage": {"nope": 1}},
    ]

    def post() -> int:
        body = json.dumps(items).encode()
        path = "/usage?provider_key=pk"
        return metered.request("POST", path, body, content_type="application/json").status

    assert metered_by(metered, post, 207) == (0, 2)


@pytest.mark.service
def test_a_repetition_is_a_call_but_no_transaction(metered: RunningListener, app: App) -> None:
    path = f"/transactions/authrep.xml?{app.by_id}&app_key=secret&usage[hits]=1"
    repeated = {"idempotency-key": f"again-{app.id}"}
    for expected in ((1, 1), (1, 0)):
        call = lambda: metered.request("GET", path, **repeated).status  # noqa: E731
        assert metered_by(metered, call, 200) == expected


@pytest.mark.service
def test_a_providers_use_raises_events_like_any_other(
    home: Path, own_ledger: dict[str, str]
) -> None:
    own = RunningListener(home, master_service=MASTER, **own_ledger)
    own.service("2", "2")
    put_master(own.registry)
    own.registry.put_limit(Limit(MASTER, "gold", TRANSACTED, "month", 2))
    own.registry.put_alert_limit(AlertLimit(MASTER, 100))
    own.start()
    try:
        app = own.application("2")
        for _ in range(3):
            assert own.authrep(f"{app.by_id}&usage[hits]=1").status == 200
        told = json.loads(own.request("GET", "/internal/events/").body)["events"]
    finally:
        own.close()
    of = {
        service: [each for each in told if each["object"]["service_id"] == service]
        for service in ("2", MASTER)
    }
    assert [each["type"] for each in of["2"]] == ["first_traffic", "first_daily_traffic"]
    assert [each["type"] for each in of[MASTER]] == [
        "first_traffic",
        "first_daily_traffic",
        "alert",
    ]
    assert of[MASTER][-1]["object"]["limit"] == "transactions per month: 2/2"


@pytest.mark.service
def test_metrics_have_the_names_of_the_settings(home: Path) -> None:
    """One that the master service does not have is not counted."""
    names = {"master_authorize_metric": "hits", "master_transactions_metric": "nope"}
    own = RunningListener(home, master_service=MASTER, **names)
    own.service("2", "2")
    put_master(own.registry)
    own.start()
    try:
        app = own.application("2")
        assert own.authrep(f"{app.by_id}&usage[hits]=1").status == 200
        assert own.report_of(app, {"usage][hits": "1"}).status == 202
        found = used(own.logged())
    finally:
        own.close()
    assert found == {AUTHORIZED: 0, TRANSACTED: 0, HITS: 1}


@pytest.mark.service
def test_without_a_master_service_nothing_is_metered(home: Path) -> None:
    own = RunningListener(home)
    own.service("2", "2")
    put_master(own.registry)
    own.start()
    try:
        app = own.application("2")
        assert own.authrep(f"{app.by_id}&usage[hits]=1").status == 200
        found = used(own.logged())
    finally:
        own.close()
    assert found == {AUTHORIZED: 0, TRANSACTED: 0, HITS: 0}


@pytest.mark.service
@pytest.mark.parametrize("metered", ["embedded"], indirect=True)
def test_on_a_full_disk_authorizing_goes_on_unmetered(metered: RunningListener, app: App) -> None:
    """What counts is refused, as it is without metering; neither is counted."""
    right, wrong = f"{app.by_id}&app_key=secret", "provider_key=pk&service_id=2&app_id=nobody"
    calls = [
        (lambda: metered.authorize(right).status, 200),
        (lambda: metered.authorize(wrong).status, 404),
        (lambda: metered.authrep(f"{right}&usage[hits]=11").status, 409),
        (lambda: metered.authrep(right).status, 200),
        (lambda: metered.authrep(f"{right}&usage[hits]=1").status, 503),
        (lambda: metered.report_of(app, {"usage][hits": "1"}).status, 503),
    ]
    with full_disk(metered):
        for call, status in calls:
            assert metered_by(metered, call, status) == (0, 0)
    assert metered_by(metered, lambda: metered.authrep(f"{right}&usage[hits]=1").status, 200) == (
        1,
        1,
    )
    assert metered.counted(app) == 1


# With the ledger itself: in which batch, and on a ledger that does not decide at once


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home=home, master_service=MASTER)


@pytest.fixture
def registry(settings: Settings) -> Iterator[SqliteRegistry]:
    settings.home.mkdir()
    connection = sqlite3.connect(settings.database, isolation_level=None)
    create_tables(connection)
    writer = RegistryWriter(connection)
    writer.put_service(Service("2", "pk"))
    put_master(writer)
    connection.close()
    opened = SqliteRegistry(settings.database)
    yield opened
    opened.close()


def logged(settings: Settings) -> Iterator[Entry]:
    for _, entries in LogReader(settings.ledger / "log").frames(0):
        yield from entries


class Elsewhere(DelegatingLedger):
    """A ledger that has to be waited for: what became of entries is known afterwards, as over a network."""

    failing = False

    def record(self, entries: Any, keep_ids: bool = False, watched: Any = ()) -> Recorded:
        if self.failing:
            raise OSError(errno.ECONNRESET, "Connection reset by peer")
        return Later(super().record(entries, keep_ids, watched))


class Later:
    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded
        self.batch = self._run()
        self.accepted: Any = []
        self.duplicates: Any = []
        self.conflicts: Any = []

    async def _run(self) -> None:
        await self._recorded.batch
        self.accepted = self._recorded.accepted
        self.duplicates = self._recorded.duplicates


@pytest.mark.parametrize("elsewhere", [False, True])
def test_use_is_durable_before_the_answer_on_any_ledger(
    settings: Settings, registry: SqliteRegistry, elsewhere: bool
) -> None:
    """With one that decides at once, in the same batch as the call, so that a death takes both or none."""
    clock = ManualClock.at(1_709_208_000)

    async def run() -> int:
        with EmbeddedLedger.open(settings, clock) as ledger:
            ledger.attach(asyncio.get_running_loop())
            inner = Elsewhere(ledger) if elsewhere else ledger
            metering = Metering(registry, inner, clock, settings)
            calls = MeteredCalls(inner, registry, metering)
            reports = MeteredReports(inner, registry, metering)
            limit = [LimitOn("21", ETERNITY, 2)]
            call = calls.prepare("2", "a", limit, Usage((("21", 1),)))
            assert (await calls.check_and_record(call)).authorized
            assert used(logged(settings))[TRANSACTED] == 1
            entries = [Entry("2", "a", clock.now_ms(), (("21", 1),))] * 2
            recorded = reports.record(entries)
            await recorded.batch
            assert list(recorded.accepted) == [0, 1]
            assert used(logged(settings))[TRANSACTED] == 3
            assert not (await calls.check_and_record(call)).authorized
            assert not (await calls.check(call)).authorized
            assert used(logged(settings)) == {AUTHORIZED: 3, TRANSACTED: 3, HITS: 3}
            (batches,) = [each.value for each in ledger.figures() if each.name == "batches"]
            return int(batches)

    assert asyncio.run(run()) == (6 if elsewhere else 4)


def test_a_call_that_was_counted_is_answered_although_it_cannot_be_metered(
    settings: Settings, registry: SqliteRegistry
) -> None:
    """On a ledger that is elsewhere the two are not one step."""
    clock = ManualClock.at(1_709_208_000)

    async def run() -> None:
        with EmbeddedLedger.open(settings, clock) as ledger:
            ledger.attach(asyncio.get_running_loop())
            inner = Elsewhere(ledger)
            calls = MeteredCalls(inner, registry, Metering(registry, inner, clock, settings))
            inner.failing = True
            call = calls.prepare("2", "a", [], Usage((("21", 1),)))
            assert (await calls.check_and_record(call)).authorized

    asyncio.run(run())
    assert used(logged(settings)) == {AUTHORIZED: 0, TRANSACTED: 0, HITS: 0}
