"""The Analytics API, mounted under `/stats/`."""

from django.urls import path

from tallygate.api import subject, summary, top, usage
from tallygate.api.stats import view

_SERVICE, _APPLICATION, _BACKEND = subject.of_service, subject.of_application, subject.of_backend
_OF_SERVICE = "services/<service_id>"
_OF_APPLICATION = "applications/<application_id>"
_OF_BACKEND = "backend_apis/<backend_id>"

urlpatterns = [
    path(f"{_OF_SERVICE}/usage.<form>", view(_SERVICE, usage.usage)),
    path(
        f"{_OF_SERVICE}/usage_response_code.<form>",
        view(_SERVICE, usage.usage_response_code),
    ),
    path(f"{_OF_SERVICE}/top_applications.<form>", view(_SERVICE, top.top_applications)),
    path(f"{_OF_SERVICE}/summary.<form>", view(_SERVICE, summary.methods)),
    path(f"{_OF_APPLICATION}/usage.<form>", view(_APPLICATION, usage.usage)),
    path(
        f"{_OF_APPLICATION}/usage_response_code.<form>",
        view(_APPLICATION, usage.usage_response_code),
    ),
    path(f"{_OF_APPLICATION}/summary.<form>", view(_APPLICATION, summary.metrics_and_methods)),
    path(f"{_OF_BACKEND}/usage.<form>", view(_BACKEND, usage.usage)),
    path(
        f"{_OF_BACKEND}/usage_response_code.<form>",
        view(_BACKEND, usage.usage_response_code),
    ),
    path(f"{_OF_BACKEND}/top_applications.<form>", view(_BACKEND, top.top_applications)),
    path(f"{_OF_BACKEND}/summary.<form>", view(_BACKEND, summary.methods)),
]
