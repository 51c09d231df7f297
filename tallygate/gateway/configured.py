"""The products that are served now: of the newest configuration that can be carried out."""

import asyncio
import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import structlog

from tallygate.gateway.configuration import Product, Unusable, named, read
from tallygate.gateway.metrics import Metrics
from tallygate.gateway.routing import Products
from tallygate.gateway.sources import Contents, Source, SourceFailed

log = structlog.get_logger()


class Configured:
    """Follows a source.

    What cannot be carried out leaves what was there: the whole when the source fails, a product when its configuration is
    wrong. The last good one is on disk, for a start while the source is away.

    Attributes:
        products: Those that are served.
        ready: Whether there has been a configuration.
    """

    def __init__(self, source: Source, state: Path, listener: str = "") -> None:
        """`listener`: Where the listener is, whatever the configurations say; '' = as they say."""
        self.products = Products()
        self.ready = False
        self._source = source
        digest = hashlib.sha256(source.name.encode()).hexdigest()[:8]
        self._file = state / f"configuration-{digest}.json"
        self._listener = listener
        self._known: dict[str, tuple[Any, Product]] = {}
        self._looking = asyncio.Lock()
        self._begun = 0

    async def begin(self, metrics: Metrics) -> None:
        """Takes the source's configuration, or else the last good one on disk."""
        await self.refresh(metrics)
        if self.ready:
            return
        try:
            self._take(json.loads(self._file.read_bytes())["services"], metrics)
        except (OSError, ValueError, KeyError):
            return
        log.warning("the last known configuration is used", file=str(self._file))

    async def refresh(self, metrics: Metrics) -> bool:
        """Looks for a newer one; whether the source gave one."""
        try:
            contents = await self._source.fetch()
        except SourceFailed as error:
            metrics.configuration_failures.inc()
            log.warning("no configuration, the last one stays", reason=str(error))
            return False
        metrics.configuration_time.set(time.time())
        self._take(contents, metrics)
        return True

    async def newest(self, metrics: Metrics) -> Products:
        """Those of the source as it is from now on; whoever asks at once shares an answer."""
        begun = self._begun
        async with self._looking:
            if self._begun == begun:
                self._begun += 1
                await self.refresh(metrics)
        return self.products

    def _take(self, contents: Contents, metrics: Metrics) -> None:
        known = {}
        for content in contents:
            product_id, last = named(content), self._known.get(named(content))
            if last is not None and last[0] == content:
                known[product_id] = last
                continue
            try:
                known[product_id] = (content, read(content, self._listener))
            except Unusable as error:
                metrics.configuration_failures.inc()
                log.warning(
                    "a configuration cannot be carried out", product=product_id, reason=str(error),
                    instead="the last good one" if last else "nothing",
                )  # fmt: skip
                if last is not None:
                    known[product_id] = last
        if not self.ready or known != self._known:
            self._known = known
            self.products = Products(product for _, product in known.values())
            self._keep()
            log.info("configuration in force", source=self._source.name, products=len(known))
        metrics.products.set(len(known))
        self.ready = True

    def _keep(self) -> None:
        """Puts it on disk, for this user's eyes only: there are tokens in it."""
        draft = self._file.with_suffix(f".{os.getpid()}")
        try:
            draft.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft.touch(mode=0o600)
            draft.write_text(
                json.dumps({"services": [content for content, _ in self._known.values()]})
            )
            draft.replace(self._file)
        except OSError as error:
            log.warning("the configuration cannot be kept", reason=str(error))
