"""How much of its limits an application has used: asked of the listener, whose ledger knows it exactly."""

from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from tallygate.catalog.models import Application
from tallygate.console.listener import ListenerSilent, ask
from tallygate.settings import Settings

__all__ = ["ListenerSilent", "Used", "utilization"]


@dataclass(frozen=True, slots=True)
class Used:
    """A limit, and what of it is used.

    Attributes:
        metric: Its system name.
    """

    metric: str
    period: str
    maximum: int
    current: int

    @property
    def percent(self) -> float:
        """Of a limit of nothing, any use is all of it."""
        return self.current / self.maximum * 100 if self.maximum else 100.0 * bool(self.current)


class _Limit(msgspec.Struct, frozen=True):
    period: str
    metric_name: str
    max_value: int
    current_value: int


class _Answer(msgspec.Struct, frozen=True):
    utilization: list[_Limit] = []


def utilization(settings: Settings, application: Application) -> list[Used]:
    """The limits of its plan, in the protocol's order, as they stand now.

    Raises:
        ListenerSilent: The listener does not run, does not answer in time, or not this.
    """
    service = quote(application.product.service_id, safe="")
    path = f"/services/{service}/applications/{quote(application.application_id, safe='')}"
    answer = ask(settings, f"{path}/utilization/", _Answer)
    return [
        Used(each.metric_name, each.period, each.max_value, each.current_value)
        for each in answer.utilization
    ]
