"""The reader is never stale: what another connection committed holds for the very next call."""

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tallygate.registry.reader import SqliteRegistry
from tallygate.registry.records import Application, Limit, Metric, Service
from tallygate.registry.tables import RegistryTables
from tallygate.registry.writer import KEEP_REVISIONS, RegistryWriter, create_tables


def state_of(registry: SqliteRegistry, application_id: str = "app") -> str | None:
    """As a protocol call sees it."""
    registry.refresh()
    found = registry.application("10", application_id)
    return found.application.state if found else None


def user_of(registry: SqliteRegistry, user_key: str) -> str | None:
    registry.refresh()
    return registry.application_id_of("10", user_key)


def suspend(writer: RegistryWriter, application_id: str = "app") -> None:
    writer.put_application(Application("10", application_id, "suspended"))


def provider_keys(registry: SqliteRegistry) -> list[str]:
    """Of the services 10 and 11."""
    views = [registry.service(service_id) for service_id in ("10", "11")]
    return [view.service.provider_key for view in views if view is not None]


class TestCommitted:
    def test_a_changed_application_is_seen_by_the_next_call(
        self, registry: SqliteRegistry, writer: RegistryWriter
    ) -> None:
        """An application that was in memory is read anew once another connection has changed it."""
        assert state_of(registry) == "active"
        suspend(writer)
        assert state_of(registry) == "suspended"

    def test_a_new_application_is_seen_by_the_next_call(
        self, registry: SqliteRegistry, writer: RegistryWriter
    ) -> None:
        """That an application was not found is not remembered."""
        assert state_of(registry, "later") is None
        writer.put_application(Application("10", "later"))
        assert state_of(registry, "later") == "active"

    def test_a_deleted_application_is_gone_with_all_it_had(
        self, registry: SqliteRegistry, writer: RegistryWriter
    ) -> None:
        """Deleting leaves no key, filter or user key behind that a new application of the same id would inherit."""
        writer.put_user_key("10", "uk", "app")
        writer.put_application_key("10", "app", "secret")
        writer.put_referrer_filter("10", "app", "*.example.org")
        assert user_of(registry, "uk") == "app"
        writer.delete_application("10", "app")
        assert state_of(registry) is None
        assert user_of(registry, "uk") is None
        suspend(writer)
        registry.refresh()
        again = registry.application("10", "app")
        assert again is not None
        assert (again.keys, again.referrer_filters) == ((), ())

    def test_a_changed_provider_key_is_seen_by_the_next_call(
        self, registry: SqliteRegistry, writer: RegistryWriter
    ) -> None:
        """Of all services of the provider; its default service stays the default."""
        writer.put_service(Service("10", "pk", default=True))
        writer.put_service(Service("11", "pk"))
        assert provider_keys(registry) == ["pk", "pk"]
        writer.change_provider_key("pk", "new")
        registry.refresh()
        assert provider_keys(registry) == ["new", "new"]
        assert (registry.default_service_id("pk"), registry.default_service_id("new")) == (
            None,
            "10",
        )

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            (lambda w: w.put_service(Service("10", "pk", "2")), "2|()|['hits']|[]"),
            (lambda w: w.put_service_token("10", "t"), "1|('t',)|['hits']|[]"),
            (lambda w: w.put_metric(Metric("10", "2", "m", "1")), "1|()|['hits', 'm']|[]"),
            (lambda w: w.delete_metric("10", "1"), "1|()|[]|[]"),
            (lambda w: w.put_limit(Limit("10", "p", "1", "day", 5)), "1|()|['hits']|[5]"),
        ],
        ids=["mode", "token", "new metric", "deleted metric", "limit"],
    )
    def test_any_change_of_a_service_is_seen_by_the_next_call(
        self,
        registry: SqliteRegistry,
        writer: RegistryWriter,
        change: Callable[[RegistryWriter], None],
        expected: str,
    ) -> None:
        """Mode, tokens, metrics and limits of a service in memory follow each commit."""
        registry.refresh()
        assert registry.service("10") is not None
        change(writer)
        registry.refresh()
        view = registry.service("10")
        assert view is not None
        seen = (
            f"{view.service.backend_version}|{tuple(view.tokens)}"
            f"|{list(view.metric_ids)}|{[limit.value for limit in view.limits('p')]}"
        )
        assert expected == seen

    def test_what_was_put_can_be_deleted_again(
        self, registry: SqliteRegistry, writer: RegistryWriter
    ) -> None:
        """Each delete undoes its put, for tokens, keys, filters, user keys and limits."""
        writer.put_service_token("10", "t")
        writer.put_application_key("10", "app", "k")
        writer.put_referrer_filter("10", "app", "f")
        writer.put_user_key("10", "uk", "app")
        writer.put_limit(Limit("10", "p", "1", "day", 5))
        registry.refresh()
        assert registry.service("10").tokens == {"t"}
        assert registry.application("10", "app").keys == ("k",)
        writer.delete_service_token("10", "t")
        writer.delete_application_key("10", "app", "k")
        writer.delete_referrer_filter("10", "app", "f")
        writer.delete_user_key("10", "uk")
        writer.delete_limit("10", "p", "1", "day")
        registry.refresh()
        view, application = registry.service("10"), registry.application("10", "app")
        assert (view.tokens, view.limits("p")) == (frozenset(), [])
        assert (application.keys, application.referrer_filters) == ((), ())
        assert user_of(registry, "uk") is None

    def test_a_user_key_that_moves_belongs_to_its_new_application_at_once(
        self, registry: SqliteRegistry, writer: RegistryWriter
    ) -> None:
        """A user key given to another application no longer finds the former one, although that one did not change."""
        suspend(writer, "other")
        writer.put_user_key("10", "uk", "app")
        assert user_of(registry, "uk") == "app"
        writer.put_user_key("10", "uk", "other")
        assert user_of(registry, "uk") == "other"

    def test_a_deleted_service_is_gone_with_all_that_hangs_on_it(
        self, registry: SqliteRegistry, writer: RegistryWriter
    ) -> None:
        """Service, applications and user keys in memory are forgotten together."""
        writer.put_user_key("10", "uk", "app")
        assert (state_of(registry), user_of(registry, "uk")) == ("active", "app")
        writer.delete_service("10")
        assert (state_of(registry), user_of(registry, "uk")) == (None, None)
        assert registry.service("10") is None

    def test_only_one_service_of_a_provider_is_its_default(
        self, registry: SqliteRegistry, writer: RegistryWriter
    ) -> None:
        """Making a service the default takes that from the one before, in memory too; other providers keep theirs."""
        writer.put_service(Service("10", "pk", default=True))
        writer.put_service(Service("20", "other", default=True))
        assert registry.default_service_id("pk") == "10"
        writer.put_service(Service("11", "pk", default=True))
        assert (registry.default_service_id("pk"), registry.default_service_id("other")) == (
            "11",
            "20",
        )
        assert registry.default_service_id("nobody") is None

    def test_the_revision_grows_with_each_change_and_with_nothing_else(
        self, registry: SqliteRegistry, writer: RegistryWriter, connection: sqlite3.Connection
    ) -> None:
        """What is derived from the registry stays valid when other tables are written."""
        registry.refresh()
        before = registry.revision
        connection.execute("CREATE TABLE session (id INTEGER)")
        connection.execute("INSERT INTO session VALUES (1)")
        registry.refresh()
        assert registry.revision == before
        suspend(writer)
        registry.refresh()
        assert registry.revision == before + 1


