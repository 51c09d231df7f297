"""A gateway between callers, a listener and an API."""

from collections.abc import Iterator

import pytest
from support.running_gateway import RunningGateway, content, listener_with, rule
from support.running_listener import RunningListener
from support.upstream_api import UpstreamApi

HOST = "api.example"


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningListener]:
    """Product 1 has user keys, product 3 ids with keys."""
    running = listener_with(tmp_path_factory.mktemp("listener"), "1")
    running.service("3", "2")
    running.registry.put_service_token("3", "token3")
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(scope="module")
def api() -> Iterator[UpstreamApi]:
    with UpstreamApi() as running:
        yield running


@pytest.fixture(scope="module")
def listener_url(listener: RunningListener) -> str:
    return f"http://127.0.0.1:{listener.port}"


@pytest.fixture(scope="module")
def gateway(
    listener_url: str, api: UpstreamApi, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    """Serves product 1 at `api.example`, with a rule of its own for POST /form."""
    running = RunningGateway(tmp_path_factory.mktemp("gateway"), "--upstream-timeout", "1")
    rules = [rule("/", method="ANY"), rule("/form?kind=large", "other", "POST", 10)]
    running.configure(
        content("1", listener_url, api.url, HOST, rules=rules, secret_token="for-the-api"),
    )
    running.start()
    try:
        yield running
    finally:
        running.close()
