"""Integration errors that name somebody who is forgotten are gone; those of others stay."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.redis_server import RedisServer

from tallygate.integration_errors.record import Context, Group, Naming
from tallygate.integration_errors.redis_store import RedisErrorStore
from tallygate.integration_errors.store import ErrorStore, SqliteErrorStore
from tallygate.redis.partitions import Partitions
from tallygate.redis.url import parse_url
from tallygate.settings import Settings


@pytest.fixture(params=["sqlite", pytest.param("redis", marks=pytest.mark.service)])
def errors(request: pytest.FixtureRequest, home: Path) -> Iterator[ErrorStore]:
    settings = Settings(home=home)
    if request.param == "sqlite":
        with closing(SqliteErrorStore(settings)) as store:
            yield store
        return
    server: RedisServer = request.getfixturevalue("redis_server")
    with server.client() as administration:
        administration.flushall()
    with closing(RedisErrorStore(parse_url(server.url), Partitions(4), settings)) as store:
        yield store


def group(message: str, service: str = "1", credential: str = "", **parameters: str) -> Group:
    context = Context("/x", "GET", "::1", credential=credential, parameters=parameters)
    return Group(service, "code", message, 5, 5, 1, context)


def messages(errors: ErrorStore, service: str = "1") -> set[str]:
    return {each.message for each in errors.page(service, 10, 1, 100).groups}


def test_whoever_is_named_anywhere_is_forgotten(errors: ErrorStore) -> None:
    """In the message, the credential or a parameter, by id or by masked key."""
    errors.add(
        [
            group('application "app-1" is wrong'),
            group("by credential", credential="app_id=app-1"),
            group("by parameter", app_id="app-1"),
            group("by key", credential="user_key=…wxyz"),
            group("of nobody"),
            group("of another", credential="app_id=app-12, user_key=…wxy"),
            group("of app-1 elsewhere", "2"),
        ],
        5,
    )
    naming = Naming(["app-1", "…wxyz"])
    assert (errors.count_of("1", naming), errors.forget("1", naming)) == (4, 4)
    assert messages(errors) == {"of nobody", "of another"}
    assert messages(errors, "2") == {"of app-1 elsewhere"}
    assert (errors.count_of("1", naming), errors.forget("1", naming)) == (0, 0)


def test_errors_that_came_first_after_a_moment_name_nobody(errors: ErrorStore) -> None:
    """Whoever goes on calling with the key of somebody forgotten is unknown."""
    errors.add([group("x", app_id="app-1")], 5)
    assert [errors.count_of("1", Naming(["app-1"], before_ms)) for before_ms in (0, 5, 6)] == [
        1,
        0,
        1,
    ]


def test_who_has_no_telling_name_is_nobody(errors: ErrorStore) -> None:
    """A key that is too short to show anything of it tells nobody from others."""
    errors.add([group("x", credential="user_key=…"), group("")], 5)
    assert errors.forget("1", Naming(["", "…"])) == 0


@pytest.mark.parametrize("name", ["a.b", "a+", "(", "[a]", "\\", "é", "a" * 255])
def test_names_may_hold_anything(errors: ErrorStore, name: str) -> None:
    errors.add([group("a-b"), group("x", app_id=name if len(name) < 200 else f"{name[:199]}…")], 5)
    assert errors.forget("1", Naming([name])) == 1
    assert messages(errors) == {"a-b"}


def test_its_file_does_not_hold_it_any_more(home: Path) -> None:
    with closing(SqliteErrorStore(Settings(home=home))) as errors:
        errors.add([group("x", app_id="who-is-forgotten"), group("y", app_id="who-stays")], 5)
        errors.forget("1", Naming(["who-is-forgotten"]))
        held = b"".join(file.read_bytes() for file in home.glob("integration_errors.db*"))
    assert b"who-is-forgotten" not in held
    assert b"who-stays" in held
