"""Alerts that the ledger has raised, kept for the provider to see."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from tallygate.catalog.access import number_of
from tallygate.catalog.models.alert import Alert
from tallygate.catalog.models.application import Application

AUDIENCE: Final = "web_provider"
"""Of a product's notification settings: the levels of which its provider's pages tell."""

_AT_ONCE: Final = 500


class Raised(NamedTuple):
    """An alert as the ledger tells it.

    Attributes:
        service, application: Protocol ids.
        at_s: UTC seconds.
        metric: A system name.
    """

    service: str
    application: str
    at_s: int
    level: int
    metric: str
    period: str
    value: int
    maximum: int


def take_in(raised: Collection[Raised]) -> int:
    """Keeps those of which pages are to tell, each once however often it comes; returns how many were looked at.

    What is of no application of the catalog is left out: another control plane looks after it.
    """
    if not raised:
        return 0
    known = _applications(raised)
    made = [
        _alert(each, application)
        for each in raised
        if (application := known.get((each.service, each.application))) is not None
        and each.level in _levels(application)
    ]
    Alert.objects.bulk_create(made, batch_size=_AT_ONCE, ignore_conflicts=True)
    return len(raised)


def forget_before(now_s: int, days: int) -> None:
    """Deletes for good what is older than so many days."""
    before = datetime.fromtimestamp(now_s, UTC) - timedelta(days=days)
    Alert.objects.filter(at__lt=before).delete()


def _applications(raised: Collection[Raised]) -> dict[tuple[str, str], Application]:
    products = {number_of(each.service) for each in raised} - {None}
    found = Application.objects.filter(
        product__in=products, application_id__in={each.application for each in raised}
    ).select_related("product")
    return {(str(each.product_id), each.application_id): each for each in found}


def _levels(application: Application) -> set[int]:
    settings = application.product.notification_settings
    return {int(level) for level in settings.get(AUDIENCE, ())}


def _alert(raised: Raised, application: Application) -> Alert:
    return Alert(
        product=application.product,
        application=application,
        at=datetime.fromtimestamp(raised.at_s, UTC),
        level=raised.level,
        metric=raised.metric,
        period=raised.period,
        value=raised.value,
        maximum=raised.maximum,
    )
