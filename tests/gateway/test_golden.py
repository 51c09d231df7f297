"""The gateway counts what APIcast was seen to count, for each of 121 requests."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.running_gateway import RunningGateway, content
from support.running_listener import RunningListener
from support.upstream_api import UpstreamApi

from tallygate.registry.records import Metric, Service

pytestmark = pytest.mark.service

GOLDEN = json.loads(
    (Path(__file__).parent.parent / "data" / "mapping_rules_golden.json").read_text()
)
BLOCKS = GOLDEN["blocks"]


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningListener]:
    """A product for each block of observations, with a metric for each name that rules count on."""
    running = RunningListener(tmp_path_factory.mktemp("listener"))
    for number, block in enumerate(BLOCKS, 1):
        product = str(number)
        running.registry.put_service(Service(product, "pk", "1"))
        running.registry.put_service_token(product, f"token{product}")
        names = sorted({rule["metric_system_name"] for rule in block["rules"]})
        for name in names:
            running.registry.put_metric(Metric(product, f"{product}.{name}", name, ""))
    running.start()
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(scope="module")
def gateway(
    listener: RunningListener, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    running = RunningGateway(tmp_path_factory.mktemp("gateway"))
    with UpstreamApi() as api:
        url = f"http://127.0.0.1:{listener.port}"
        running.configure(
            *(_content(str(n), url, api.url, each) for n, each in enumerate(BLOCKS, 1))
        )
        running.start()
        try:
            yield running
        finally:
            running.close()


def _content(number: str, listener_url: str, api_url: str, block: dict[str, Any]) -> dict[str, Any]:
    chain = json.loads(json.dumps(block["policy_chain"]))
    for policy in chain:
        for route in policy["configuration"].get("rules", ()):
            route["url"] = api_url
    return content(
        number, listener_url, api_url if block["api_backend"] else None, f"block{number}.example",
        rules=block["rules"], policy_chain=chain,
        credentials_location="headers", auth_user_key="key",
    )  # fmt: skip


@pytest.mark.parametrize("number", range(len(BLOCKS)), ids=[each["name"] for each in BLOCKS])
def test_each_request_counts_what_it_counts_there(
    gateway: RunningGateway, listener: RunningListener, number: int
) -> None:
    """Sent byte by byte as it was sent there; also a call for which there is no backend is counted."""
    product = str(number + 1)
    differ = []
    for case in BLOCKS[number]["cases"]:
        app = listener.application(product)
        body = (case["body"] or "").encode()
        head = f"{case['method']} {case['path']} HTTP/1.1\r\nHost: block{product}.example\r\nkey: {app.user_key}\r\n"
        if case["content_type"]:
            head += f"Content-Type: {case['content_type']}\r\n"
        if body:
            head += f"Content-Length: {len(body)}\r\n"
        head += "Connection: close\r\n\r\n"
        found = gateway.raw(head.encode("utf-8") + body)
        status = int(found.split(b" ", 2)[1])
        usage = {
            metric.partition(".")[2]: value
            for entry in listener.entries(app)
            for metric, value in entry.usage
            if value
        }
        if (status, usage) != (case["status"], case["usage"]):
            differ.append((case["method"], case["path"], status, usage, case))
    assert differ == []
