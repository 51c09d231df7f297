"""Who appears in the demo, and how they behave."""

from typing import NamedTuple

PRODUCT = "Orders API"


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


METHODS = (
    Method("list_orders", "List orders", "GET", "/orders$", 50),
    Method("read_order", "Read an order", "GET", "/orders/{id}$", 30),
    Method("search", "Search", "GET", "/search", 12),
    Method("place_order", "Place an order", "POST", "/orders$", 8, 201),
)

CONSUMERS = (
    Consumer("Northwind", "Web shop", 16, "322123578999999998777654", 0.7, 0.8),
    Consumer("Northwind", "Mobile app", 12, "421112345566777778999996", 1.3, 0.4),
    Consumer("Contoso", "Back office", 14, "000000148999799985200000", 0.05, 1.0),
    Consumer("Fabrikam", "Nightly export", 30, "009900000000000000000000", 1.0, 0.9),
)

CODES = ((None, 940), (404, 30), (429, 12), (400, 10), (500, 6), (503, 2))
"""(answer, how often among a thousand); None = the method's success."""
