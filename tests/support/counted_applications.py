"""One small application, as FastAPI, Flask and Django have it, with the middleware in front.

Its settings are in `COUNTED_APPLICATION`, as JSON. `/orders/{n}` answers n bytes and counts them on `other`; `/fail`
raises; `/health` matches no rule.
"""

import json
import os
from typing import Any

from tallygate.middleware import Rule, TallygateMiddleware, TallygateWsgiMiddleware, current

SETTINGS: dict[str, Any] = json.loads(os.environ.get("COUNTED_APPLICATION", "{}"))
RULES = [Rule("GET", "/orders/{n}", "hits"), Rule("GET", "/fail", "hits")]


def fastapi() -> Any:
    from fastapi import FastAPI, Request
    from fastapi.responses import PlainTextResponse

    app = FastAPI()
    app.add_middleware(TallygateMiddleware, rules=RULES, **SETTINGS)

    @app.get("/orders/{number}")
    def orders(request: Request, number: int) -> PlainTextResponse:
        request.state.tallygate.add("other", number)
        return PlainTextResponse("x" * number, 201)

    @app.get("/fail")
    async def fail() -> None:
        raise RuntimeError("it failed")

    @app.get("/health")
    async def health() -> str:
        return "well"

    return app


def flask() -> Any:
    from flask import Flask, Response

    app = Flask(__name__)
    app.wsgi_app = TallygateWsgiMiddleware(app.wsgi_app, rules=RULES, **SETTINGS)  # type: ignore[method-assign]

    @app.get("/orders/<int:number>")
    def orders(number: int) -> Response:
        current().add("other", number)
        return Response("x" * number, 201)

    @app.get("/fail")
    def fail() -> Response:
        raise RuntimeError("it failed")

    @app.get("/health")
    def health() -> str:
        return "well"

    return app


def _django() -> None:
    import django
    from django.conf import settings
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    def orders(request: HttpRequest, number: int) -> HttpResponse:
        current().add("other", number)
        return HttpResponse("x" * number, status=201)

    def fail(request: HttpRequest) -> HttpResponse:
        raise RuntimeError("it failed")

    def health(request: HttpRequest) -> HttpResponse:
        return HttpResponse("well")

    class Urls:
        urlpatterns = (
            path("orders/<int:number>", orders),
            path("fail", fail),
            path("health", health),
        )

    settings.configure(ROOT_URLCONF=Urls, ALLOWED_HOSTS=["*"], SECRET_KEY="x")
    django.setup()


def django_asgi() -> Any:
    _django()
    from django.core.asgi import get_asgi_application

    return TallygateMiddleware(get_asgi_application(), rules=RULES, **SETTINGS)


def django_wsgi() -> Any:
    _django()
    from django.core.wsgi import get_wsgi_application

    return TallygateWsgiMiddleware(get_wsgi_application(), rules=RULES, **SETTINGS)
