"""For ASGI: FastAPI, Starlette, Litestar, Django."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tallygate.middleware import counted
from tallygate.middleware.counted import Counted
from tallygate.middleware.keeper import MISSING, Counting, Keeper, Refusal, refusal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class TallygateMiddleware:
    """Counts each request when it was answered; lets it pass only if it may.

    What the application adds while it answers, `request.state.tallygate.add("bytes", 10)` or `current().add(...)`, is
    counted too. A WebSocket counts when it ends, as a GET.
    """

    def __init__(self, app: App, service_token: str, product: str | int, **settings: Any) -> None:
        """`settings`: As of `Keeper` and `Client`."""
        self._app = app
        self._keeper = Keeper(service_token, product, **settings)

    @property
    def client(self) -> Any:
        return self._keeper.client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind not in ("http", "websocket"):
            if kind == "lifespan":
                receive = self._until_shutdown(receive)
            await self._app(scope, receive, send)
            return
        keeper = self._keeper
        usage = keeper.usage(scope.get("method", "GET"), _target(scope))
        if not usage:
            await self._app(scope, receive, send)
            return
        who = keeper.who(scope, _headers(scope), scope["query_string"].decode("latin-1"))
        if keeper.authorizes:
            if who is None:
                await _refuse(kind, send, MISSING)
                return
            answer = keeper.known(who, usage)
            if answer is None:
                loop = asyncio.get_running_loop()
                answer = await loop.run_in_executor(None, keeper.ask, who, usage)
            if not answer.authorized:
                await _refuse(kind, send, refusal(answer))
                return
        if who is None:
            await self._app(scope, receive, send)
            return
        await self._count(keeper.counting(who, usage), scope, receive, send)

    async def _count(self, counting: Counting, scope: Scope, receive: Receive, send: Send) -> None:
        added = Counted()
        scope["state"] = {**scope.get("state", {}), "tallygate": added}
        code: int | None = None if scope["type"] == "websocket" else 500

        async def noting(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = message["status"]
            await send(message)

        token = counted.now.set(added)
        try:
            await self._app(scope, receive, noting)
        finally:
            counted.now.reset(token)
            self._keeper.report(counting, added.usage, code)

    def _until_shutdown(self, receive: Receive) -> Receive:
        """Sends what is spooled when the server shuts down."""

        async def watching() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await asyncio.to_thread(self._keeper.client.flush, 2.0)
            return message

        return watching


def _target(scope: Scope) -> str:
    raw = scope.get("raw_path") or scope["path"].encode()
    query = scope["query_string"]
    return (raw + b"?" + query if query else raw).decode("latin-1")  # type: ignore[no-any-return]


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def _refuse(kind: str, send: Send, refused: Refusal) -> None:
    if kind == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": refused.body.decode()})
        return
    headers = [(name.encode(), value.encode()) for name, value in refused.headers]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": refused.body})
