"""What the listener holds of a service and of an application, ready to be asked."""

from collections.abc import Iterable

from tallygate.registry.records import PERIODS, Application, Limit, Metric, Service


class ServiceView:
    """A service with its tokens, metrics, limits and alert limits.

    Attributes:
        metric_ids: Metric name -> metric id.
        names: Metric id -> metric name.
        alert_levels: Percentages of utilization at which an alert is raised, ascending; 0 never is.
        parents: Metric id -> its parent's id; roots are absent.
    """

    def __init__(
        self,
        service: Service,
        tokens: Iterable[str],
        metrics: Iterable[Metric],
        limits: Iterable[Limit],
        alert_levels: Iterable[int] = (),
    ) -> None:
        self.service = service
        self.tokens = frozenset(tokens)
        self.alert_levels = tuple(sorted(level for level in alert_levels if level))
        found = sorted(metrics, key=lambda metric: _numerically(metric.id))
        self.names = {metric.id: metric.name for metric in found}
        self.metric_ids = {metric.name: metric.id for metric in found}
        self.parents = {metric.id: metric.parent_id for metric in found if metric.parent_id}
        self._limits: dict[str, list[Limit]] = {}
        for limit in sorted(limits, key=_limit_order):
            if limit.metric_id in self.names:
                self._limits.setdefault(limit.plan_id, []).append(limit)

    def limits(self, plan_id: str) -> list[Limit]:
        """The plan's limits in the protocol's order: by metric id, and for each from eternity down to minute."""
        return self._limits.get(plan_id, [])


class ApplicationView:
    """An application with its keys and referrer filters."""

    def __init__(
        self, application: Application, keys: Iterable[str], referrer_filters: Iterable[str]
    ) -> None:
        self.application = application
        self.keys = tuple(sorted(keys))
        self.referrer_filters = tuple(sorted(referrer_filters))


def _numerically(identity: str) -> tuple[int, int, str]:
    if identity.isascii() and identity.isdigit():
        return (0, int(identity), identity)
    return (1, 0, identity)


def _limit_order(limit: Limit) -> tuple[tuple[int, int, str], int]:
    return (_numerically(limit.metric_id), PERIODS.index(limit.period))
