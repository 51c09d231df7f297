"""That somebody wants a report, and when."""

import secrets
from datetime import UTC, datetime

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models

from tallygate.catalog.access import Principal, for_user
from tallygate.catalog.errors import Refused
from tallygate.catalog.models import Product, User
from tallygate.catalog.models.base import CatalogModel, text
from tallygate.catalog.models.provider import validate_time_zone
from tallygate.domain.calendar import find_zone
from tallygate.domain.schedule import LAST_MONTHDAY, Schedule

HOUR = 8
"""At this hour a report comes unless another is chosen."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def new_token() -> str:
    """What nobody can guess."""
    return secrets.token_urlsafe(24)


class Subscription(CatalogModel):
    """
    Attributes:
        user: Who gets it, at their address.
        product: What it is about; None = all products that the user may see.
        hour, minute: When, as the clocks of the zone show it.
        weekday: Of a weekly report: 0 = Monday.
        monthday: Of a monthly one.
        time_zone: IANA name; '' = the provider's. Days begin in it, too.
        by_preference: Whether it is there because of the user's notification preferences, and goes with them.
        first_day: With which day its first report's period begins; None = that is not known yet.
        check_at_s: When the next report is due; 0 = that is not known yet.
        token: Whoever has it may end the subscription: it stands in every report.
    """

    IMMUTABLE = ("user",)
    SECRET = ("token",)

    class Period(models.TextChoices):
        DAY = "day", "Daily"
        WEEK = "week", "Weekly"
        MONTH = "month", "Monthly"

    user = models.ForeignKey(User, models.CASCADE, related_name="report_subscriptions")
    product = models.ForeignKey(
        Product, models.CASCADE, null=True, blank=True, related_name="report_subscriptions"
    )
    period = text(8, choices=Period)
    hour = models.PositiveSmallIntegerField(default=HOUR, validators=[MaxValueValidator(23)])
    minute = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(59)])
    weekday = models.PositiveSmallIntegerField(
        default=0, choices=list(enumerate(WEEKDAYS)), validators=[MaxValueValidator(6)]
    )
    monthday = models.PositiveSmallIntegerField(
        default=1, validators=[MaxValueValidator(LAST_MONTHDAY)]
    )
    time_zone = text(64, blank=True)
    by_preference = models.BooleanField(default=False)
    first_day = models.DateField(null=True, editable=False)
    check_at_s = models.BigIntegerField(default=0)
    token = text(unique=True, default=new_token)

    class Meta(CatalogModel.Meta):
        constraints = [
            models.UniqueConstraint(
                "user", "period", models.functions.Coalesce("product", 0),
                name="subscription_once",
                violation_error_message="there is such a report already",
            )
        ]  # fmt: skip
        indexes = [models.Index(fields=["check_at_s"], name="subscription_due")]

    def __str__(self) -> str:
        about = self.product.name if self.product else "all products"
        return f"{self.get_period_display()} report on {about}"

    @property
    def zone_name(self) -> str:
        return self.time_zone or self.user.provider.time_zone

    @property
    def clock(self) -> str:
        """'08:00'."""
        return f"{self.hour:02}:{self.minute:02}"

    @property
    def next_at(self) -> datetime | None:
        """When the next one is due; None: that is not known yet."""
        return datetime.fromtimestamp(self.check_at_s, UTC) if self.check_at_s else None

    @property
    def schedule(self) -> Schedule:
        return Schedule(
            self.period,
            find_zone(self.zone_name),
            self.hour,
            self.minute,
            self.weekday,
            self.monthday,
        )

    def reader(self) -> Principal | None:
        """Who reads it; None when they may not, or may not any more."""
        try:
            principal = for_user(self.user)
        except Refused:
            return None
        product = self.product
        seen = product is None or principal.products().filter(pk=product.pk).exists()
        return principal if seen and principal.may("see_analytics") else None

    def prepare(self) -> None:
        stored = Subscription.objects.filter(pk=self.pk).values(*_WHEN).first()
        if stored is None or any(stored[name] != getattr(self, name) for name in _WHEN):
            self.check_at_s = 0

    def clean(self) -> None:
        if self.monthday == 0:
            raise ValidationError({"monthday": f"must be from 1 to {LAST_MONTHDAY}"})
        if self.time_zone:
            try:
                validate_time_zone(self.time_zone)
            except ValidationError as error:
                raise ValidationError({"time_zone": error}) from None
        if self.product is not None and self.product.provider_id != self.user.provider_id:
            raise ValidationError({"product": "not found"})
        if self.reader() is None:
            raise ValidationError({"user": "may not see these numbers"})


_WHEN = ("period", "hour", "minute", "weekday", "monthday", "time_zone")
