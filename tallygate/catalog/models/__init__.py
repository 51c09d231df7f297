"""The records of the catalog."""

from tallygate.catalog.models.access_token import AccessToken
from tallygate.catalog.models.account import Account
from tallygate.catalog.models.account_plan import AccountPlan
from tallygate.catalog.models.active_doc import ActiveDoc
from tallygate.catalog.models.alert import Alert
from tallygate.catalog.models.application import Application, ApplicationKey, ReferrerFilter
from tallygate.catalog.models.audit_entry import AuditEntry
from tallygate.catalog.models.backend import Backend, BackendUsage
from tallygate.catalog.models.chart_annotation import ChartAnnotation
from tallygate.catalog.models.developer import Developer
from tallygate.catalog.models.feature import Feature, PlanFeature
from tallygate.catalog.models.mapping_rule import MappingRule
from tallygate.catalog.models.metric import Metric
from tallygate.catalog.models.plan import ApplicationPlan, Limit, PlanMetric, PricingRule
from tallygate.catalog.models.portal_settings import PortalSettings
from tallygate.catalog.models.product import Product, ServiceToken
from tallygate.catalog.models.provider import Provider
from tallygate.catalog.models.proxy import Proxy
from tallygate.catalog.models.proxy_config import ProxyConfig
from tallygate.catalog.models.saved_view import SavedView
from tallygate.catalog.models.sign_in_attempt import SignInAttempt
from tallygate.catalog.models.user import User

__all__ = [
    "AccessToken",
    "Account",
    "AccountPlan",
    "ActiveDoc",
    "Alert",
    "Application",
    "ApplicationKey",
    "ApplicationPlan",
    "AuditEntry",
    "Backend",
    "BackendUsage",
    "ChartAnnotation",
    "Developer",
    "Feature",
    "Limit",
    "MappingRule",
    "Metric",
    "PlanFeature",
    "PlanMetric",
    "PortalSettings",
    "PricingRule",
    "Product",
    "Provider",
    "Proxy",
    "ProxyConfig",
    "ReferrerFilter",
    "SavedView",
    "ServiceToken",
    "SignInAttempt",
    "User",
]
