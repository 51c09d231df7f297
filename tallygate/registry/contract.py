"""What every registry promises. `reader` keeps it on SQLite, in memory and never stale; a shared registry keeps it on Redis.

Looking things up never waits. A registry that is elsewhere raises NotLoaded for what it does not hold in memory; whoever looks up
fetches that and looks up again, until all is there (`looked_up`).

    what was found                       SQLite                               Redis
    what the ledger is asked with        true since `refresh`                 its script refuses a call that relies on what has changed
    what is answered without the ledger  true since `refresh`                 `is_current` asks
"""

from collections.abc import Callable, Collection
from typing import Literal, NamedTuple, Protocol, TypeVar

from tallygate.domain.errors import TallygateError
from tallygate.registry.views import ApplicationView, ServiceView

T = TypeVar("T")


Kind = Literal["service", "default", "application", "user_key"]


class Wanted(NamedTuple):
    """Something that was looked up: a `service`, a provider's `default`, an `application` or a `user_key`, by its names."""

    kind: Kind
    names: tuple[str, ...]


class NotLoaded(TallygateError):
    """What was looked up is not in memory: `Registry.fetch` it, and look up again."""

    def __init__(self, wanted: Collection[Wanted]) -> None:
        super().__init__(f"not in memory: {wanted}")
        self.wanted = wanted


class Missing:
    """Collects what is missing over many look-ups, so that it is fetched at once."""

    def __init__(self) -> None:
        self._wanted: dict[Wanted, None] = {}

    def add(self, error: NotLoaded) -> None:
        self._wanted.update(dict.fromkeys(error.wanted))

    def check(self) -> None:
        """Raises NotLoaded: something was missing."""
        if self._wanted:
            raise NotLoaded(tuple(self._wanted))


class Registry(Protocol):
    """Belongs to one thread. Call `refresh` before each call of the protocol."""

    revision: int
    """Grows with every change that was noticed; what was derived from the registry at another revision is void."""

    def refresh(self) -> None:
        """Forgets what has changed since the last time, as far as that can be known without waiting."""
        ...

    def service(self, service_id: str) -> ServiceView | None:
        """Raises NotLoaded."""
        ...

    def default_service_id(self, provider_key: str) -> str | None:
        """The service that the provider's calls mean when they name none. Raises NotLoaded."""
        ...

    def application(self, service_id: str, application_id: str) -> ApplicationView | None:
        """Raises NotLoaded."""
        ...

    def application_id_of(self, service_id: str, user_key: str) -> str | None:
        """The id of the application with this user key; the application itself may be missing. Raises NotLoaded."""
        ...

    async def fetch(self, wanted: Collection[Wanted]) -> None:
        """Brings these in, or that they do not exist, which is true until the next `refresh`.

        Raises:
            OSError: The registry cannot be reached now.
        """
        ...

    async def is_current(self) -> bool:
        """Whether all that was found in memory since the last `refresh` is still so; what is not is forgotten. Raises OSError."""
        ...


async def looked_up(registry: Registry, work: Callable[[], T]) -> T:
    """What `work` gives on a registry that holds all that it looks up.

    `work` is run again for as long as something is missing, or was found to have changed, so it must change nothing.

    Raises:
        OSError: The registry cannot be reached now.
        Whatever `work` raises, on a registry that is current.
    """
    wanted: dict[Wanted, None] = {}
    while True:
        try:
            return work()
        except NotLoaded as missing:
            wanted.update(dict.fromkeys(missing.wanted))
            await registry.fetch(wanted)  # all of them: others may have refreshed meanwhile
        except TallygateError:
            if await registry.is_current():
                raise
