"""The records of the catalog."""

from tallygate.catalog.models.access_token import AccessToken
from tallygate.catalog.models.account import Account
from tallygate.catalog.models.application import Application, ApplicationKey, ReferrerFilter
from tallygate.catalog.models.backend import Backend, BackendUsage
from tallygate.catalog.models.mapping_rule import MappingRule
from tallygate.catalog.models.metric import Metric
from tallygate.catalog.models.plan import ApplicationPlan, Limit, PricingRule
from tallygate.catalog.models.product import Product, ServiceToken
from tallygate.catalog.models.provider import Provider
from tallygate.catalog.models.sign_in_attempt import SignInAttempt
from tallygate.catalog.models.user import User

__all__ = [
    "AccessToken",
    "Account",
    "Application",
    "ApplicationKey",
    "ApplicationPlan",
    "Backend",
    "BackendUsage",
    "Limit",
    "MappingRule",
    "Metric",
    "PricingRule",
    "Product",
    "Provider",
    "ReferrerFilter",
    "ServiceToken",
    "SignInAttempt",
    "User",
]
