"""What the registry holds. Every id is the protocol's own string."""

import msgspec

PERIODS = ("eternity", "year", "month", "week", "day", "hour", "minute")
"""Limit periods in the protocol's order."""

LONGEST_WINDOW_S = 100 * 366 * 86_400
"""A service's window of time for what is reported; before that nothing was counted."""

ALERT_LEVELS = (0, 50, 80, 90, 100, 120, 150, 200, 300)
"""Levels of utilization that can raise an alert, in percent."""


class Service(msgspec.Struct, frozen=True):
    """A product as the listener sees it.

    Attributes:
        backend_version: '1' user key, '2' app id and key, 'oauth'; '' = not given (as '2').
        state: 'active' or 'suspended'.
        default: Whether calls that name no service mean this one of the provider's.
        past_window_s: How old what is reported may be; None: as the installation has it.
        future_window_s: How far ahead its time may be; None: as the installation has it.
    """

    id: str
    provider_key: str
    backend_version: str = ""
    state: str = "active"
    referrer_filters_required: bool = False
    default: bool = False
    past_window_s: int | None = None
    future_window_s: int | None = None


class Application(msgspec.Struct, frozen=True):
    """An application as the listener sees it. Only state 'active' may call."""

    service_id: str
    id: str
    state: str = "active"
    plan_id: str = ""
    plan_name: str = ""
    redirect_url: str = ""


class Metric(msgspec.Struct, frozen=True):
    """A metric of a service; with a parent it is a method (or a backend's hits under the product's)."""

    service_id: str
    id: str
    name: str
    parent_id: str = ""


class Limit(msgspec.Struct, frozen=True):
    """At most `value` of `metric_id` per `period` (one of PERIODS) under `plan_id`."""

    service_id: str
    plan_id: str
    metric_id: str
    period: str
    value: int


class AlertLimit(msgspec.Struct, frozen=True):
    """An application's utilization at which the service's provider is told: `level` is one of ALERT_LEVELS."""

    service_id: str
    level: int
