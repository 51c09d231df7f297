"""The one table of all endpoints: routes, the matrix of permissions and the documents are made from it.

Each module has the rows of what it does. An endpoint that is not here does not exist.
"""

from tallygate.api.management import (
    accounts,
    active_docs,
    applications,
    backends,
    chart_annotations,
    credentials,
    developers,
    features,
    mapping_rules,
    metrics,
    personal,
    plans,
    products,
    provider,
    proxies,
    reports,
    saved_views,
    terms,
    users,
)
from tallygate.api.management.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *products.ENDPOINTS,
    *metrics.ENDPOINTS,
    *backends.ENDPOINTS,
    *mapping_rules.ENDPOINTS,
    *proxies.ENDPOINTS,
    *plans.ENDPOINTS,
    *terms.ENDPOINTS,
    *features.ENDPOINTS,
    *accounts.ENDPOINTS,
    *developers.ENDPOINTS,
    *applications.ENDPOINTS,
    *credentials.ENDPOINTS,
    *users.ENDPOINTS,
    *personal.ENDPOINTS,
    *reports.ENDPOINTS,
    *provider.ENDPOINTS,
    *active_docs.ENDPOINTS,
    *chart_annotations.ENDPOINTS,
    *saved_views.ENDPOINTS,
)
"""In the order in which paths are tried: `accounts/find` before `accounts/{account_id}`."""
