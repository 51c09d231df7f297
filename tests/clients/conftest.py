"""Real clients against a real installation."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.installation import Installation, free_port
from support.running_gateway import RunningGateway
from support.upstream_api import UpstreamApi


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Listener and console with a first provider, and a gateway at which each product has a loopback address of its own."""
    folder, port = tmp_path_factory.mktemp("clients"), free_port()
    with (
        Installation(folder / "home", gateway_url=f"http://{{loopback}}:{port}") as installation,
        UpstreamApi() as api,
    ):
        portal = f"http://{installation.ids['access_token']}@127.0.0.1:{installation.console.port}"
        source = ("--portal", portal, "--environment", "staging", "--refresh", "0")
        gateway = RunningGateway(folder / "gateway", source=source, listen=f"0.0.0.0:{port}")
        gateway.start()
        installation.api_url = api.url
        try:
            yield installation
        finally:
            gateway.close()
