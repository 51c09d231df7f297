"""The registry as the Internal API changes it, in a thread of its own: a commit waits for the disk, or for Redis."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tallygate.listener.internal.answers import Answer, Refused
from tallygate.listener.internal.request import Request
from tallygate.listener.internal.routing import Endpoint
from tallygate.registry.store import Store, Stores

Work = Callable[[Store, Request], Answer]


class Provisioning:
    """Runs endpoints on the registry one after the other, each in one transaction that is committed before the answer."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="internal-api")

    def reading(self, work: Work) -> Endpoint:
        """An endpoint that changes nothing."""
        return self._endpoint(work, writing=False)

    def writing(self, work: Work) -> Endpoint:
        """An endpoint whose changes hold for the very next call, or not at all when it raises."""
        return self._endpoint(work, writing=True)

    def close(self) -> None:
        self._thread.submit(self._stores.close).result()
        self._thread.shutdown()

    def _endpoint(self, work: Work, writing: bool) -> Endpoint:
        async def run(request: Request) -> Answer:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self._run, work, request, writing)

        return run

    def _run(self, work: Work, request: Request, writing: bool) -> Answer:
        try:
            return self._stores.run(lambda store: work(store, request), writing)
        except OSError as error:
            raise Refused(503, f"nothing was changed, try again later: {error.strerror}") from error
