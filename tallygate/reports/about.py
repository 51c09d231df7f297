"""What a report is about: whose numbers, of which products, in which period."""

from dataclasses import dataclass
from functools import cached_property

from tallygate.catalog.access import Principal
from tallygate.catalog.models import Metric, Product
from tallygate.domain import calendar
from tallygate.domain.calendar import Window, find_zone
from tallygate.domain.schedule import Period
from tallygate.history import metric_series

TITLES: dict[Period, str] = {"day": "Daily", "week": "Weekly", "month": "Monthly"}
BEFORE: dict[Period, str] = {
    "day": "the day before",
    "week": "the week before",
    "month": "as many days before",
}
"""What a period is compared with, as the Analytics API does."""


@dataclass(frozen=True)
class About:
    """
    Attributes:
        principal: Who reads it.
        product: None: all products that they may see.
        since_s: Any instant in the period.
    """

    principal: Principal
    product: Product | None
    period: Period
    time_zone: str
    since_s: int

    @property
    def key(self) -> tuple[object, ...]:
        """Two with the same key are about the same numbers."""
        seen = self.principal.product_ids if self.product is None else (self.product.pk,)
        return (self.principal.provider.pk, seen, self.period, self.time_zone, self.since_s)

    @property
    def name(self) -> str:
        return self.product.name if self.product else self.principal.provider.name

    @property
    def title(self) -> str:
        return f"{TITLES[self.period]} report"

    @cached_property
    def window(self) -> Window:
        """The one of the Analytics API for `period` and the period's first day."""
        zone = find_zone(self.time_zone)
        day = zone.local(self.since_s).date().isoformat()
        return calendar.window(zone, self.since_s, period=self.period, since=day)

    @property
    def dates(self) -> str:
        """'27 Nov 2026', or '16 Nov - 22 Nov 2026'."""
        first, last = (
            self.window.zone.local(self.window.since_s),
            self.window.zone.local(self.window.last_s),
        )
        if self.period == "day":
            return f"{first:%A}, {first.day} {first:%b %Y}"
        if self.period == "month":
            return f"{first:%B %Y}"
        begin = f"{first.day} {first:%b}" + ("" if first.year == last.year else f" {first.year}")
        return f"{begin} \N{EN DASH} {last.day} {last:%b %Y}"

    @cached_property
    def products(self) -> dict[str, Product]:
        """By their protocol ids."""
        found = [self.product] if self.product else list(self.principal.products())
        return {each.service_id: each for each in found}

    @cached_property
    def hits(self) -> tuple[str, ...]:
        """The series of the products' hits."""
        found = Metric.objects.filter(
            product__in=[each.pk for each in self.products.values()],
            parent=None,
            system_name="hits",
        ).order_by("pk")
        return tuple(metric_series(str(key)) for key in found.values_list("pk", flat=True))

    @cached_property
    def metrics(self) -> dict[str, Metric]:
        """Of a product: its metrics and methods and those of its backends, by their series."""
        if self.product is None:
            return {}
        return {metric_series(str(each.pk)): each for each in self.product.all_metrics()}
