"""The records of reports."""

from tallygate.reports.models.delivery import Delivery
from tallygate.reports.models.subscription import Subscription

__all__ = ["Delivery", "Subscription"]
