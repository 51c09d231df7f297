"""What schemathesis makes up from the OpenAPI documents never fails, and is answered as they say."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.installation import Installation

pytestmark = [pytest.mark.service, pytest.mark.timeout(600)]

TESTS = Path(__file__).parents[1]
ONE_OF_EACH = f"""
import json, sys
sys.path.insert(0, {str(TESTS)!r})
from support import catalog_data
from support.management_site import ManagementSite
site = ManagementSite("keeper")
used = site.token
site.issue(site.admin)
catalog_data.method(site.backend)
of_backend = site.ids | site.of_backend()
last = site.admin.access_tokens.order_by("pk").last().pk
print(json.dumps({{"token": used, "ids": site.ids | {{"token": last}}, "of_backend": of_backend}}))
"""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
)
"""Not whether all that the documents allow is taken: business rules say more; nor whether all else is
refused: the protocols pass over what they do not know."""


class Fuzzed:
    """An installation, with a provider that has one of everything."""

    def __init__(self, running: Installation, folder: Path) -> None:
        self.running = running
        self._folder = folder
        self.made = json.loads(running.catalog(ONE_OF_EACH))

    @property
    def listener(self) -> str:
        return f"http://127.0.0.1:{self.running.listener.port}"

    @property
    def console(self) -> str:
        return f"http://127.0.0.1:{self.running.console.port}"

    def run(self, document: str, url: str, config: str, *options: str) -> None:
        """Fails with what schemathesis found, and how to ask it again."""
        (self._folder / "schemathesis.toml").write_text(config)
        found = subprocess.run(
            [
                f"{Path(sys.executable).parent}/st", "run", f"{self.console}/api-docs/{document}.json",
                "--url", url, "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing",
                "--seed", "1", "--generation-deterministic",
                "--continue-on-failure", "--no-color", "--warnings", "off",
                "--suppress-health-check", "all", *options,
            ],
            cwd=self._folder,
            env={
                **os.environ,
                "PYTHONPATH": str(TESTS),
                "SCHEMATHESIS_HOOKS": "support.schemathesis_hooks",
            },
            capture_output=True,
            text=True,
        )  # fmt: skip
        assert found.returncode == 0, found.stdout[-20_000:] + found.stderr[-2_000:]


def parameters(values: Mapping[str, Any], place: str) -> str:
    """Lines of the configuration that give parameters these values."""
    return "".join(f'"{place}.{name}" = {json.dumps(value)}\n' for name, value in values.items())


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    folder = tmp_path_factory.mktemp("fuzzed")
    with Installation(
        folder / "home", internal_user="control", internal_password="secret"
    ) as running:
        yield Fuzzed(running, folder)
    shutil.rmtree(folder / ".schemathesis", ignore_errors=True)


def test_the_service_management_api_answers_as_its_document_says(fuzzed: Fuzzed) -> None:
    given = fuzzed.running.credentials()
    token = given.pop("service_token")
    config = f"[parameters]\n{parameters(given, 'query')}"
    config += f'[auth.openapi.service_token]\napi_key = "{token}"\n'
    fuzzed.run("service-management", fuzzed.listener, config, "--max-examples", "60")


def test_the_internal_api_answers_as_its_document_says(fuzzed: Fuzzed) -> None:
    """Of a service that lives here alone."""
    config = f"[parameters]\n{parameters({'service': 'fuzzed'}, 'path')}"
    options = ("--auth", "control:secret", "--max-examples", "40")
    fuzzed.run("internal", fuzzed.listener, config, *options)


def test_the_analytics_api_answers_as_its_document_says(fuzzed: Fuzzed) -> None:
    config = f"[parameters]\n{parameters(fuzzed.made['ids'], 'path')}"
    options = ("--auth", f"{fuzzed.made['token']}:", "--max-examples", "60")
    fuzzed.run("analytics", fuzzed.console, config, *options)


def test_the_account_management_api_answers_as_its_document_says(fuzzed: Fuzzed) -> None:
    """First all but what deletes, so that there is something; then that."""
    config = f"[parameters]\n{parameters(fuzzed.made['ids'], 'path')}"
    config += '[[operations]]\ninclude-path-regex = "/backend_apis/"\n[operations.parameters]\n'
    config += parameters(fuzzed.made["of_backend"], "path")
    options = ("--auth", f"{fuzzed.made['token']}:", "--max-examples", "5")
    run = ("account-management", fuzzed.console, config, *options)
    fuzzed.run(*run, "--exclude-method", "DELETE")
    fuzzed.run(*run, "--include-method", "DELETE")
