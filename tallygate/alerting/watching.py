"""Looking whether rules are broken, and noting each time once.

An incident is open until its value has come back by the rule's hysteresis; while it is, there is no second one. Of
what is counted by calendar periods there is one in each period. The database has each claim once: two that look
at the same time note one incident.
"""

import uuid
from collections.abc import Callable, Iterable

import structlog
from django.db import transaction

from tallygate.alerting.measuring import Measured, measure
from tallygate.alerting.models import AlertRule, Incident, Notice
from tallygate.alerting.targets import addresses
from tallygate.catalog.models import Application, Provider
from tallygate.domain.errors import QuestionError
from tallygate.history import History

LOOK_EVERY_S = 60

_log = structlog.get_logger("tallygate.alerting")


class Watcher:
    """Belongs to one thread."""

    def __init__(self, history: Callable[[], History]) -> None:
        self._history = history
        self._looked_s = 0

    def watch(self, now_s: int) -> int:
        """Looks at every rule, at most once a minute; returns how many incidents began.

        Raises:
            HistoryUnavailable: The history cannot answer now.
        """
        if 0 <= now_s - self._looked_s < LOOK_EVERY_S:
            return 0
        self._looked_s = now_s
        rules = AlertRule.objects.filter(
            enabled=True, product__provider__state=Provider.State.APPROVED
        )
        related = ("product__provider", "metric", "application", "plan")
        return sum(
            self._look(rule, now_s) for rule in rules.select_related(*related).order_by("pk")
        )

    def _look(self, rule: AlertRule, now_s: int) -> int:
        try:
            with self._history().snapshot() as snapshot:
                found = measure(snapshot, rule, now_s)
        except QuestionError as error:
            _log.warning("rule cannot be looked at", rule=rule.pk, reason=str(error))
            return 0
        return note(rule, found, now_s)


def note(rule: AlertRule, found: Iterable[Measured], now_s: int) -> int:
    """Ends incidents and begins new ones; returns how many began."""
    level, loud = rule.level, rule.hours.include(now_s)
    values = {each.subject: each for each in found}
    still = set()
    for incident in rule.incidents.filter(ended_s=None):
        now = values.get(incident.subject)
        if now is None or now.period != incident.period or level.clears(now.value):
            Incident.objects.filter(pk=incident.pk, ended_s=None).update(ended_s=now_s)
        else:
            still.add(incident.subject)
    fresh = [
        each
        for subject, each in values.items()
        if loud and subject not in still and level.fires(each.value)
    ]
    return sum(_begin(rule, each, now_s) for each in fresh)


def _begin(rule: AlertRule, measured: Measured, now_s: int) -> bool:
    """Whether it is new: another look may have noted it already."""
    earlier = rule.incidents.filter(subject=measured.subject).count()
    claim = f"{rule.pk}: {measured.subject}, {measured.period or earlier}"
    if Incident.objects.filter(claim=claim).exists():
        return False
    application = None
    if measured.key:
        application = (
            Application.objects.filter(product=rule.product_id, application_id=measured.key)
            .select_related("account")
            .first()
        )
        if application is None:
            return False  # it is deleted, and nobody's any more
    about = f"{rule.product.name}, {application.name}" if application else rule.product.name
    with transaction.atomic():
        incident, made = Incident.objects.get_or_create(
            claim=claim,
            defaults={
                "rule": rule,
                "application": application,
                "subject": measured.subject,
                "period": measured.period,
                "message": f"{about}: {measured.text}"[:500],
                "value": measured.value,
                "threshold": rule.threshold,
                "began_s": now_s,
            },
        )
        if made:
            _tell(rule, incident, now_s)
    return made


def _tell(rule: AlertRule, incident: Incident, now_s: int) -> None:
    targets = [(Notice.Way.MAIL, each) for each in addresses(rule.emails)]
    if rule.tell_developers and incident.application is not None:
        developers = incident.application.account.developers.filter(state="active").exclude(
            email=""
        )
        targets += [(Notice.Way.MAIL, each) for each in developers.values_list("email", flat=True)]
    if rule.webhook_url:
        targets.append((Notice.Way.WEBHOOK, rule.webhook_url))
    if rule.slack_url:
        targets.append((Notice.Way.SLACK, rule.slack_url))
    Notice.objects.bulk_create(
        Notice(
            incident=incident,
            way=way,
            target=target,
            key=uuid.uuid4().hex,
            made_s=now_s,
            next_at_s=now_s,
        )
        for way, target in dict.fromkeys(targets)
    )
