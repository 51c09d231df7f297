"""A report for one recipient about one period, and what became of it.

state          what it means                                                what comes next
waiting        it is to be sent, at `next_at_s` at the earliest             sending
sending        a process works on it, until `lease_until_s`                 any other; after its lease, sending again
handing_over   its text is on its way to the mail server                    sent, waiting, failed; after its lease, unclear
sent           the mail server has taken it
kept           there is no mail server: it can be read in the portal
failed         the mail server refused it, or it was tried for too long
withheld       the recipient may no longer see it, or has no address
unclear        it was handed over and no answer came: it may have arrived. It is not sent again by itself
"""

from django.db import models

from tallygate.catalog.models import Product, Provider, User
from tallygate.catalog.models.base import text
from tallygate.reports.models.subscription import Subscription


class Delivery(models.Model):
    """
    Attributes:
        claim: Who gets what about which period, as one text: there is one delivery of each.
        subscription: None: it was asked for once, or the subscription has ended since.
        user: None: the recipient is an address of nobody that is known here, or the user was deleted.
        email: Where it goes.
        product: None: all products that the user may see.
        first_day: The first day of the period, in the zone.
        since_s, until_s: The period.
        due_s: When it was due.
        next_at_s: When it is tried next.
        attempts: How often it was tried.
        lease_until_s: Until when the process that works on it has it for itself.
        holder: Which one that is.
        reason: Why it is not sent, or the mail server's receipt.
        done_s: When it came to its end.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Being sent"
        HANDING_OVER = "handing_over", "Being handed over"
        SENT = "sent", "Sent"
        KEPT = "kept", "Kept"
        FAILED = "failed", "Failed"
        WITHHELD = "withheld", "Withheld"
        UNCLEAR = "unclear", "Unclear"

    OPEN = (State.WAITING, State.SENDING, State.HANDING_OVER)

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="report_deliveries")
    claim = text(200, unique=True)
    subscription = models.ForeignKey(
        Subscription, models.SET_NULL, null=True, related_name="deliveries"
    )
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="report_deliveries")
    email = models.CharField(max_length=254, blank=True)
    product = models.ForeignKey(Product, models.CASCADE, null=True, related_name="+")
    period = text(8, choices=Subscription.Period)
    time_zone = text(64)
    first_day = models.DateField()
    since_s = models.BigIntegerField()
    until_s = models.BigIntegerField()
    due_s = models.BigIntegerField()
    state = text(16, choices=State, default=State.WAITING)
    next_at_s = models.BigIntegerField()
    attempts = models.PositiveIntegerField(default=0)
    lease_until_s = models.BigIntegerField(default=0)
    holder = text(64, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    done_s = models.BigIntegerField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["next_at_s"],
                condition=models.Q(state__in=("waiting", "sending", "handing_over")),
                name="delivery_open",
            ),
            models.Index(fields=["provider", "-due_s"], name="delivery_log"),
        ]

    def __str__(self) -> str:
        return f"{self.get_period_display()} report of {self.first_day} to {self.email}"
