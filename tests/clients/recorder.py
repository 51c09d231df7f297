"""A pytest plugin that watches clients at work: which of their calls made which requests, and what became of each test.

Loaded into the clients' own processes with `-p recorder`; changes nothing of what they do, but leaves out
the tests that are named in the JSON list `TESTS_LEFT_OUT`. At the end it writes a JSON object to the file
`RECORDED_CALLS`: `{"results": {test: outcome}, "calls": [{"test", "client", "call", "method", "path",
"status"}]}`. Tests are named as `test_integration_metrics.py::test_list_metrics`, wherever their package is.
"""

import functools
import json
import os
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import ThreeScalePY
from threescale_api import client as threescale_client
from threescale_api.defaults import DefaultClient, DefaultResource

FILE = "RECORDED_CALLS"
LEFT_OUT = "TESTS_LEFT_OUT"

_PACKAGE = "integration"

_names: dict[str, str] = {}
_results: dict[str, str] = {}
_calls: list[dict[str, Any]] = []
_test = ""


def pytest_configure(config: pytest.Config) -> None:
    _watch_3scale_api()
    _watch_threescalepy()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = set(json.loads(os.environ[LEFT_OUT]))
    _names.update((item.nodeid, _name(item)) for item in items)
    gone = [item for item in items if _names[item.nodeid] in left_out]
    assert len(gone) == len(left_out), "a test that is left out does not exist"
    items[:] = [item for item in items if item not in gone]
    config.hook.pytest_deselected(items=gone)


def pytest_runtest_logstart(nodeid: str) -> None:
    global _test
    _test = _names[nodeid]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """The worst of set-up, call and tear-down counts."""
    name = _names[report.nodeid]
    if report.outcome != "passed" or (report.when == "call" and name not in _results):
        _results[name] = (
            report.outcome if report.when == "call" else f"{report.when} {report.outcome}"
        )


def pytest_sessionfinish() -> None:
    with open(os.environ[FILE], "w") as file:
        json.dump({"results": _results, "calls": _calls}, file)


def _name(item: pytest.Item) -> str:
    parts = item.path.parts
    place = parts.index(_PACKAGE) + 1 if _PACKAGE in parts else -1
    return f"{'/'.join(parts[place:])}::{item.name}"


def _watch_3scale_api() -> None:
    rest = threescale_client.RestApiClient
    inner = rest.request

    @functools.wraps(inner)
    def watched(
        self: Any, method: str = "GET", url: Any = None, path: str = "", **given: Any
    ) -> Any:
        call = _caller(_of_3scale_api)
        try:
            answer = inner(self, method, url, path, **given)
        except threescale_client.errors.ApiClientError as error:
            _note("3scale-api", call, method, url or path, int(error.code))
            raise
        _note("3scale-api", call, method, url or path, answer.status_code)
        return answer

    rest.request = watched


def _watch_threescalepy() -> None:
    inner = ThreeScalePY.urlopen

    def watched(request: Any, **given: Any) -> Any:
        call = _caller(lambda its: isinstance(its, ThreeScalePY.ThreeScale))
        try:
            answer = inner(request, **given)
        except ThreeScalePY.HTTPError as error:
            _note("threescalepy", call, request.get_method(), request.full_url, error.code)
            raise
        _note("threescalepy", call, request.get_method(), request.full_url, answer.status)
        return answer

    ThreeScalePY.urlopen = watched


def _of_3scale_api(its: Any) -> bool:
    return isinstance(its, DefaultClient | DefaultResource) and not isinstance(its, type)


def _caller(wanted: Callable[[Any], bool]) -> str:
    """`Class.method` of the client that is being called: the innermost that has a public name."""
    frame = sys._getframe(2)
    while frame is not None:
        its, name = frame.f_locals.get("self"), frame.f_code.co_name
        if its is not None and wanted(its) and not name.startswith("_"):
            named = (its for its in type(its).__mro__ if "<locals>" not in its.__qualname__)
            return f"{next(named).__name__}.{name}"
        frame = frame.f_back
    return "?"


def _note(client: str, call: str, method: str, url: str, status: int) -> None:
    path = urlsplit(url).path
    _calls.append(
        {
            "test": _test,
            "client": client,
            "call": call,
            "method": method,
            "path": path,
            "status": status,
        }
    )
