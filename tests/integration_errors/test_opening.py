"""The store that the settings name: in the home, or on Redis; both list the newest of several services alike."""

from pathlib import Path

import pytest
from support.redis_server import RedisServer

from tallygate.integration_errors.opening import opened
from tallygate.integration_errors.record import Context, Group
from tallygate.settings import Settings

CONTEXT = Context("/transactions/authrep.xml", "GET", "127.0.0.1")
NOW_MS = 1_584_526_800_000


def group(message: str, ago_ms: int, service: str) -> Group:
    return Group(service, "c", message, NOW_MS - ago_ms, NOW_MS - ago_ms, 1, CONTEXT)


@pytest.mark.parametrize("where", ["home", "redis"])
def test_the_newest_of_several_services_are_one_list(
    home: Path, redis_server: RedisServer, where: str
) -> None:
    """Of those that are asked for and no others, as many as are wanted; also after one was purged."""
    settings = Settings(home=home, ledger_url=redis_server.url if where == "redis" else "")
    given = [("a", 4, "91"), ("b", 3, "92"), ("c", 2, "93"), ("d", 1, "91")]
    with opened(settings) as store:
        store.add([group(*each) for each in given], NOW_MS)
    with opened(settings) as store:
        found = store.newest(["91", "92", "none"], NOW_MS, 10)
        assert [each.message for each in found] == ["d", "b", "a"]
        assert [each.message for each in store.newest(["91", "92"], NOW_MS, 2)] == ["d", "b"]
        assert store.newest([], NOW_MS, 10) == []
        store.delete("91")
        assert [each.message for each in store.newest(["91", "92"], NOW_MS, 10)] == ["b"]
        for service in ("92", "93"):
            store.delete(service)
