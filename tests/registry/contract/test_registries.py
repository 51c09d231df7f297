"""What every registry promises: what was committed holds for the very next look-up, and nothing else does."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from support.registry_place import Place

from tallygate.registry.contract import Registry
from tallygate.registry.records import AlertLimit, Application, Limit, Metric, Service
from tallygate.registry.store import Store


def application(place: Place, name: str = "app", service: str = "10", **given: str) -> None:
    place.change(lambda writer: writer.put_application(Application(service, name, **given)))


def service(place: Place, name: str = "10", key: str = "pk", **given: Any) -> None:
    place.change(lambda writer: writer.put_service(Service(name, key, **given)))


def state_of(name: str = "app") -> Callable[[Registry], str | None]:
    def work(registry: Registry) -> str | None:
        found = registry.application("10", name)
        return found.application.state if found else None

    return work


async def test_nothing_is_there_before_it_is_put(place: Place) -> None:
    assert await place.seen(lambda registry: registry.service("10")) is None
    assert await place.seen(lambda registry: registry.application("10", "app")) is None
    assert await place.seen(lambda registry: registry.application_id_of("10", "uk")) is None
    assert await place.seen(lambda registry: registry.default_service_id("pk")) is None


async def test_a_changed_application_is_seen_by_the_next_call(place: Place) -> None:
    application(place)
    assert await place.seen(state_of()) == "active"
    application(place, state="suspended")
    assert await place.seen(state_of()) == "suspended"


async def test_a_new_application_is_seen_by_the_next_call(place: Place) -> None:
    """That an application was not found is not remembered."""
    assert await place.seen(state_of("later")) is None
    application(place, "later")
    assert await place.seen(state_of("later")) == "active"


async def test_more_applications_than_the_memory_holds_are_found(place: Place) -> None:
    for number in range(30):
        application(place, f"app{number}", plan_id=str(number))
    for number in (0, 29, 3, 0):

        def plan(registry: Registry, name: str = f"app{number}") -> str | None:
            found = registry.application("10", name)
            return found and found.application.plan_id

        assert await place.seen(plan) == str(number)


async def test_a_service_may_have_a_window_of_time_of_its_own(place: Place) -> None:
    """Zero is a window too: nothing but now."""

    def windows_of(registry: Registry) -> tuple[int | None, int | None]:
        view = registry.service("10")
        assert view is not None
        return view.service.past_window_s, view.service.future_window_s

    async def windows_s() -> tuple[int | None, int | None]:
        return await place.seen(windows_of)

    service(place, "10")
    assert await windows_s() == (None, None)
    service(place, "10", past_window_s=86_400 * 400, future_window_s=0)
    assert await windows_s() == (86_400 * 400, 0)
    service(place, "10", past_window_s=0)
    assert await windows_s() == (0, None)


async def test_keys_and_filters_of_an_application_are_seen_as_they_change(place: Place) -> None:
    def work(registry: Registry) -> tuple[tuple[str, ...], tuple[str, ...]]:
        found = registry.application("10", "app")
        assert found is not None
        return found.keys, found.referrer_filters

    application(place)
    assert await place.seen(work) == ((), ())
    place.change(lambda writer: writer.put_application_key("10", "app", "k2"))
    place.change(lambda writer: writer.put_application_key("10", "app", "k1"))
    place.change(lambda writer: writer.put_application_key("10", "app", "k1"))
    place.change(lambda writer: writer.put_referrer_filter("10", "app", "*.org"))
    assert await place.seen(work) == (("k1", "k2"), ("*.org",))
    place.change(lambda writer: writer.delete_application_key("10", "app", "k2"))
    place.change(lambda writer: writer.delete_referrer_filter("10", "app", "*.org"))
    assert await place.seen(work) == (("k1",), ())


async def test_a_deleted_application_is_gone_with_all_it_had(place: Place) -> None:
    """Nothing is left that a new application of the same id would inherit."""

    def fill(writer: Any) -> None:
        writer.put_application(Application("10", "app"))
        writer.put_user_key("10", "uk", "app")
        writer.put_application_key("10", "app", "secret")
        writer.put_referrer_filter("10", "app", "*.org")

    place.change(fill)
    assert await place.seen(lambda registry: registry.application_id_of("10", "uk")) == "app"
    place.change(lambda writer: writer.delete_application("10", "app"))
    assert await place.seen(state_of()) is None
    assert await place.seen(lambda registry: registry.application_id_of("10", "uk")) is None
    application(place)
    assert place.read(lambda store: store.tables.application_keys("10", "app")) == []
    assert place.read(lambda store: store.tables.referrer_filters("10", "app")) == []


async def test_a_user_key_may_move_and_go(place: Place) -> None:
    """It may also dangle: the application need not be there."""

    async def owner() -> str | None:
        return await place.seen(lambda registry: registry.application_id_of("10", "uk"))

    place.change(lambda writer: writer.put_user_key("10", "uk", "a"))
    assert await owner() == "a"
    place.change(lambda writer: writer.put_user_key("10", "uk", "b"))
    assert await owner() == "b"
    place.change(lambda writer: writer.delete_application("10", "a"))
    assert await owner() == "b"
    place.change(lambda writer: writer.delete_user_key("10", "uk"))
    assert await owner() is None


async def test_a_service_is_seen_with_its_tokens_metrics_limits_and_alert_limits(
    place: Place,
) -> None:
    def work(registry: Registry) -> Any:
        view = registry.service("10")
        assert view is not None
        return (
            view.service.provider_key,
            view.service.backend_version,
            view.tokens,
            view.metric_ids,
            view.parents,
            [(limit.metric_id, limit.period, limit.value) for limit in view.limits("p")],
            view.alert_levels,
        )

    service(place, backend_version="1")
    assert await place.seen(work) == ("pk", "1", frozenset(), {}, {}, [], ())

    def more(writer: Any) -> None:
        writer.put_service_token("10", "t")
        writer.put_metric(Metric("10", "2", "method", "1"))
        writer.put_metric(Metric("10", "1", "hits"))
        writer.put_limit(Limit("10", "p", "2", "day", 7))
        writer.put_limit(Limit("10", "p", "1", "minute", 5))
        writer.put_limit(Limit("10", "p", "1", "eternity", 9))
        writer.put_alert_limit(AlertLimit("10", 100))
        writer.put_alert_limit(AlertLimit("10", 50))

    place.change(more)
    assert await place.seen(work) == (
        "pk",
        "1",
        frozenset({"t"}),
        {"hits": "1", "method": "2"},
        {"2": "1"},
        [("1", "eternity", 9), ("1", "minute", 5), ("2", "day", 7)],
        (50, 100),
    )

    def less(writer: Any) -> None:
        writer.delete_service_token("10", "t")
        writer.delete_metric("10", "1")
        writer.delete_limit("10", "p", "2", "day")
        writer.delete_alert_limit("10", 100)

    place.change(less)
    assert await place.seen(work) == (
        "pk", "1", frozenset(), {"method": "2"}, {"2": "1"}, [], (50,),
    )  # fmt: skip


async def test_a_deleted_service_is_gone_with_all_that_hangs_on_it(place: Place) -> None:
    def fill(writer: Any) -> None:
        writer.put_service(Service("10", "pk", default=True))
        writer.put_service_token("10", "t")
        writer.put_metric(Metric("10", "1", "hits"))
        writer.put_limit(Limit("10", "p", "1", "day", 7))
        writer.put_alert_limit(AlertLimit("10", 100))
        writer.put_application(Application("10", "app"))
        writer.put_user_key("10", "uk", "app")

    place.change(fill)
    assert await place.seen(state_of()) == "active"
    place.change(lambda writer: writer.delete_service("10"))
    assert await place.seen(lambda registry: registry.service("10")) is None
    assert await place.seen(state_of()) is None
    assert await place.seen(lambda registry: registry.application_id_of("10", "uk")) is None
    assert await place.seen(lambda registry: registry.default_service_id("pk")) is None
    place.change(fill)
    place.change(lambda writer: writer.delete_service_token("10", "t"))
    tables = place.read(
        lambda store: (
            store.tables.tokens("10"),
            [metric.id for metric in store.tables.metrics("10")],
            len(list(store.tables.limits("10"))),
            store.tables.service_ids("pk"),
        )
    )
    assert tables == ([], ["1"], 1, ["10"])


async def test_another_default_service_holds_for_the_next_call(place: Place) -> None:
    async def default(key: str = "pk") -> str | None:
        return await place.seen(lambda registry: registry.default_service_id(key))

    service(place, "10", default=True)
    service(place, "11")
    assert await default() == "10"
    service(place, "11", default=True)
    assert await default() == "11"
    assert place.read(lambda store: store.tables.service("10")) == Service("10", "pk")
    service(place, "11")
    assert await default() is None
    service(place, "12", "other", default=True)
    assert await default("other") == "12"


async def test_a_service_may_go_to_another_provider(place: Place) -> None:
    service(place, "10", default=True)
    service(place, "10", "new", default=True)
    assert await place.seen(lambda registry: registry.default_service_id("pk")) is None
    assert await place.seen(lambda registry: registry.default_service_id("new")) == "10"
    ids = place.read(
        lambda store: (store.tables.service_ids("pk"), store.tables.service_ids("new"))
    )
    assert ids == ([], ["10"])


async def test_a_provider_may_get_another_key_for_all_its_services(place: Place) -> None:
    service(place, "10")
    service(place, "11", default=True, backend_version="oauth", state="suspended")
    service(place, "20", "other", default=True)
    assert await place.seen(lambda registry: registry.service("11") is not None)
    place.change(lambda writer: writer.change_provider_key("pk", "new"))

    def work(registry: Registry) -> Any:
        views = [registry.service(name) for name in ("10", "11", "20")]
        return [view and (view.service.provider_key, view.service.state) for view in views]

    assert await place.seen(work) == [
        ("new", "active"), ("new", "suspended"), ("other", "active"),
    ]  # fmt: skip
    assert await place.seen(lambda registry: registry.default_service_id("new")) == "11"
    assert await place.seen(lambda registry: registry.default_service_id("pk")) is None
    found = place.read(lambda store: store.tables.service("11"))
    assert found == Service("11", "new", "oauth", "suspended", default=True)


async def test_what_a_transaction_that_failed_wrote_is_not_there(place: Place) -> None:
    def work(store: Store) -> None:
        store.writer.put_application(Application("10", "app"))
        raise KeyError

    with pytest.raises(KeyError):
        place.stores.run(work, writing=True)
    assert await place.seen(state_of()) is None


async def test_a_savepoint_takes_back_its_own_writes_alone(place: Place) -> None:
    def work(store: Store) -> None:
        store.writer.put_application(Application("10", "app"))
        try:
            with store.savepoint():
                store.writer.put_application(Application("10", "app", "suspended"))
                store.writer.put_application(Application("10", "other"))
                raise KeyError
        except KeyError:
            assert store.tables.application("10", "app") == Application("10", "app")
            assert store.tables.application("10", "other") is None

    place.stores.run(work, writing=True)
    assert await place.seen(state_of()) == "active"
    assert await place.seen(state_of("other")) is None


async def test_a_transaction_reads_what_it_wrote(place: Place) -> None:
    def work(store: Store) -> None:
        store.writer.put_service(Service("10", "pk", default=True))
        store.writer.put_user_key("10", "uk", "app")
        store.writer.put_metric(Metric("10", "1", "hits"))
        store.writer.put_service_token("10", "t")
        store.writer.delete_service_token("10", "t")
        store.writer.put_service_token("10", "u")
        assert store.tables.service("10") == Service("10", "pk", default=True)
        assert store.tables.application_id_of("10", "uk") == "app"
        assert store.tables.metric("10", "1") == Metric("10", "1", "hits")
        assert (store.tables.tokens("10"), store.tables.has_token("10", "t")) == (["u"], False)
        store.writer.delete_service("10")
        assert store.tables.service("10") is None
        assert store.tables.tokens("10") == []
        assert list(store.tables.metrics("10")) == []

    place.stores.run(work, writing=True)


async def test_names_may_hold_anything(place: Place) -> None:
    odd = ["a:b", "a%3Ab", "{x}", "a b", "ü\n", "-", "\U0001f600"]
    for name in odd:
        service(place, name, name, default=True)
        application(place, name, name, plan_name=name)
        place.change(lambda writer, name=name: writer.put_user_key(name, name, name))
        place.change(lambda writer, name=name: writer.put_limit(Limit(name, name, name, "day", 1)))
        place.change(lambda writer, name=name: writer.put_metric(Metric(name, name, name)))

    for name in odd:

        def work(registry: Registry, name: str = name) -> Any:
            return (
                registry.default_service_id(name),
                registry.application_id_of(name, name),
                (found := registry.application(name, name)) and found.application.plan_name,
                (view := registry.service(name)) and len(view.limits(name)),
            )

        assert await place.seen(work) == (name, name, name, 1)


async def test_many_changes_at_once_are_all_seen(place: Place) -> None:
    """More than are gone through one by one."""
    application(place)
    assert await place.seen(state_of()) == "active"

    def fill(writer: Any) -> None:
        for number in range(700):
            writer.put_application(Application("10", f"app{number}", "suspended"))
        writer.put_application(Application("10", "app", "suspended"))

    place.change(fill)
    assert await place.seen(state_of()) == "suspended"
    assert await place.seen(state_of("app699")) == "suspended"


async def test_look_ups_at_once_all_end(place: Place) -> None:
    """Also of what is missing, and while it changes."""
    application(place)
    service(place, default=True)

    async def look() -> list[Any]:
        return [
            await place.seen(state_of()),
            await place.seen(state_of("missing")),
            await place.seen(lambda registry: registry.default_service_id("nobody")),
        ]

    answers = await asyncio.gather(*(look() for _ in range(40)))
    assert answers == [["active", None, None]] * 40


async def test_a_forgotten_application_leaves_no_trace(place: Place) -> None:
    """Nor does the journal name it; others stay, and listeners notice at once."""
    service(place)
    for name in ("app", "other"):
        application(place, name)
        place.change(lambda writer, of=name: writer.put_user_key("10", f"uk-{of}", of))
        place.change(lambda writer, of=name: writer.put_application_key("10", of, "key"))
        place.change(lambda writer, of=name: writer.put_referrer_filter("10", of, "*.example"))
    assert await place.seen(state_of()) == "active"
    assert place.read(lambda store: store.tables.traces("10", "app")) >= 8
    place.change(lambda writer: writer.forget_application("10", "app"))
    assert place.read(lambda store: store.tables.traces("10", "app")) == 0
    assert await place.seen(state_of()) is None
    assert await place.seen(lambda registry: registry.application_id_of("10", "uk-app")) is None
    assert await place.seen(state_of("other")) == "active"
    assert (
        await place.seen(lambda registry: registry.application_id_of("10", "uk-other")) == "other"
    )
    place.change(lambda writer: writer.forget_application("10", "app"))
    place.change(lambda writer: writer.forget_application("10", "never"))
    assert place.read(lambda store: store.tables.traces("10", "never")) == 0
