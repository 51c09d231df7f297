"""What an application has used: its limits as the listener knows them, its last 30 days as the history does."""

import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from support.catalog_data import application as make_application
from support.catalog_data import method as make_method
from support.catalog_data import plan as make_plan
from support.portal_pages import commands, member, run, token_of
from support.running_listener import RunningListener

from tallygate.catalog.models import Account
from tallygate.console import application_page
from tallygate.console.utilization import ListenerSilent, Used, utilization
from tallygate.domain.errors import HistoryUnavailable
from tallygate.settings import Settings
from tallygate.web import runtime

DAY_S = 86_400


@pytest.fixture
def listener(tmp_path) -> Iterator[RunningListener]:
    running = RunningListener(tmp_path / "home", internal_user="portal", internal_password="secret")
    running.service("1", "1", default=True)
    running.start()
    try:
        yield running
    finally:
        running.close()


def named(service: str, application: str) -> Any:
    """What of an application is asked for."""
    return SimpleNamespace(product=SimpleNamespace(service_id=service), application_id=application)


def settings_of(listener: RunningListener) -> Settings:
    return Settings(home=listener.home, internal_user="portal", internal_password="secret")


@pytest.mark.service
def test_utilization_is_what_the_listener_has_counted(listener: RunningListener) -> None:
    """Also of an id that no path could have as it is."""
    limits = {("hits", "day"): 5, ("child", "eternity"): 2}
    made = listener.application("1", limits=limits, application_id="a b/c?d")
    settings = settings_of(listener)
    assert utilization(settings, named("1", made.id)) == [
        Used("hits", "day", 5, 0), Used("child", "eternity", 2, 0),
    ]  # fmt: skip
    for _ in range(2):
        assert listener.authrep(f"{made.by_key}&usage[child]=1").status == 200
    assert utilization(settings, named("1", made.id)) == [
        Used("hits", "day", 5, 2), Used("child", "eternity", 2, 2),
    ]  # fmt: skip


@pytest.mark.service
def test_the_listener_says_why_it_tells_nothing(listener: RunningListener) -> None:
    settings = settings_of(listener)
    with pytest.raises(ListenerSilent, match="404: application not found"):
        utilization(settings, named("1", "nobody"))
    with pytest.raises(ListenerSilent, match="answers"):
        utilization(replace(settings, internal_password="wrong"), named("1", "nobody"))


