"""The OpenAPI documents: valid, complete, and to be had by everybody."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern
from openapi_spec_validator import validate
from support.openapi_check import contradicts

from tallygate import __version__
from tallygate.api import urls as analytics_urls
from tallygate.api.management.table import ENDPOINTS
from tallygate.api.openapi.documents import DOCUMENTS
from tallygate.api.stats import FORMATS
from tallygate.api.v1 import urls as v1_urls
from tallygate.api.v1.answers import FORMS
from tallygate.domain.clock import SystemClock
from tallygate.listener.app import Listener
from tallygate.listener.parts import opened
from tallygate.settings import Settings

METHODS = {"get", "put", "post", "delete", "head"}
every_document = pytest.mark.parametrize("name", DOCUMENTS)


def read(name: str) -> Any:
    """The document as the site serves it."""
    answer = Client().get(f"/api-docs/{name}.json")
    assert answer.status_code == 200
    return json.loads(answer.content)


def operations(name: str) -> Iterator[tuple[str, str, Any]]:
    """Method, path and operation."""
    for path, item in read(name)["paths"].items():
        for method in METHODS & set(item):
            yield method.upper(), path, item[method]


def asked(name: str) -> set[tuple[str, str]]:
    return {(method, path) for method, path, _ in operations(name)}


@every_document
def test_a_document_is_valid(name: str, django_home: Path) -> None:
    validate(read(name))


@every_document
def test_every_operation_has_a_name_of_its_own_a_summary_and_a_heading(
    name: str, django_home: Path
) -> None:
    found = [operation for _, _, operation in operations(name)]
    ids = [operation["operationId"] for operation in found]
    assert len(set(ids)) == len(ids)
    headings = {tag["name"] for tag in read(name)["tags"]}
    for operation in found:
        assert operation["summary"]
        assert set(operation["tags"]) <= headings


@every_document
def test_json_and_yaml_say_the_same(name: str, django_home: Path) -> None:
    answer = Client().get(f"/api-docs/{name}.yaml")
    assert answer.headers["Content-Type"] == "application/yaml"
    assert yaml.safe_load(answer.content) == read(name)


@every_document
def test_a_document_can_be_had_as_a_file_and_without_signing_in(
    name: str, django_home: Path
) -> None:
    answer = Client().get(f"/api-docs/{name}.yaml?download")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}.yaml"'


@every_document
def test_a_document_names_the_version_and_where_its_api_is(name: str, django_home: Path) -> None:
    """That of the console as the caller names it, and that of the listener as clients see it."""
    document = read(name)
    assert document["info"]["version"] == __version__
    listener = DOCUMENTS[name].served_by == "listener"
    expected = "http://127.0.0.1:3001" if listener else "http://testserver"
    assert document["servers"] == [{"url": expected}]


@pytest.mark.parametrize("path", ["nothing.json", "analytics.xml"])
def test_what_is_no_document_is_not_found(path: str, bootstrapped: Any) -> None:
    assert Client().get(f"/api-docs/{path}").status_code == 404


def test_a_document_that_is_known_already_is_not_sent_again(django_home: Path) -> None:
    first = Client().get("/api-docs/analytics.json")
    again = Client().get("/api-docs/analytics.json", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304


def test_every_endpoint_of_the_account_management_api_is_in_its_document(
    django_home: Path,
) -> None:
    """With both of its formats where it has both, and nothing else is in it."""
    expected = set()
    for endpoint in ENDPOINTS:
        form = endpoint.formats[0] if len(endpoint.formats) == 1 else "{format}"
        expected.add((endpoint.method, f"/admin/api/{endpoint.path}.{form}"))
    assert asked("account-management") == expected


def test_every_parameter_of_the_account_management_api_is_in_its_document(
    django_home: Path,
) -> None:
    document = read("account-management")
    for endpoint in ENDPOINTS:
        form = endpoint.formats[0] if len(endpoint.formats) == 1 else "{format}"
        operation = document["paths"][f"/admin/api/{endpoint.path}.{form}"][endpoint.method.lower()]
        names = {parameter.name for parameter in endpoint.parameters}
        if endpoint.method == "GET":
            told = {each["name"] for each in operation["parameters"] if "name" in each}
            assert told == names
        elif names:
            content = operation["requestBody"]["content"]
            assert set(content["application/json"]["schema"]["properties"]) == names
        else:
            assert "requestBody" not in operation


def test_every_route_of_the_analytics_api_is_in_its_document(django_home: Path) -> None:
    """Of both families, and nothing else is in it."""
    routes = {_templated(pattern) for pattern in analytics_urls.urlpatterns}
    routes |= {f"/analytics/v1/{pattern.pattern}" for pattern in v1_urls.urlpatterns}
    assert {("GET", path) for path in routes} == {
        (method, re.sub(r"backend_api_id", "backend_id", path))
        for method, path in asked("analytics")
    }
    formats = read("analytics")["components"]["parameters"]["format"]["schema"]["enum"]
    assert formats == list(FORMATS)


@pytest.mark.parametrize("report", v1_urls.PARAMETERS)
def test_every_parameter_and_format_of_analytics_v1_is_in_its_document(
    report: str, django_home: Path
) -> None:
    document = read("analytics")
    operation = document["paths"][f"/analytics/v1/{report}"]["get"]
    told = [_found(document, each)["name"] for each in operation["parameters"]]
    assert sorted(told) == sorted({*v1_urls.PARAMETERS[report], "format"})
    types = [form.media_type for form in FORMS.values()]
    assert list(operation["responses"]["200"]["content"]) == types


def _found(document: Any, reference: Any) -> Any:
    for part in reference["$ref"].removeprefix("#/").split("/"):
        document = document[part]
    return document


def _templated(pattern: URLPattern) -> str:
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
    return "/stats/" + path.replace("{form}", "{format}")


def test_every_route_of_the_listener_is_in_a_document(tmp_path: Path, django_home: Path) -> None:
    """Those of the Internal API in its own, all others in the Service Management API's; nothing else is in them."""

    async def routes() -> set[tuple[str, str]]:
        settings, clock = Settings(home=tmp_path), SystemClock()
        settings.integration_errors.parent.mkdir(exist_ok=True)
        async with opened(settings, clock) as parts:
            listener = Listener(parts, clock, settings, "token")
            try:
                return listener.routes
            finally:
                listener.close()

    found = {(method, path.replace("+}", "}")) for method, path in asyncio.run(routes())}
    internal = {(method, path) for method, path in found if path.startswith("/internal/")}
    assert asked("internal") == internal
    assert asked("service-management") == found - internal


def test_the_check_of_answers_finds_what_a_document_does_not_tell(django_home: Path) -> None:
    """On which the other tests of the APIs rely: each of their answers is checked so."""
    path, name = "/admin/api/services/1/metrics.json", "account-management"
    contradicts(name, "GET", path, HttpResponse(b'{"metrics":[]}', content_type="application/json"))
    for wrong in (b'{"metrics":[{}]}', b'{"metrics":[],"more":1}', b"[]"):
        answer = HttpResponse(wrong, content_type="application/json")
        with pytest.raises(AssertionError):
            contradicts(name, "GET", path, answer)
    for answer in (HttpResponse(status=500), HttpResponse(b"x", content_type="text/html")):
        with pytest.raises(AssertionError):
            contradicts(name, "GET", path, answer)
