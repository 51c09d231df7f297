"""The gateway's process.

asked by          what it does
SIGTERM, SIGINT   stops: calls that are under way may take STOP_WITHIN_S
SIGHUP            looks for a new configuration at once
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
import uvloop

from tallygate.gate import Gate
from tallygate.gateway import management
from tallygate.gateway.app import Gateway
from tallygate.gateway.asking import Asker
from tallygate.gateway.authorization import Authorization
from tallygate.gateway.configured import Configured
from tallygate.gateway.metrics import Metrics
from tallygate.gateway.options import Options
from tallygate.gateway.reporting import Reports
from tallygate.gateway.routing import Products
from tallygate.gateway.sources import source
from tallygate.gateway.upstream import Upstreams
from tallygate.process import allow_many_open_files, listen
from tallygate.settings import address

log = structlog.get_logger()

STOP_WITHIN_S: Final = 10
"""How long calls that are under way may take when the process is asked to stop."""

_AT_LEAST_EVERY_S: Final = 30.0
"""How often the configuration is looked up when it is looked up for each call, and none comes."""

_SEND_WITHIN_S: Final = 2.0
"""How long it may take then to send what is spooled; the rest waits on disk for the next start."""


def run(options: Options) -> None:
    """Runs until it is asked to end.

    Raises:
        InputError: An option makes no sense.
        OSError: An address is taken, or the state folder cannot be written.
    """
    allow_many_open_files()
    uvloop.run(_serve(options))


async def _serve(options: Options) -> None:
    stop, again = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, again.set)
    configured = Configured(
        source(options.source, options.environment), options.state, options.listener
    )
    with _listening(options.listen) as calls, _listening(options.management) as managing:
        async with _gateway(options, configured) as (app, metrics):
            await configured.begin(metrics)
            runner = await management.serve(managing, lambda: configured.ready, metrics)
            every_s = options.refresh_s or _AT_LEAST_EVERY_S
            following = asyncio.create_task(_follow(configured, metrics, every_s, again))
            try:
                host, port = calls.getsockname()[:2]
                log.info("gateway ready", address=f"{host}:{port}")
                await _until(stop, Gate(app, calls))
            finally:
                following.cancel()
                await runner.cleanup()


@asynccontextmanager
async def _gateway(
    options: Options, configured: Configured
) -> AsyncIterator[tuple[Gateway, Metrics]]:
    reports = Reports(options.state / "spool", lambda: configured.products, options.spool_bytes)
    try:
        metrics = Metrics(reports.figures)
        asker = Asker(options.ask_timeout_s)
        upstreams = Upstreams(options.connect_timeout_s, options.upstream_timeout_s)
        try:
            authorization = Authorization(asker, reports, options.hold_s, options.when_away)

            async def products() -> Products:
                if options.refresh_s:
                    return configured.products
                return await configured.newest(metrics)

            yield Gateway(products, authorization, upstreams, reports, metrics), metrics
        finally:
            await asker.close()
            await upstreams.close()
    finally:
        await asyncio.to_thread(reports.close, _SEND_WITHIN_S)


async def _follow(
    configured: Configured, metrics: Metrics, every_s: float, again: asyncio.Event
) -> None:
    """Looks for a new configuration, every so often and when it is asked to."""
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(again.wait(), every_s)
        again.clear()
        await configured.refresh(metrics)


async def _until(stop: asyncio.Event, gate: Gate) -> None:
    serving = asyncio.ensure_future(gate.serve())
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    gate.stop()
    await asyncio.wait((serving,), timeout=STOP_WITHIN_S)
    if serving.done():
        serving.result()


def _listening(place: str) -> socket.socket:
    host, port = address(place)
    try:
        return listen(host, port)
    except OSError as error:
        raise OSError(error.errno, f"{place}: {error.strerror}") from error
