"""One subscription of an account to a product, and its credentials."""

from collections.abc import Collection, Sequence
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator, RegexValidator
from django.db import models

from tallygate.catalog import credentials
from tallygate.catalog.models.account import Account
from tallygate.catalog.models.base import CatalogModel, text, unique
from tallygate.catalog.models.plan import ApplicationPlan
from tallygate.catalog.models.product import Product
from tallygate.catalog.states import HasStates, Transition

MAX_KEYS = 5
LONGEST_KEY = 255
MAX_REFERRER_FILTERS = 5
LIMIT_REACHED = "Limit reached"

_printable = RegexValidator(r"\A[\x21-\x7E]+\Z", "must be printable ASCII without spaces")
_user_key = RegexValidator(
    r"\A(?:[A-Za-z0-9_.\-]+|[A-Za-z0-9+]+={0,2})\Z",
    "may have letters, digits, '_', '.' and '-', or be base64 without '/'",
)
_referrer = RegexValidator(r"\A[a-zA-Z0-9*.\-]+\Z", "may have letters, digits, '*', '.' and '-'")


class Application(HasStates, CatalogModel):
    """What calls a product, under a plan. Only a live one may call.

    Attributes:
        application_id: Its id in the wire protocols, the ledger and the history; of a new one made
            when blank.
        user_key: Its only credential in mode '1'; of a new one made when blank.
        redirect_url: To which an OAuth sign-in may return.
    """

    IMMUTABLE = ("product", "account", "application_id")
    SECRET = ("user_key",)
    TAKEN_FIELD = {
        "application_application_id": "application_id",
        "application_user_key": "user_key",
    }

    class State(models.TextChoices):
        PENDING = "pending"
        LIVE = "live"
        SUSPENDED = "suspended"
        DEPRECATED = "deprecated"

    TRANSITIONS = {
        "accept": Transition((State.PENDING,), State.LIVE),
        "suspend": Transition((State.LIVE,), State.SUSPENDED),
        "resume": Transition((State.SUSPENDED,), State.LIVE),
        "deprecate": Transition((State.LIVE,), State.DEPRECATED),
    }

    account = models.ForeignKey(Account, models.CASCADE, related_name="applications")
    product = models.ForeignKey(
        Product, models.CASCADE, related_name="applications", blank=True
    )  # follows from the plan
    plan = models.ForeignKey(ApplicationPlan, models.RESTRICT, related_name="applications")
    name = text()
    description = models.TextField(blank=True)
    state = text(16, choices=State, blank=True)
    application_id = text(validators=[_printable, MinLengthValidator(4)])
    user_key = text(256, validators=[_user_key])
    redirect_url = models.CharField(max_length=2000, blank=True)

    class Meta(CatalogModel.Meta):
        constraints = [
            unique("product", "application_id", name="application_application_id"),
            unique("product", "user_key", name="application_user_key"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def enabled(self) -> bool:
        """Whether it is live and its account is in good standing."""
        return self.state == self.State.LIVE and self.account.state == Account.State.APPROVED

    def prepare(self) -> None:
        if self.product_id is None and self.plan_id is not None:
            self.product_id = self.plan.product_id
        if not self.state and self.plan_id is not None:
            waits = self.plan.approval_required
            self.state = self.State.PENDING if waits else self.State.LIVE
        self._made = self._make_credentials() if self._state.adding else set()

    def _make_credentials(self) -> set[str]:
        """Fills in what was not given, and says which fields these were."""
        made = set()
        if not self.user_key:
            self.user_key = credentials.user_key()
            made.add("user_key")
        if not self.application_id:
            self.application_id = self._free_id()
            made.add("application_id")
        return made

    def _free_id(self) -> str:
        """One that no application of the product has: among 100,000 of them, chance alone would repeat some."""
        others = Application.objects.filter(product_id=self.product_id)
        while True:
            made = credentials.application_id()
            if not others.filter(application_id=made).exists():
                return made

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """As all records'; what was just made is known to be nobody else's."""
        super().validate_constraints({*(exclude or ()), *self._made})

    def clean(self) -> None:
        if self.plan_id is None or self.account_id is None:
            return  # the field itself says what is wrong with it
        if self.plan.product_id != self.product_id:
            raise ValidationError({"plan": "not allowed in this context"})
        if self.account.provider_id != self.product.provider_id:
            raise ValidationError({"account": "not found"})

    @classmethod
    def complete(cls, made: Sequence[Self]) -> None:
        """Where applications authenticate by id and key, each is born with a key."""
        ApplicationKey.objects.bulk_create(
            ApplicationKey(application=application)
            for application in made
            if application.product.backend_version == Product.BackendVersion.APP_ID
            and application.product.mandatory_app_key
        )

    def accept(self) -> None:
        """Lets a pending application call."""
        self.go("accept")

    def suspend(self) -> None:
        """Stops a live application's calls, until it is resumed."""
        self.go("suspend")

    def resume(self) -> None:
        """Lets a suspended application call again."""
        self.go("resume")

    def deprecate(self) -> None:
        """Stops a live application's calls for good."""
        self.go("deprecate")


class ApplicationKey(CatalogModel):
    """A secret of an application in the modes '2' and 'oauth'. Readable, for its owner must copy it."""

    IMMUTABLE = ("application", "value")
    SECRET = ("value",)
    TAKEN_FIELD = {"application_key_value": "value"}

    application = models.ForeignKey(Application, models.CASCADE, related_name="keys")
    value = text(
        default=credentials.application_key, validators=[_printable, MinLengthValidator(5)]
    )

    class Meta(CatalogModel.Meta):
        constraints = [unique("application", "value", name="application_key_value")]

    def __str__(self) -> str:
        return f"key of {self.application}"

    def clean(self) -> None:
        others = self.application.keys.exclude(pk=self.pk)
        if len(self.value) > LONGEST_KEY:
            return  # the field itself says so, and it is too long to be looked for
        if others.filter(value__iexact=self.value).exists():
            raise ValidationError({"value": "has already been taken"})
        refuse_above(1 if self.application.product.is_oauth else MAX_KEYS, self, others)


class ReferrerFilter(CatalogModel):
    """A host, with `*` for any run of characters, from which the application may call."""

    IMMUTABLE = ("application",)
    TAKEN_FIELD = {"referrer_filter_value": "value"}

    application = models.ForeignKey(Application, models.CASCADE, related_name="referrer_filters")
    value = text(validators=[_referrer])

    class Meta(CatalogModel.Meta):
        constraints = [unique("application", "value", name="referrer_filter_value")]

    def __str__(self) -> str:
        return self.value

    def clean(self) -> None:
        refuse_above(
            MAX_REFERRER_FILTERS, self, self.application.referrer_filters.exclude(pk=self.pk)
        )


def refuse_above(most: int, record: CatalogModel, others: "models.QuerySet[Any]") -> None:
    """Raises ValidationError when one more than `others` would be more than `most`."""
    if record._state.adding and others.count() >= most:
        raise ValidationError(LIMIT_REACHED)
