"""Of whom the ledger has to watch the utilization while it counts what has happened already."""

from collections.abc import Iterable, Iterator
from typing import Any

from tallygate.domain.limits import PERIOD_BY_NAME
from tallygate.ledger.contract import Ledger
from tallygate.ledger.entry import Entry
from tallygate.ledger.usage import LimitOn
from tallygate.registry.contract import Registry
from tallygate.registry.views import ApplicationView, ServiceView


def limits_of(view: ServiceView, application: ApplicationView) -> list[LimitOn]:
    """The limits of the application's plan, in the protocol's order."""
    return [
        LimitOn(limit.metric_id, PERIOD_BY_NAME[limit.period], limit.value)
        for limit in view.limits(application.application.plan_id)
    ]


def watch(
    ledger: Ledger, registry: Registry, view: ServiceView, entries: Iterable[Entry]
) -> list[Any]:
    """Calls that count nothing, one for each application of the entries, if the service has alert limits.

    Raises:
        NotLoaded: Of an application that was not looked up for its entry.
    """
    if not view.alert_levels:
        return []
    names = dict.fromkeys(entry.application for entry in entries)
    return [call for name in names for call in _call(ledger, registry, view, name)]


def missed(
    ledger: Ledger, registry: Registry, applications: Iterable[tuple[str, str]]
) -> Iterator[Any]:
    """The same for (service, application), each of which has counted something.

    Raises:
        NotLoaded
    """
    for service, name in applications:
        view = registry.service(service)
        if view is not None and view.alert_levels:
            yield from _call(ledger, registry, view, name)


def _call(ledger: Ledger, registry: Registry, view: ServiceView, name: str) -> Iterator[Any]:
    service = view.service.id
    application = registry.application(service, name)
    limits = limits_of(view, application) if application else []
    if limits:
        yield ledger.prepare(service, name, limits, None, levels=view.alert_levels)
