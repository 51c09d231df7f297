"""The Analytics API, mounted under `/stats/`."""

from django.urls import path

from tallygate.api import stats

urlpatterns = [
    path("services/<service_id>/usage.<form>", stats.service_usage),
    path("applications/<application_id>/usage.<form>", stats.application_usage),
    path("backend_apis/<backend_id>/usage.<form>", stats.backend_usage),
]
