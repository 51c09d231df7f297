"""Usage as the listener asks for it, on behalf of another control plane: by the ids of the registry."""

import msgspec

from tallygate.api.formats import period
from tallygate.api.parameters import Given
from tallygate.catalog.access import number_of
from tallygate.catalog.models import Product
from tallygate.history import Question, codes_series, metric_series
from tallygate.web import runtime


class Asked(msgspec.Struct, frozen=True):
    """A question of the listener, which knows that what it names is there.

    Attributes:
        product: The product's protocol id; it may be in no catalog.
        application: The application's protocol id; None: the whole product's usage.
        metric: The metric's id; None: entries are counted, whatever their metrics.
        codes: Of these only the entries with a response code, `404`, or of a class, `4xx`.
        now_s: The time of the question, UTC seconds.
        window: Parameters of the Analytics API.
    """

    product: str
    application: str | None
    metric: str | None
    codes: str | None
    now_s: int
    window: dict[str, str]


def answer(asked: Asked) -> dict[str, object]:
    """`period`, `total` and `values`, one for each bucket of the period.

    Raises:
        QuestionError: The window or the codes make no sense.
        HistoryUnavailable: The history cannot answer now.
    """
    window = Given(asked.window).window(_time_zone(asked.product), asked.now_s)
    question = Question(_series(asked), window, asked.product, asked.application, split=())
    found = runtime.history().ask(question)
    return {"period": period(window), "total": found.total, "values": found.values}


def _series(asked: Asked) -> tuple[str, ...]:
    if asked.codes is None:
        return () if asked.metric is None else (metric_series(asked.metric),)
    return codes_series(asked.codes, asked.metric)


def _time_zone(product: str) -> str:
    """The provider's, where the product is one of the catalog; otherwise UTC."""
    number = number_of(product)
    if number is None or str(number) != product:  # the catalog gives no such id
        return "UTC"
    zones = Product.objects.filter(pk=number).values_list("provider__time_zone", flat=True)
    return zones.first() or "UTC"
