"""From the history's names of applications to the catalog's records."""

from collections import defaultdict
from collections.abc import Iterable

from tallygate.catalog.access import number_of
from tallygate.catalog.models import Application
from tallygate.history import Consumer


def known(consumers: Iterable[Consumer]) -> dict[Consumer, Application]:
    """Those that exist, with their accounts, plans and products."""
    by_product = defaultdict[int, list[str]](list)
    for consumer in consumers:
        number = number_of(consumer.product)
        if number is not None:
            by_product[number].append(consumer.application)
    return {
        Consumer(str(number), application.application_id): application
        for number, ids in by_product.items()
        for application in Application.objects.filter(
            product_id=number, application_id__in=ids
        ).select_related("account", "plan", "product")
    }
