"""What the listener holds of a service: order of metrics and limits, bounded caches, what may be published."""

import sqlite3

import pytest

from tallygate.registry.cache import Cache
from tallygate.registry.records import PERIODS, AlertLimit, Limit, Metric, Service
from tallygate.registry.views import ServiceView
from tallygate.registry.writer import RegistryWriter, create_tables


def view_of(*metrics: Metric, limits: tuple[Limit, ...] = ()) -> ServiceView:
    return ServiceView(Service("10", "pk"), (), metrics, limits)


class TestServiceView:
    def test_limits_stand_in_the_order_of_the_protocol(self) -> None:
        """By metric id as a number, and for each metric from eternity down to minute."""
        metrics = [Metric("10", "10", "ten"), Metric("10", "9", "nine"), Metric("10", "x", "word")]
        limits = tuple(
            Limit("10", "p", metric, period, 1)
            for metric in ("x", "10", "9")
            for period in reversed(PERIODS)
        )
        found = view_of(*metrics, limits=limits).limits("p")
        expected = [(metric, period) for metric in ("9", "10", "x") for period in PERIODS]
        assert expected == [(limit.metric_id, limit.period) for limit in found]

    def test_a_limit_of_a_metric_that_is_gone_does_not_exist(self) -> None:
        """A limit whose metric the service does not have neither denies nor shows."""
        view = view_of(Metric("10", "1", "hits"), limits=(Limit("10", "p", "2", "day", 0),))
        assert view.limits("p") == []

    def test_a_plan_without_limits_has_none(self) -> None:
        assert view_of(Metric("10", "1", "hits")).limits("nothing") == []

    def test_names_and_parents_are_by_id(self) -> None:
        view = view_of(Metric("10", "2", "child", "1"), Metric("10", "1", "hits"))
        assert view.names == {"1": "hits", "2": "child"}
        assert view.metric_ids == {"hits": "1", "child": "2"}
        assert view.parents == {"2": "1"}


class TestCache:
    def test_at_most_twice_the_size_is_kept_and_the_last_used_are_among_it(self) -> None:
        cache: Cache[int, int] = Cache(10)
        for number in range(1000):
            cache.put(number, number)
            assert cache.get(0 if number < 5 else number - 4) is not None
            assert len(cache) <= 20
        assert [cache.get(number) for number in range(990, 1000)] == list(range(990, 1000))

    def test_what_is_forgotten_is_gone_from_both_generations(self) -> None:
        cache: Cache[str, int] = Cache(1)
        cache.put("a", 1)
        cache.put("b", 2)
        cache.forget("a")
        cache.forget("b")
        assert (cache.get("a"), cache.get("b"), len(cache)) == (None, None, 0)

    def test_clearing_leaves_nothing(self) -> None:
        cache: Cache[str, int] = Cache(1)
        cache.put("a", 1)
        cache.put("b", 2)
        cache.clear()
        assert len(cache) == 0


class TestWriter:
    @pytest.fixture
    def writer(self) -> RegistryWriter:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        create_tables(connection)
        return RegistryWriter(connection)

    @pytest.mark.parametrize("service", [Service("", "pk"), Service("10", "")])
    def test_a_service_without_id_or_provider_is_refused(
        self, writer: RegistryWriter, service: Service
    ) -> None:
        with pytest.raises(ValueError, match="needs an id and a provider key"):
            writer.put_service(service)

    @pytest.mark.parametrize(("period", "value"), [("decade", 1), ("day", -1)])
    def test_a_limit_of_no_period_or_below_zero_is_refused(
        self, writer: RegistryWriter, period: str, value: int
    ) -> None:
        with pytest.raises(ValueError, match="no such limit"):
            writer.put_limit(Limit("10", "p", "1", period, value))

    @pytest.mark.parametrize("level", [-50, 55, 301])
    def test_an_alert_limit_of_no_level_is_refused(
        self, writer: RegistryWriter, level: int
    ) -> None:
        with pytest.raises(ValueError, match="no such alert level"):
            writer.put_alert_limit(AlertLimit("10", level))

    def test_deleting_what_is_not_there_is_no_error(self, writer: RegistryWriter) -> None:
        writer.delete_service("10")
        writer.delete_application("10", "app")
        writer.delete_user_key("10", "uk")
        writer.delete_application_key("10", "app", "k")
        writer.delete_metric("10", "1")
        writer.delete_limit("10", "p", "1", "day")
        writer.delete_alert_limit("10", 50)
        writer.put_service(Service("10", "pk"))

    def test_creating_the_tables_again_changes_nothing(self) -> None:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        create_tables(connection)
        RegistryWriter(connection).put_service(Service("10", "pk"))
        create_tables(connection)
        assert connection.execute("SELECT id FROM registry_service").fetchall() == [("10",)]
        connection.close()
