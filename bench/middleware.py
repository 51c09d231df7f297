"""What the middleware adds to a request of a FastAPI application, in the process itself, without a server around it."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from support.installation import Installation

from bench.load import spread
from tallygate.middleware import TallygateMiddleware

REQUESTS = 5_000
ROUNDS = 5


def main() -> None:
    """GET of a route that answers a constant; answers of Tallygate are held, reports are spooled and sent meanwhile."""
    with tempfile.TemporaryDirectory() as folder, Installation(Path(folder) / "home") as running:
        product = running.ids["product"]
        bare = _application()
        counted = _application()
        counted.add_middleware(
            TallygateMiddleware, service_token=product["service_token"], product=product["id"],
            listener=f"http://127.0.0.1:{running.listener.port}", spool=f"{folder}/spool",
        )  # fmt: skip
        key = running.ids["application"]["user_key"]
        without, with_it = [], []
        for _ in range(ROUNDS):
            without.append(_us_per_request(bare, key))
            with_it.append(_us_per_request(counted, key))
        added = [b - a for a, b in zip(without, with_it, strict=True)]
        print(f"   without   {spread(without, 1)} µs")
        print(f"   with      {spread(with_it, 1)} µs; added {spread(added, 1)} µs")


def _application() -> FastAPI:
    app = FastAPI()

    @app.get("/orders")
    async def orders() -> dict[str, int]:
        return {"orders": 7}

    return app


def _us_per_request(app: Callable[..., Any], key: str) -> float:
    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def run() -> float:
        begun = time.perf_counter()
        for _ in range(REQUESTS):
            scope = {
                "type": "http", "method": "GET", "path": "/orders", "raw_path": b"/orders",
                "query_string": b"user_key=" + key.encode(), "headers": [(b"host", b"x")] * 8,
                "http_version": "1.1", "scheme": "http",
            }  # fmt: skip
            await app(scope, receive, send)
        return (time.perf_counter() - begun) / REQUESTS * 1e6

    return asyncio.run(run())
