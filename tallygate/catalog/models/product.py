"""What is offered to developers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from django.db import models

from tallygate.catalog import credentials, names
from tallygate.catalog.alert_levels import validate_alert_levels
from tallygate.catalog.annotations import validate_annotations
from tallygate.catalog.models.base import CatalogModel, text, unique
from tallygate.catalog.models.portal_settings import PlanChange
from tallygate.catalog.models.provider import Provider
from tallygate.catalog.states import HasStates, Transition

if TYPE_CHECKING:
    from tallygate.catalog.models.metric import Metric


class Product(HasStates, CatalogModel):
    """The protocols call it service; its service id is its primary key in decimal.

    Attributes:
        system_name: Unique with the provider; made from the name when blank.
        deployment_option: Where its gateway runs.
        backend_version: How applications authenticate: '1' user key, '2' id and key, 'oauth', or 'oidc',
            which the listener does not tell from 'oauth'.
        support_email: Whom its developers ask; '' = the provider's.
        mandatory_app_key: Whether new applications of mode '2' get a key at once.
        referrer_filters_required: Whether calls must come from a referrer that the application names.
        intentions_required: Whether developers must say what a new application is for.
        buyers_manage_apps: Whether developers create, change and delete their applications.
        buyers_manage_keys: Whether they add and remove keys.
        custom_keys_enabled: Whether they may choose a key's value.
        buyer_key_regenerate_enabled: Whether they may have a user key made anew.
        buyer_can_select_plan: Whether they choose the plan of a new application.
        buyer_plan_change_permission: How they change an application's plan.
        buyers_see_analytics: Whether they see what their applications use.
        buyers_see_response_codes: Whether they see with which response codes their calls were answered.
        notification_settings: Who is told of which levels of utilization: see `alert_levels`.
        default_application_plan: The plan of applications that name none.
    """

    IMMUTABLE = ("provider", "system_name")
    TAKEN_FIELD = {"product_system_name": "system_name"}

    class State(models.TextChoices):
        INCOMPLETE = "incomplete"
        HIDDEN = "hidden"
        OFFLINE = "offline"
        PUBLISHED = "published"
        DEPRECATED = "deprecated"

    class BackendVersion(models.TextChoices):
        USER_KEY = "1", "API key (user_key)"
        APP_ID = "2", "App_ID and App_Key pair"
        OAUTH = "oauth", "OAuth"
        OIDC = "oidc", "OpenID Connect"

    class DeploymentOption(models.TextChoices):
        HOSTED = "hosted"
        SELF_MANAGED = "self_managed"
        SERVICE_MESH_ISTIO = "service_mesh_istio"
        PLUGIN_RUBY = "plugin_ruby"
        PLUGIN_JAVA = "plugin_java"
        PLUGIN_PYTHON = "plugin_python"
        PLUGIN_NODEJS = "plugin_nodejs"
        PLUGIN_PHP = "plugin_php"
        PLUGIN_REST = "plugin_rest"
        PLUGIN_CSHARP = "plugin_csharp"

    _OPEN = (State.INCOMPLETE, State.HIDDEN, State.OFFLINE, State.PUBLISHED)
    TRANSITIONS = {
        "complete": Transition((State.INCOMPLETE,), State.HIDDEN),
        "publish": Transition(_OPEN, State.PUBLISHED),
        "hide": Transition((State.INCOMPLETE, State.PUBLISHED), State.HIDDEN),
        "take_offline": Transition((State.PUBLISHED,), State.OFFLINE),
        "deprecate": Transition(_OPEN, State.DEPRECATED),
    }

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="products")
    name = text()
    system_name = text(blank=True, validators=[names.validate_system_name])
    description = models.TextField(blank=True)
    state = text(32, choices=State, default=State.INCOMPLETE)
    backend_version = text(16, choices=BackendVersion, default=BackendVersion.USER_KEY)
    deployment_option = text(32, choices=DeploymentOption, default=DeploymentOption.HOSTED)
    support_email = models.EmailField(blank=True)
    mandatory_app_key = models.BooleanField(default=True)
    referrer_filters_required = models.BooleanField(default=False)
    intentions_required = models.BooleanField(default=False)
    buyers_manage_apps = models.BooleanField(default=True)
    buyers_manage_keys = models.BooleanField(default=True)
    custom_keys_enabled = models.BooleanField(default=True)
    buyer_key_regenerate_enabled = models.BooleanField(default=True)
    buyer_can_select_plan = models.BooleanField(default=False)
    buyer_plan_change_permission = text(32, choices=PlanChange, default=PlanChange.REQUEST)
    buyers_see_analytics = models.BooleanField(default=True)
    buyers_see_response_codes = models.BooleanField(default=True)
    notification_settings = models.JSONField(
        default=dict, blank=True, validators=[validate_alert_levels]
    )
    annotations = models.JSONField(default=dict, blank=True, validators=[validate_annotations])
    default_application_plan = models.ForeignKey(
        "ApplicationPlan", models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta(CatalogModel.Meta):
        constraints = [unique("provider", "system_name", name="product_system_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def service_id(self) -> str:
        """Its id in the wire protocols, the ledger and the history."""
        return str(self.pk)

    @property
    def is_oauth(self) -> bool:
        """Whether its applications authenticate by OAuth, OpenID Connect included."""
        return self.backend_version in (self.BackendVersion.OAUTH, self.BackendVersion.OIDC)

    @property
    def hits(self) -> "Metric":
        """The metric that counts every call."""
        return self.metrics.get(system_name="hits")

    def all_metrics(self) -> "models.QuerySet[Metric]":
        """Its own metrics and methods, and those of the backends that it uses, in this order."""
        from tallygate.catalog.models.metric import Metric

        return Metric.objects.filter(
            models.Q(product=self) | models.Q(backend__in=self.backend_usages.values("backend"))
        ).order_by(models.F("backend").asc(nulls_first=True), "pk")

    def prepare(self) -> None:
        if not self.system_name:
            others = Product.objects.filter(provider_id=self.provider_id)
            self.system_name = names.from_human(
                self.name, "service", lambda name: others.filter(system_name=name).exists()
            )

    @classmethod
    def complete(cls, made: Sequence[Self]) -> None:
        """Every product counts `hits`, maps `GET /` to it, and has a service token and a proxy."""
        from tallygate.catalog.models.mapping_rule import MappingRule
        from tallygate.catalog.models.metric import Metric
        from tallygate.catalog.models.proxy import Proxy

        for product in made:
            hits = Metric.objects.create(product=product, **Metric.HITS)
            MappingRule.objects.create(
                product=product, metric=hits, http_method="GET", pattern="/", delta=1
            )
            ServiceToken.objects.create(product=product)
            Proxy.begin(product)


class ServiceToken(CatalogModel):
    """A gateway's credential for one product. Readable, for gateways must be given it."""

    IMMUTABLE = ("product",)
    SECRET = ("value",)

    product = models.ForeignKey(Product, models.CASCADE, related_name="service_tokens")
    value = text(unique=True, default=credentials.service_token)

    def __str__(self) -> str:
        return f"service token of {self.product}"
