"""A registry as tests of every registry look at it."""

from collections.abc import Callable
from typing import Any, TypeVar

from tallygate.registry.contract import Registry, looked_up
from tallygate.registry.store import Store, Stores

T = TypeVar("T")


class Place:
    """A registry as two listeners see it, and as another control plane changes it."""

    def __init__(self, stores: Stores, listeners: tuple[Registry, Registry]) -> None:
        self.stores = stores
        self.listeners = listeners

    def change(self, work: Callable[[Any], object]) -> None:
        """Runs `work` on the writer, in one transaction."""
        self.stores.run(lambda store: work(store.writer), writing=True)

    def read(self, work: Callable[[Store], T]) -> T:
        return self.stores.run(work, writing=False)

    async def seen(self, work: Callable[[Registry], T]) -> T:
        """What both listeners see, which must be the same: as a call of the protocol sees it."""
        first, second = [await _seen(listener, work) for listener in self.listeners]
        assert first == second
        return first


async def _seen(registry: Registry, work: Callable[[Registry], T]) -> T:
    registry.refresh()
    while True:
        found = await looked_up(registry, lambda: work(registry))
        if await registry.is_current():
            return found
