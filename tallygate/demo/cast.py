"""Who appears in the demo, and how they behave."""

import random
from typing import NamedTuple

PRODUCT = "Orders API"
DEVELOPER = "nora"
"""Of the first consumer's account."""
HOUR_S = 3_600
DAY_S = 86_400
_MONDAY_S = 4 * DAY_S  # 1970-01-05


class Method(NamedTuple):
    """Attributes:
    name: Its system name.
    friendly_name: What people read.
    http_method, pattern: Its mapping rule.
    weight: How often it is called, beside the others.
    success: The code of a good answer.
    """

    name: str
    friendly_name: str
    http_method: str
    pattern: str
    weight: int
    success: int = 200


class Consumer(NamedTuple):
    """Attributes:
    account, application: Names.
    per_hour: Mean calls in an hour of its busiest kind.
    hours: For each hour of the day, the share of `per_hour`, in tenths.
    weekend: The share on Saturday and Sunday.
    growth: The share at the beginning of the sample; at its end it is 1.
    """

    account: str
    application: str
    per_hour: float
    hours: str
    weekend: float
    growth: float

    def calls_per_hour(self, at_s: int, done: float = 1.0) -> float:
        """The mean at this time (UTC seconds), after this part of the sample; live traffic goes on as it ends."""
        share = int(self.hours[at_s // HOUR_S % 24]) / 10
        is_weekend = (at_s - _MONDAY_S) // DAY_S % 7 >= 5
        grown = self.growth + (1 - self.growth) * done
        return self.per_hour * share * (self.weekend if is_weekend else 1.0) * grown


METHODS = (
    Method("list_orders", "List orders", "GET", "/orders$", 50),
    Method("read_order", "Read an order", "GET", "/orders/{id}$", 30),
    Method("search", "Search", "GET", "/search", 12),
    Method("place_order", "Place an order", "POST", "/orders$", 8, 201),
)

CONSUMERS = (
    Consumer("Northwind", "Web shop", 640, "433334578999999998777654", 0.7, 0.8),
    Consumer("Northwind", "Mobile app", 480, "433334445566777778999996", 1.3, 0.6),
    Consumer("Contoso", "Back office", 560, "000000148999799985200000", 0.05, 1.0),
    Consumer("Fabrikam", "Nightly export", 800, "009900000000000000000000", 1.0, 0.9),
)

CODES = ((None, 940), (404, 30), (429, 12), (400, 10), (500, 6), (503, 2))
"""(answer, how often among a thousand); None = the method's success."""


def answer_of(method: Method, chance: random.Random) -> int:
    """The code of an answer to a call of the method."""
    code = chance.choices([code for code, _ in CODES], [share for _, share in CODES])[0]
    return method.success if code is None else code
