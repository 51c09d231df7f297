"""The Account Management API, mounted under `/admin/api/`: one route for each path of the table."""

from django.urls import re_path

from tallygate.api.management.dispatch import view
from tallygate.api.management.endpoint import Endpoint
from tallygate.api.management.table import ENDPOINTS

_PATHS: dict[str, dict[str, Endpoint]] = {}
for _endpoint in ENDPOINTS:
    _methods = _PATHS.setdefault(_endpoint.pattern, {})
    assert _endpoint.method not in _methods, f"{_endpoint.method} {_endpoint.path} is there twice"
    _methods[_endpoint.method] = _endpoint

urlpatterns = [re_path(pattern, view(methods)) for pattern, methods in _PATHS.items()]
