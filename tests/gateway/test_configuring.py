"""The gateway carries out the newest configuration that it can, and says so when it cannot."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.command_line import tallygate
from support.installation import Installation, free_port
from support.running_gateway import RunningGateway, content
from support.running_listener import RunningListener
from support.upstream_api import UpstreamApi

from tallygate.gateway import configuration
from tallygate.gateway.configuration import Unusable

pytestmark = pytest.mark.service

HERE = "http://127.0.0.1:1"


def wait_until(done: Callable[[], object], within_s: float = 20) -> None:
    give_up_at = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


@pytest.fixture
def own_gateway(tmp_path: Path) -> Iterator[RunningGateway]:
    running = RunningGateway(tmp_path / "own")
    yield running
    running.close()


def test_a_new_configuration_holds_without_a_call_being_broken(
    own_gateway: RunningGateway, listener_url: str, listener: RunningListener, api: UpstreamApi
) -> None:
    """While calls go on, a reload adds a product and changes an answer; no call fails."""
    app = listener.application("1")
    own_gateway.configure(content("1", listener_url, api.url, "a.example"))
    own_gateway.start()
    statuses: list[int] = []
    ended = threading.Event()

    def call_without_pause() -> None:
        while not ended.is_set():
            statuses.append(own_gateway.get(f"/?user_key={app.user_key}", "a.example").status)

    caller = threading.Thread(target=call_without_pause)
    caller.start()
    try:
        own_gateway.configure(
            content(
                "1", listener_url, api.url, "a.example", "b.example", error_status_auth_missing=418
            )
        )
        own_gateway.process.send_signal(signal.SIGHUP)
        wait_until(lambda: own_gateway.get("/", "b.example").status == 418)
    finally:
        ended.set()
        caller.join()
    assert set(statuses) == {200}


def test_what_cannot_be_parsed_leaves_the_last_good_one_in_force(
    own_gateway: RunningGateway, listener_url: str, listener: RunningListener, api: UpstreamApi
) -> None:
    """A file that is no JSON changes nothing; a product that is wrong stays as it was, while others change."""
    app = listener.application("1")
    one = content("1", listener_url, api.url, "a.example")
    own_gateway.configure(one)
    own_gateway.start()
    failures = "tallygate_gateway_configuration_failures_total"
    own_gateway.file.write_text("{")
    own_gateway.process.send_signal(signal.SIGHUP)
    wait_until(lambda: own_gateway.metric(failures) == 1)
    assert own_gateway.get(f"/?user_key={app.user_key}", "a.example").status == 200
    one["proxy"]["policy_chain"].insert(0, {"name": "ip_check", "configuration": {}})
    own_gateway.configure(one, content("3", listener_url, api.url, "b.example"))
    own_gateway.process.send_signal(signal.SIGHUP)
    wait_until(lambda: own_gateway.metric(failures) == 2)
    assert own_gateway.get(f"/?user_key={app.user_key}", "a.example").status == 200
    assert own_gateway.get("/", "b.example").status == 401


def test_a_gateway_starts_with_what_it_knew_while_the_portal_is_away(
    tmp_path: Path, listener_url: str, listener: RunningListener, api: UpstreamApi
) -> None:
    """The last good configuration is on disk, readable by its owner alone."""
    app = listener.application("1")
    home = tmp_path / "home"
    with Installation(home) as installed:
        product = installed.ids["product"]["id"]
        _deploy(installed, api.url)
        portal = f"http://{installed.ids['access_token']}@127.0.0.1:{installed.console.port}"
        gateway = RunningGateway(
            tmp_path / "gateway", "--environment", "staging", source=("--portal", portal)
        )
        try:
            gateway.start()
            key = installed.ids["application"]["user_key"]
            assert gateway.get(f"/?user_key={key}", "127.0.0.9").status == 200
            assert installed.total("hits") == 1
            gateway.process.stop()
            installed.console.kill()
            gateway.start()
            assert gateway.get(f"/?user_key={key}", "127.0.0.9").status == 200
            (kept,) = gateway.state.glob("configuration-*.json")
            assert kept.stat().st_mode & 0o077 == 0
            assert json.loads(kept.read_text())["services"][0]["id"] == product
        finally:
            gateway.close()
    assert app


def _deploy(installed: Installation, api_url: str) -> None:
    """Gives the first product an address and a backend, and makes its configuration."""
    installed.catalog(
        "from tallygate.catalog.deployment import deploy\n"
        f"product = Product.objects.get(pk={installed.ids['product']['id']})\n"
        "product.proxy.sandbox_endpoint = 'http://127.0.0.9:80'\n"
        f"product.proxy.set_api_backend({api_url!r})\n"
        "product.proxy.save()\n"
        f"deploy(product, 'http://127.0.0.1:{installed.listener.port}', None)\n"
    )


def test_without_a_configuration_the_gateway_is_alive_and_not_ready(tmp_path: Path) -> None:
    """A portal that is away at the first start is asked again; until then every host is unknown."""
    gateway = RunningGateway(tmp_path, source=("--portal", f"http://token@127.0.0.1:{free_port()}"))
    gateway.process.start()
    try:
        gateway.process._ready_path = "/status/live"
        gateway.process.wait_until_ready()
        from support.installation import get

        assert get(gateway.process.port, "/status/ready")[0] == 503
        assert gateway.get("/").status == 404
    finally:
        gateway.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"backend_version": "oauth"}, "not oauth"),
        ({"backend_authentication_type": "provider_key"}, "provider keys"),
        ({"proxy": {"policy_chain": [{"name": "ip_check"}]}}, "policy ip_check"),
        ({"proxy": {"api_backend": "ftp://x"}}, "http and https"),
        ({"proxy": {"api_backend": "http://x:y"}}, "http://x:y"),
        ({"proxy": {"error_status_auth_failed": 42}}, "error_status_auth_failed"),
        ({"proxy": {"error_headers_no_match": "a\r\nb: c"}}, "error_headers_no_match"),
        ({"proxy": {"proxy_rules": [{"pattern": "/"}]}}, "http_method"),
        ({"backend_authentication_value": None}, "backend_authentication_value"),
    ],
)
def test_what_the_gateway_cannot_carry_out_is_told(change: dict[str, object], said: str) -> None:
    """Rather no product than one whose protection is left out."""
    given = content("1", HERE, HERE, "a.example")
    proxy = change.pop("proxy", {})
    assert isinstance(proxy, dict)
    given |= change
    given["proxy"] |= proxy
    with pytest.raises(Unusable, match=said):
        configuration.read(given)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "either --config or --portal"),
        (("--config", "a", "--portal", "http://t@h"), "either --config or --portal"),
        (("--portal", "http://host-without-token"), "ACCESS_TOKEN@"),
        (("--config", "a", "--listen", "nowhere"), "HOST:PORT"),
    ],
)
def test_wrong_options_are_told_in_a_line(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = tallygate("gateway", "--state", str(tmp_path), *arguments)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
