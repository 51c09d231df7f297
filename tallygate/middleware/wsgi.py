"""For WSGI: Flask, Django, Pyramid, Bottle."""

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import quote_from_bytes

from tallygate.middleware import counted
from tallygate.middleware.counted import Counted
from tallygate.middleware.keeper import MISSING, Counting, Keeper, Refusal, refusal

Environment = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environment, StartResponse], Iterable[bytes]]


class TallygateWsgiMiddleware:
    """Counts each request when its answer was sent; lets it pass only if it may.

    What the application adds while it answers, `environ["tallygate"].add("bytes", 10)` or `current().add(...)`, is
    counted too.
    """

    def __init__(self, app: App, service_token: str, product: str | int, **settings: Any) -> None:
        """`settings`: As of `Keeper` and `Client`."""
        self._app = app
        self._keeper = Keeper(service_token, product, **settings)

    @property
    def client(self) -> Any:
        return self._keeper.client

    def __call__(self, environ: Environment, start_response: StartResponse) -> Iterable[bytes]:
        keeper = self._keeper
        usage = keeper.usage(environ["REQUEST_METHOD"], _target(environ))
        if not usage:
            return self._app(environ, start_response)
        who = keeper.who(environ, _headers(environ), environ.get("QUERY_STRING", ""))
        if keeper.authorizes:
            if who is None:
                return _refuse(start_response, MISSING)
            answer = keeper.known(who, usage) or keeper.ask(who, usage)
            if not answer.authorized:
                return _refuse(start_response, refusal(answer))
        if who is None:
            return self._app(environ, start_response)
        return self._count(keeper.counting(who, usage), environ, start_response)

    def _count(
        self, counting: Counting, environ: Environment, start_response: StartResponse
    ) -> Iterable[bytes]:
        added = environ["tallygate"] = Counted()
        code = 500

        def noting(status: str, *others: Any) -> Any:
            nonlocal code
            code = int(status[:3])
            return start_response(status, *others)

        def report() -> None:
            self._keeper.report(counting, added.usage, code)

        token = counted.now.set(added)
        try:
            answer = self._app(environ, noting)
        except BaseException:
            report()
            raise
        finally:
            counted.now.reset(token)
        return _Answer(answer, added, report)


class _Answer:
    """An application's answer; when the server is done with it, it is reported."""

    def __init__(self, inner: Iterable[bytes], added: Counted, report: Callable[[], None]) -> None:
        self._inner = inner
        self._added = added
        self._report = report

    def __iter__(self) -> Iterator[bytes]:
        parts = iter(self._inner)
        while True:
            token = counted.now.set(self._added)  # a body that is made while it is sent adds too
            try:
                part = next(parts)
            except StopIteration:
                return
            finally:
                counted.now.reset(token)
            yield part

    def close(self) -> None:
        try:
            close = getattr(self._inner, "close", None)
            if close is not None:
                close()
        finally:
            self._report()


def _target(environ: Environment) -> str:
    """The path as it was sent where the server tells, else escaped again."""
    query = environ.get("QUERY_STRING", "")
    decoded = (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1")
    path = quote_from_bytes(decoded, safe="/:@&=+,;!*'()$")
    return f"{path}?{query}" if query else path


def _headers(environ: Environment) -> dict[str, str]:
    return {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }


def _refuse(start_response: StartResponse, refused: Refusal) -> Iterable[bytes]:
    status = f"{refused.status} {HTTPStatus(refused.status).phrase}"
    start_response(status, list(refused.headers))
    return [refused.body]
