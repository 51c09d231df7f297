"""Prepared calls: kept while nothing changed, worked out anew when something has, and never hoarded."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tallygate.domain.clock import ManualClock
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.listener.authorizing import KEPT_BYTES, Authorizer, Prepared
from tallygate.listener.options import NONE
from tallygate.listener.parameters import parse
from tallygate.registry.reader import SqliteRegistry
from tallygate.registry.records import Application, Metric, Service
from tallygate.registry.writer import RegistryWriter
from tallygate.settings import Settings

CALL = "provider_key=pk&service_id=2&app_id=app&usage[hits]=1"


@pytest.fixture
def writer(home: Path) -> Iterator[RegistryWriter]:
    home.mkdir()
    SqliteRegistry(home / "tallygate.db").close()
    connection = sqlite3.connect(home / "tallygate.db", isolation_level=None)
    made = RegistryWriter(connection)
    made.put_service(Service("2", "pk"))
    made.put_metric(Metric("2", "21", "hits"))
    made.put_application(Application("2", "app"))
    yield made
    connection.close()


@pytest.fixture
def authorizer(home: Path, writer: RegistryWriter) -> Iterator[Authorizer]:
    clock = ManualClock.at(1_707_912_000)
    registry = SqliteRegistry(home / "tallygate.db")
    with EmbeddedLedger.open(Settings(home=home), clock) as ledger:
        yield Authorizer(registry, ledger, clock)
    registry.close()


def prepare(authorizer: Authorizer, query: str, options: str | None = None) -> Prepared:
    return authorizer.prepare((True, query, options), parse(query), NONE)


def test_a_call_is_found_again_by_its_text(authorizer: Authorizer) -> None:
    assert authorizer.find((True, CALL, None)) is None
    prepared = prepare(authorizer, CALL)
    assert authorizer.find((True, CALL, None)) is prepared


@pytest.mark.parametrize("other", [(False, CALL, None), (True, f"{CALL}&", None), (True, CALL, "no_body=1")])  # fmt: skip
def test_another_endpoint_text_or_header_is_another_call(
    authorizer: Authorizer, other: tuple[bool, str, str | None]
) -> None:
    authorizer.find((True, CALL, None))
    prepare(authorizer, CALL)
    assert authorizer.find(other) is None


def test_any_change_of_the_registry_makes_it_void(
    authorizer: Authorizer, writer: RegistryWriter
) -> None:
    authorizer.find((True, CALL, None))
    prepare(authorizer, CALL)
    writer.put_service_token("99", "t")
    assert authorizer.find((True, CALL, None)) is None


def test_long_calls_are_worked_out_but_not_kept(authorizer: Authorizer) -> None:
    """Neither a long query nor a long header fills the memory."""
    long = f"{CALL}&log[request]={'x' * KEPT_BYTES}"
    assert prepare(authorizer, long).call.adds
    assert authorizer.find((True, long, None)) is None
    prepare(authorizer, CALL, "x" * KEPT_BYTES)
    assert authorizer.find((True, CALL, "x" * KEPT_BYTES)) is None
