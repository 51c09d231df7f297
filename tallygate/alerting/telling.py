"""Telling people and programs of incidents: by mail, webhook, Slack; tried again until it is taken, or for three days.

A notice may come twice, if the process ends between sending and noting it: its id is the same then.
"""

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import msgspec
from django.db.models import Q

from tallygate.alerting.models import Incident, Notice
from tallygate.alerting.webhook import NotTaken, post, signature
from tallygate.catalog.models import Application
from tallygate.domain.clock import Clock
from tallygate.mail import Delivered, MailServer, MailUrl, Refused
from tallygate.reports.message import headed
from tallygate.reports.sending import sender
from tallygate.settings import Settings

BATCH = 40
AT_ONCE = 8
"""So many receivers are called at the same time: one that stalls holds up few others."""
LEASE_S = 600
BACK_OFF_S = (10, 30, 60, 300, 900, 3_600, 10_800)
GIVE_UP_AFTER_S = 3 * 86_400
NO_MAIL = "there is no mail server: set TALLYGATE_SMTP_URL"


class Teller:
    """Sends the notices that wait, as one process of a scheduler."""

    def __init__(self, settings: Settings, clock: Clock, mail: MailUrl | None) -> None:
        self._settings = settings
        self._clock = clock
        self._mail = mail
        self._holder = uuid.uuid4().hex

    def tell(self, now_s: int) -> int:
        """Sends what is due; returns how many there were."""
        told = 0
        while batch := self._take(now_s):
            self._send(batch, now_s)
            told += len(batch)
            now_s = self._clock.now_s()
        return told

    def _take(self, now_s: int) -> list[Notice]:
        keys = list(
            Notice.objects.filter(_due(now_s)).order_by("pk").values_list("pk", flat=True)[:BATCH]
        )
        lease = {"holder": self._holder, "lease_until_s": now_s + LEASE_S}
        Notice.objects.filter(_due(now_s), pk__in=keys).update(**lease)
        mine = Notice.objects.filter(pk__in=keys, state=Notice.State.WAITING, holder=self._holder)
        related = ("incident__rule__product__provider", "incident__application__account")
        return list(mine.select_related(*related).order_by("pk"))

    def _send(self, batch: Sequence[Notice], now_s: int) -> None:
        posted = [each for each in batch if each.way != Notice.Way.MAIL]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = pool.map(lambda each: self._posted(each, now_s), posted)
            for notice, (reason, final) in zip(posted, answers, strict=True):
                self._record(notice, reason, final)
        self._mailed([each for each in batch if each.way == Notice.Way.MAIL], now_s)

    def _posted(self, notice: Notice, now_s: int) -> tuple[str, bool | None]:
        """What came of it: the words, and whether that is the end: None = it was taken. Without the database."""
        body = payload(notice) if notice.way == Notice.Way.WEBHOOK else slack(notice)
        headers = {"Content-Type": "application/json", "User-Agent": "Tallygate"}
        if notice.way == Notice.Way.WEBHOOK:
            secret = notice.incident.rule.webhook_secret
            headers |= {
                "Tallygate-Id": notice.key,
                "Tallygate-Signature": signature(secret, now_s, body),
            }
        try:
            return post(notice.target, body, headers, self._settings.webhook_hosts), None
        except NotTaken as error:
            return str(error), error.final

    def _mailed(self, notices: Sequence[Notice], now_s: int) -> None:
        if not notices:
            return
        if self._mail is None:
            for notice in notices:
                self._record(notice, NO_MAIL, final=True)
            return
        with MailServer(self._mail) as server:
            for notice in notices:
                whom = sender(self._settings, self._mail)
                message = headed(notice.incident.message, whom, notice.target, notice.key, now_s)
                message.set_content(_words(notice, self._settings))
                outcome = server.send(message, notice.target)
                taken = None if isinstance(outcome, Delivered) else isinstance(outcome, Refused)
                self._record(notice, outcome.reason, taken)

    def _record(self, notice: Notice, reason: str, final: bool | None) -> None:
        now_s = self._clock.now_s()
        given_up = final is False and now_s > notice.made_s + GIVE_UP_AFTER_S
        wait_s = BACK_OFF_S[min(notice.attempts, len(BACK_OFF_S) - 1)]
        state = Notice.State.SENT if final is None else Notice.State.FAILED
        if final is False and not given_up:
            state = Notice.State.WAITING
        Notice.objects.filter(pk=notice.pk, holder=self._holder).update(
            state=state, reason=reason[:500], attempts=notice.attempts + 1,
            next_at_s=now_s + wait_s, lease_until_s=0,
        )  # fmt: skip


def replay(notice: Notice, now_s: int) -> None:
    """Has it sent once more, under the same id."""
    Notice.objects.filter(pk=notice.pk).update(
        state=Notice.State.WAITING, next_at_s=now_s, made_s=now_s, attempts=0, lease_until_s=0
    )


def payload(notice: Notice) -> bytes:
    """What a webhook gets: JSON. The same notice always has the same bytes."""
    incident = notice.incident
    rule, application = incident.rule, incident.application
    return msgspec.json.encode(
        {
            "id": notice.key,
            "type": "alert",
            "at": datetime.fromtimestamp(incident.began_s, UTC).isoformat().replace("+00:00", "Z"),
            "message": incident.message,
            "rule": {"id": rule.pk, "name": rule.name, "kind": rule.kind},
            "product": {"id": rule.product_id, "name": rule.product.name},
            "application": application and _named(application),
            "value": incident.value,
            "threshold": incident.threshold,
        }
    )  # fmt: skip


def _named(application: Application) -> dict[str, object]:
    return {
        "id": application.pk,
        "application_id": application.application_id,
        "name": application.name,
        "account_id": application.account_id,
    }


def slack(notice: Notice) -> bytes:
    """As Slack and its likes take it; nothing in a name becomes a link or calls everybody."""
    text = notice.incident.message
    for char, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(char, written)
    return msgspec.json.encode({"text": f"{notice.incident.rule.name}: {text}"})


def _words(notice: Notice, settings: Settings) -> str:
    incident: Incident = notice.incident
    return (
        f"{incident.message}\n\nRule: {incident.rule.name}\n"
        f"{settings.console_url}/products/{incident.rule.product_id}/alert-rules/incidents\n"
    )


def _due(now_s: int) -> Q:
    """Those to be sent; a time that is too far ahead was set by a clock that has gone back since."""
    ready = Q(next_at_s__lte=now_s) | Q(next_at_s__gt=now_s + BACK_OFF_S[-1])
    free = Q(lease_until_s__lt=now_s) | Q(lease_until_s__gt=now_s + LEASE_S)
    return Q(state=Notice.State.WAITING) & ready & free
