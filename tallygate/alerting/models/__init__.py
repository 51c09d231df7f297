"""The records of rules and of what they noticed."""

from tallygate.alerting.models.incident import Incident
from tallygate.alerting.models.notice import Notice
from tallygate.alerting.models.rule import AlertRule

__all__ = ["AlertRule", "Incident", "Notice"]
