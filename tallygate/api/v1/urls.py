"""The Analytics API's second family, mounted under `/analytics/v1/`."""

from django.urls import path

from tallygate.api.v1 import asked, averages, quotas, usage
from tallygate.api.v1.answers import view

PARAMETERS = {"usage": asked.NAMES, "averages": averages.NAMES, "quotas": quotas.NAMES}
"""Report -> the names of its parameters; each also has `format`."""

urlpatterns = [
    path("usage", view(usage.usage, PARAMETERS["usage"])),
    path("averages", view(averages.averages, PARAMETERS["averages"])),
    path("quotas", view(quotas.quotas, PARAMETERS["quotas"])),
]
