"""The gateway's address for whoever runs it: health and metrics."""

import socket
from collections.abc import Callable

from aiohttp import web

from tallygate.gateway.metrics import Metrics


async def serve(
    listening: socket.socket, ready: Callable[[], bool], metrics: Metrics
) -> web.AppRunner:
    """Serves until the runner is cleaned up.

    | path | answer |
    |---|---|
    | /status/live | 200 while the process works |
    | /status/ready | 200 when there is a configuration, else 503 |
    | /metrics | Prometheus' text format |
    """

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "live", "success": True})

    async def is_ready(_: web.Request) -> web.Response:
        found = ready()
        return web.json_response(
            {"status": "ready" if found else "error", "success": found},
            status=200 if found else 503,
        )

    async def figures(_: web.Request) -> web.Response:
        return web.Response(
            body=metrics.text(),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    app = web.Application()
    app.add_routes(
        [
            web.get("/status/live", live),
            web.get("/status/ready", is_ready),
            web.get("/metrics", figures),
        ]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    return runner