class TestNotCommitted:
    def test_an_open_transaction_is_not_seen(
        self, registry: SqliteRegistry, writer: RegistryWriter, connection: sqlite3.Connection
    ) -> None:
        """A change holds from its commit on, not before."""
        assert state_of(registry) == "active"
        connection.execute("BEGIN IMMEDIATE")
        suspend(writer)
        assert state_of(registry) == "active"
        connection.execute("COMMIT")
        assert state_of(registry) == "suspended"

    def test_a_change_that_is_rolled_back_is_never_seen(
        self, registry: SqliteRegistry, writer: RegistryWriter, connection: sqlite3.Connection
    ) -> None:
        """Nor does it keep the next committed change from being seen, although it had used the same revision."""
        assert state_of(registry) == "active"
        connection.execute("BEGIN IMMEDIATE")
        suspend(writer)
        connection.execute("ROLLBACK")
        assert state_of(registry) == "active"
        suspend(writer)
        assert state_of(registry) == "suspended"


class TestBounds:
    def test_the_cache_of_applications_is_bounded(
        self, registry: SqliteRegistry, writer: RegistryWriter, connection: sqlite3.Connection
    ) -> None:
        """However many applications call, at most twice the size asked for stay in memory."""
        connection.execute("BEGIN")
        for number in range(100):
            writer.put_application(Application("10", f"a{number}"))
            writer.put_user_key("10", f"uk{number}", f"a{number}")
        connection.execute("COMMIT")
        for number in range(100):
            assert state_of(registry, f"a{number}") == "active"
            assert user_of(registry, f"uk{number}") == f"a{number}"
        assert len(registry._applications) <= 8
        assert len(registry._user_keys) <= 8

    def test_a_reader_left_behind_by_the_journal_forgets_everything(
        self, registry: SqliteRegistry, writer: RegistryWriter, connection: sqlite3.Connection
    ) -> None:
        """When the journal was trimmed past what a reader has seen, it trusts nothing in memory."""
        assert state_of(registry) == "active"
        suspend(writer)
        connection.execute("BEGIN")
        for _ in range(KEEP_REVISIONS + 1000):
            writer.put_service_token("20", "t")
        connection.execute("COMMIT")
        kept = connection.execute("SELECT count(*) FROM registry_journal").fetchone()[0]
        assert kept <= KEEP_REVISIONS + 1000
        assert state_of(registry) == "suspended"

    @pytest.mark.parametrize("count", [499, 500, 501, 3_000])
    def test_many_changes_at_once_are_all_seen(
        self,
        registry: SqliteRegistry,
        writer: RegistryWriter,
        connection: sqlite3.Connection,
        count: int,
    ) -> None:
        """Also the last of them, and what is changed after them."""
        assert state_of(registry) == "active"
        connection.execute("BEGIN")
        for _ in range(count - 1):
            writer.put_service_token("20", "t")
        suspend(writer)
        connection.execute("COMMIT")
        assert state_of(registry) == "suspended"
        writer.put_application(Application("10", "app"))
        assert state_of(registry) == "active"


