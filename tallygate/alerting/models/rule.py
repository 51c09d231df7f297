"""What a provider wants to be told of."""

import secrets

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from tallygate.alerting.targets import addresses, check_url
from tallygate.catalog.models import Application, ApplicationPlan, Metric, Product
from tallygate.catalog.models.base import CatalogModel, text
from tallygate.catalog.models.provider import validate_time_zone
from tallygate.domain.alerting import WEEK, Hours, Level
from tallygate.domain.calendar import find_zone
from tallygate.domain.errors import QuestionError
from tallygate.history import codes_series


def new_secret() -> str:
    """With which webhooks are signed."""
    return secrets.token_urlsafe(32)


class AlertRule(CatalogModel):
    """
    Attributes:
        metric: What is counted; None = the product's hits.
        application, plan: Only this one, or only those of this plan; None: all of the product.
        each_application: Whether each application is watched by itself, or all together.
        kind: What is compared with the threshold.
        threshold: Percent for limits, changes and codes; a number for totals; without meaning for silence.
        period: Of totals: a calendar period in the zone.
        minutes: Of changes, codes and silence: the last so many minutes; a change is to those before.
        codes: A response code or a class: 5XX.
        at_least: Calls or units below which changes and shares say nothing.
        hysteresis: In percent of the threshold: by so much the value must come back before there is another alert.
        days, begin_hour, end_hour: When somebody wants to know; outside of them it is quiet.
        emails: Addresses, separated by commas.
        tell_developers: Whether the application's account is told by mail, too.
        webhook_url: Gets a signed POST; '' = none.
        slack_url: Gets a message as Slack and its likes take it; '' = none.
    """

    IMMUTABLE = ("product",)
    SECRET = ("webhook_secret", "slack_url")

    class Kind(models.TextChoices):
        LIMIT = "limit", "Share of a limit"
        TOTAL = "total", "Total of a period"
        RISE = "rise", "Rise"
        FALL = "fall", "Fall"
        CODES = "codes", "Share of response codes"
        SILENCE = "silence", "Silence"

    class Period(models.TextChoices):
        HOUR = "hour"
        DAY = "day"
        WEEK = "week"
        MONTH = "month"

    product = models.ForeignKey(Product, models.CASCADE, related_name="alert_rules")
    name = text()
    metric = models.ForeignKey(Metric, models.CASCADE, null=True, blank=True, related_name="+")
    application = models.ForeignKey(
        Application, models.CASCADE, null=True, blank=True, related_name="+"
    )
    plan = models.ForeignKey(
        ApplicationPlan, models.CASCADE, null=True, blank=True, related_name="+"
    )
    each_application = models.BooleanField(default=False)
    kind = text(16, choices=Kind)
    threshold = models.FloatField(default=0, validators=[MinValueValidator(0)])
    period = text(8, choices=Period, default=Period.DAY)
    minutes = models.PositiveIntegerField(
        default=30, validators=[MinValueValidator(5), MaxValueValidator(10_080)]
    )
    codes = text(3, default="5XX")
    at_least = models.PositiveIntegerField(default=0)
    hysteresis = models.FloatField(
        default=10, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    days = text(
        7,
        default=WEEK,
        validators=[RegexValidator(r"\A[0-6]{1,7}\Z", "are digits from 0, which is Monday, to 6")],
    )
    begin_hour = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(24)])
    end_hour = models.PositiveSmallIntegerField(default=24, validators=[MaxValueValidator(24)])
    time_zone = text(64, blank=True)
    emails = models.TextField(blank=True)
    tell_developers = models.BooleanField(default=False)
    webhook_url = models.CharField(max_length=500, blank=True)
    webhook_secret = text(default=new_secret)
    slack_url = models.CharField(max_length=500, blank=True)
    enabled = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

    @property
    def zone_name(self) -> str:
        return self.time_zone or self.product.provider.time_zone

    @property
    def hours(self) -> Hours:
        """When somebody wants to know."""
        return Hours(find_zone(self.zone_name), self.days, self.begin_hour, self.end_hour)

    @property
    def level(self) -> Level:
        """Of silence the value is the number of hits, and it ends with the first."""
        if self.kind == self.Kind.SILENCE:
            return Level(0, 0, falls=True)
        if self.kind == self.Kind.FALL:
            return Level(-self.threshold, self.hysteresis, falls=True)
        return Level(self.threshold, self.hysteresis)

    @property
    def by_application(self) -> bool:
        """Whether each application is watched by itself: limits are each one's own."""
        single = self.application_id is not None or self.kind == self.Kind.LIMIT
        return self.each_application or single

    def clean(self) -> None:
        errors: dict[str, object] = {}
        checks = {
            "webhook_url": lambda: check_url(self.webhook_url),
            "slack_url": lambda: check_url(self.slack_url),
            "emails": lambda: addresses(self.emails),
            "codes": lambda: codes_series(self.codes),
            "time_zone": lambda: self.time_zone and validate_time_zone(self.time_zone),
        }
        for name, check in checks.items():
            try:
                check()
            except ValidationError as error:
                errors[name] = error
            except QuestionError as error:
                errors[name] = str(error)
        if self.kind != self.Kind.SILENCE and not self.threshold > 0:
            errors["threshold"] = "must be greater than 0"
        errors |= self._strangers()
        if errors:
            raise ValidationError(errors)

    def _strangers(self) -> dict[str, object]:
        """What it names that is not its product's."""
        found: dict[str, object] = {}
        for name in ("application", "plan"):
            record = getattr(self, name)
            if record is not None and record.product_id != self.product_id:
                found[name] = "not found"
        if (
            self.metric is not None
            and not self.product.all_metrics().filter(pk=self.metric.pk).exists()
        ):
            found["metric"] = "not found"
        if self.kind == self.Kind.CODES and self.metric is not None:
            found["metric"] = "does not go with response codes, which are those of all calls"
        return found
