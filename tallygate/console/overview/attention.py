"""What on an overview asks for attention: alerts that nobody has read, and integration errors of its time frame."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from tallygate.catalog.models import Alert
from tallygate.console.overview.scope import Scope
from tallygate.console.wording import counted
from tallygate.integration_errors.opening import opened
from tallygate.integration_errors.store import FAILURES

LOOKED_AT = 1_000
"""So many kinds of errors are counted at most."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence that leads to the page about it."""

    icon: str
    text: str
    url: str


def notices(about: Scope, since_s: int, now_s: int) -> list[Notice]:
    """Of alerts and of errors one each, where there are any that the user may see. What cannot be read now is left out."""
    found = []
    unread = Alert.objects.filter(product__in=about.query(), read=False, deleted=False).count()
    if unread:
        text = counted(unread, "unread alert")
        found.append(Notice("bell", text, _url(about, "alerts", "all-alerts")))
    if about.principal.may("see_integration_errors"):
        kinds = _errors(about, since_s, now_s)
        if kinds:
            text = counted(kinds, "kind of integration error", "kinds of integration errors")
            at_least = "At least " if kinds == LOOKED_AT else ""
            url = _url(about, "errors", "all-errors")
            found.append(Notice("alert", f"{at_least}{text} in this time frame", url))
    return found


def _errors(about: Scope, since_s: int, now_s: int) -> int:
    try:
        with opened(settings.TALLYGATE) as store:
            groups = store.newest(about.services, now_s * 1000, LOOKED_AT)
    except FAILURES:
        return 0
    return sum(group.last_ms >= since_s * 1000 for group in groups)


def _url(about: Scope, of_product: str, of_all: str) -> str:
    if about.of is None:
        return reverse(f"console:{of_all}")
    return reverse(f"console:{of_product}", args=[about.of.pk])