def test_a_listener_that_does_not_run_is_told_at_once(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings = Settings(home=tmp_path, listener=f"127.0.0.1:{port}")
    with pytest.raises(ListenerSilent, match="does not answer"):
        utilization(settings, named("1", "app"))


def test_a_listener_that_hangs_is_not_waited_for(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings = Settings(home=tmp_path, listener=f"127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(ListenerSilent, match="timed out"):
            utilization(settings, named("1", "app"))


@pytest.mark.parametrize(
    "answer", [b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"]
)
def test_what_answers_something_else_is_no_listener(tmp_path, answer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def once() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=once)
        thread.start()
        settings = Settings(home=tmp_path, listener=f"127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(ListenerSilent):
            utilization(settings, named("1", "app"))
        thread.join()


@pytest.mark.parametrize(
    ("maximum", "current", "percent"), [(200, 50, 25), (0, 0, 0), (0, 1, 100), (10, 25, 250)]
)
def test_percent_is_the_share_of_the_limit_that_is_used(maximum, current, percent) -> None:
    assert Used("hits", "day", maximum, current).percent == percent


# The pages


def application(portal, **values):
    plan = make_plan(portal.product, name="Gold")
    return make_application(
        plan, account=Account.objects.get(), name="Mobile", application_id="mobile", **values
    )


def test_the_page_shows_limits_by_the_names_of_metrics(portal, monkeypatch):
    made = application(portal)
    make_method(portal.product, "List <orders>")
    found = [
        Used("hits", "day", 1000, 150), Used("list_orders", "eternity", 10, 9),
        Used("gone", "minute", 0, 3),
    ]  # fmt: skip
    monkeypatch.setattr(application_page, "utilization", lambda *_: found)
    page = portal.get(f"/applications/{made.pk}/utilization").content.decode()
    for text in ("Hits", "this day", "1,000", "15%", "List &lt;orders&gt;", "in all", "gone"):
        assert text in page
    assert '<span class="badge warn">90%</span>' in page
    assert '<span class="badge bad">100%</span>' in page


def test_the_page_says_why_there_is_no_utilization(portal, monkeypatch):
    def silent(*_: Any) -> None:
        raise ListenerSilent("the listener does not answer: <refused>")

    monkeypatch.setattr(application_page, "utilization", silent)
    page = portal.get(f"/applications/{application(portal).pk}/utilization")
    assert page.status_code == 200
    assert b"The listener does not answer: &lt;refused&gt;." in page.content


def test_the_call_of_the_analytics_api_gives_the_same_hits(portal):
    made = application(portal)
    portal.count(portal.clock.now_s(), portal.product.hits, value=7, application="mobile")
    portal.count(portal.clock.now_s(), portal.product.hits, value=1000, application="other")
    answer = portal.get(f"/applications/{made.pk}/usage")
    (command,) = commands(answer)
    assert run(command, token_of("admin")).json()["total"] == answer.context["total"] == 7


def test_the_last_30_days_are_the_applications_own(portal):
    """By the day in the provider's zone; what others of the product used is not in them."""
    made, now_s = application(portal), portal.clock.now_s()
    method = make_method(portal.product)
    hits = portal.product.hits
    for days, count in ((0, 3), (1, 4), (29, 5), (30, 100)):
        portal.count(now_s - days * DAY_S, hits, value=count, application="mobile")
    portal.count(now_s, hits, method, value=2, application="mobile")
    portal.count(now_s, hits, value=1000, application="other")
    shown = portal.get(f"/applications/{made.pk}/usage").context
    (curve,) = shown["report"].chart["curves"]
    assert len(curve["values"]) == 30
    assert curve["values"][-2:] == (4, 5)
    assert curve["values"][0] == 5
    assert (shown["total"], sum(curve["previous"])) == (14, 100)
    page = portal.get(f"/applications/{made.pk}/usage").content.decode()
    assert 'data-chart="usage-data"' in page
    assert '<dt dir="auto">Orders</dt><dd><strong>2</strong>' in page


def test_an_application_that_never_called_has_no_chart(portal):
    page = portal.get(f"/applications/{application(portal).pk}/usage").content.decode()
    assert "It has not called in this time" in page
    assert "data-chart" not in page


def test_the_page_says_when_the_history_cannot_be_read(portal, monkeypatch):
    class Away:
        def ask(self, _question: Any) -> None:
            raise HistoryUnavailable("the engine is away")

    made = application(portal)
    monkeypatch.setattr(runtime, "history", Away)
    page = portal.get(f"/applications/{made.pk}/usage")
    assert b"The engine is away. Calls go on being counted; nothing is lost." in page.content


def test_usage_is_for_those_who_may_see_analytics(portal):
    path = f"/applications/{application(portal).pk}"
    client = member(portal, "partners")
    assert client.get(f"{path}/usage").status_code == 403
    assert b"Last 30 days" not in client.get(path).content
    both = member(portal, "partners", "monitoring")
    assert both.get(f"{path}/usage").status_code == 200
    assert b"Last 30 days" in both.get(path).content


def test_the_page_of_an_application_waits_for_neither(portal, monkeypatch):
    """It fetches them by itself."""

    def forbidden(*_: Any) -> None:
        raise AssertionError("nobody shall ask")

    made = application(portal)
    monkeypatch.setattr(application_page, "utilization", forbidden)
    monkeypatch.setattr(runtime, "history", forbidden)
    assert portal.get(f"/applications/{made.pk}").status_code == 200
