"""The addresses of the analytics pages."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from tallygate.catalog.access import Principal
from tallygate.console.analytics import subjects
from tallygate.console.analytics.averages import DAILY, HOURLY
from tallygate.console.analytics.codes import CODES
from tallygate.console.analytics.limits import LIMITS
from tallygate.console.analytics.report_page import routes
from tallygate.console.analytics.top import APPLICATIONS_OF_ACCOUNT, TOP_APPLICATIONS, TOP_PRODUCTS
from tallygate.console.analytics.traffic import TRAFFIC
from tallygate.console.pages import page
from tallygate.domain.calendar import zone_ids

OF_PRODUCT = (TRAFFIC, DAILY, HOURLY, TOP_APPLICATIONS, CODES)
OF_BACKEND = (TRAFFIC, TOP_PRODUCTS, CODES)
OF_APPLICATION = (TRAFFIC, LIMITS, CODES)
OF_ACCOUNT = (APPLICATIONS_OF_ACCOUNT,)


@page
def time_zones(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The names of all zones, one a line: what a field for one suggests."""
    return HttpResponse("\n".join(sorted(zone_ids())), content_type="text/plain; charset=utf-8")


urlpatterns = [
    *routes("product", subjects.of_product, OF_PRODUCT),
    *routes("backend", subjects.of_backend, OF_BACKEND),
    *routes("application", subjects.of_application, OF_APPLICATION),
    *routes("account", subjects.of_account, OF_ACCOUNT),
    path("time-zones", time_zones, name="time-zones"),
]
