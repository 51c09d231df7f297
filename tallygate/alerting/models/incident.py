"""That a rule was broken: from when until when, and by how much."""

from django.db import models

from tallygate.alerting.models.rule import AlertRule
from tallygate.catalog.models import Application


class Incident(models.Model):
    """
    Attributes:
        application: By which; None: by the product as a whole.
        subject: Of whom and what, as `measuring.Measured` names it.
        period: Which calendar period it is about; '' = none.
        claim: Rule, subject and period as one text: there is one incident of each.
        value, threshold: When it was noticed.
        ended_s: None: it goes on.
        read, deleted: As somebody has marked it.
    """

    rule = models.ForeignKey(AlertRule, models.CASCADE, related_name="incidents")
    application = models.ForeignKey(Application, models.CASCADE, null=True, related_name="+")
    subject = models.CharField(max_length=300)
    period = models.CharField(max_length=40, blank=True)
    claim = models.CharField(max_length=400, unique=True)
    message = models.CharField(max_length=500)
    value = models.FloatField()
    threshold = models.FloatField()
    began_s = models.BigIntegerField()
    ended_s = models.BigIntegerField(null=True)
    read = models.BooleanField(default=False)
    deleted = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["rule", "-began_s"], name="incident_rule"),
            models.Index(
                fields=["rule"], condition=models.Q(ended_s=None), name="incident_open"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.message
