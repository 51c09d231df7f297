"""That somebody is to be told of an incident, by one way, and what became of it."""

from django.db import models

from tallygate.alerting.models.incident import Incident
from tallygate.catalog.models.base import text


class Notice(models.Model):
    """
    Attributes:
        way: By mail, to a webhook, or to Slack and its likes.
        target: An address or a URL.
        key: Stays the same however often it is sent: a receiver tells by it what it has seen.
        state: waiting, sent or failed; `lease_until_s` and `holder` say who works on it.
    """

    class Way(models.TextChoices):
        MAIL = "mail", "E-mail"
        WEBHOOK = "webhook", "Webhook"
        SLACK = "slack", "Slack"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="notices")
    way = text(8, choices=Way)
    target = models.CharField(max_length=500)
    key = text(64, unique=True)
    state = text(8, choices=State, default=State.WAITING)
    made_s = models.BigIntegerField()
    next_at_s = models.BigIntegerField()
    attempts = models.PositiveIntegerField(default=0)
    lease_until_s = models.BigIntegerField(default=0)
    holder = text(64, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["incident", "way", "target"], name="notice_once")
        ]
        indexes = [
            models.Index(
                fields=["next_at_s"], condition=models.Q(state="waiting"), name="notice_waiting"
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_way_display()} to {self.target}"