class TestOtherProcesses:
    @pytest.mark.parametrize("mode", ["PASSIVE", "RESTART", "TRUNCATE"])
    def test_changes_are_seen_across_checkpoints_by_another_process(
        self, registry: SqliteRegistry, writer: RegistryWriter, database: Path, mode: str
    ) -> None:
        """Another process that moves the write-ahead log into the file, or empties it, hides no change."""
        for state in ("suspended", "active", "pending"):
            writer.put_application(Application("10", "app", state))
            subprocess.run(
                [
                    sys.executable,
                    "-c",
                    "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=30)"
                    f".execute('PRAGMA wal_checkpoint({mode})')",
                    str(database),
                ],
                check=True,
            )
            assert state_of(registry) == state

    def test_a_process_that_writes_all_the_time_is_followed_step_by_step(
        self, registry: SqliteRegistry, writer: RegistryWriter, database: Path
    ) -> None:
        """Each commit is seen as soon as its process says that it is made; nothing older comes back."""
        program = """
import sqlite3, sys
from tallygate.registry.records import Application
from tallygate.registry.writer import RegistryWriter
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
writer = RegistryWriter(connection)
for number in range(300):
    connection.execute("BEGIN IMMEDIATE")
    writer.put_application(Application("10", "app", str(number)))
    connection.execute("COMMIT")
    print(number, flush=True)
    if number % 50 == 49:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
"""
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(database)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        said = -1
        for line in process.stdout:
            said = int(line)
            assert int(state_of(registry) or -1) >= said
        process.stdout.close()
        assert (process.wait(), said, state_of(registry)) == (0, 299, "299")


def test_a_process_that_comes_and_goes_leaves_the_readers_files_alone(
    registry: SqliteRegistry, database: Path
) -> None:
    """Who opens a database as the first cuts its shared index short, and a reader that looks at it just then dies of SIGBUS."""
    before = registry._index[:48]
    program = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT * FROM registry_service')"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", program, str(database)], check=True)
    assert registry._index[:48] == before


def test_tables_of_the_first_versions_get_the_columns_that_came_later(tmp_path: Path) -> None:
    """And keep what is in them; whoever opens them again changes nothing."""
    with contextlib.closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        connection.execute(
            "CREATE TABLE registry_service (id TEXT NOT NULL PRIMARY KEY, provider_key TEXT NOT NULL,"
            " backend_version TEXT NOT NULL, state TEXT NOT NULL,"
            " referrer_filters_required INTEGER NOT NULL, is_default INTEGER NOT NULL) WITHOUT ROWID"
        )
        connection.execute("INSERT INTO registry_service VALUES ('10', 'pk', '2', 'active', 1, 1)")
        for _ in range(2):
            create_tables(connection)
            found = RegistryTables(connection).service("10")
            assert found == Service("10", "pk", "2", "active", True, True)
