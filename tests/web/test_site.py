"""The site's settings, headers and failures, in this process."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import get_resolver

from tallygate.web import assets, failures, health

pytestmark = pytest.mark.usefixtures("catalog")


def pragma(name: str) -> Any:
    with connection.cursor() as cursor:
        return cursor.execute(f"PRAGMA {name}").fetchone()[0]


def test_what_is_committed_is_on_the_disk_and_readers_do_not_wait_for_writers() -> None:
    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2
    assert pragma("foreign_keys") == 1
    assert pragma("busy_timeout") == 20_000


def test_the_migrations_are_those_of_the_models() -> None:
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


def test_migrating_twice_changes_nothing() -> None:
    output = StringIO()
    call_command("migrate", stdout=output)
    assert "No migrations to apply" in output.getvalue()


def test_django_finds_nothing_to_complain_about() -> None:
    call_command("check", fail_level="WARNING")


def test_everything_agreed_is_mounted() -> None:
    mounted = [str(pattern.pattern) for pattern in get_resolver().url_patterns]
    assert mounted == [
        "healthz", "stats/", "analytics/v1/", "admin/api/", "internal/", "api-docs/", "unsubscribe/", "developer", "",
    ]  # fmt: skip


def test_health_is_503_with_the_reason_when_the_catalog_cannot_be_read() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_provider RENAME TO elsewhere")
    answer = health.healthz(RequestFactory().get("/healthz"))
    assert answer.status_code == 503
    assert b"no such table: catalog_provider" in answer.content


def test_nobody_fills_the_log_with_stack_traces(caplog: pytest.LogCaptureFixture) -> None:
    """Bodies too large and hosts that are none are refused, and leave no line."""
    big = b"a" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    client = Client(raise_request_exception=False)
    json = client.generic("GET", "/stats/services/1/usage.json", big, "application/json")
    assert json.status_code == 400
    assert client.get("/login", headers={"Host": "a b"}).status_code == 400
    assert caplog.records == []


@pytest.mark.parametrize("path", ["/stats/nowhere.json", "/internal/nowhere", "/healthz/nowhere"])
def test_programs_are_told_in_json_that_there_is_nothing(path: str) -> None:
    answer = Client().get(path)
    assert (answer.status_code, answer.json()) == (404, {"status": "Not found"})


def test_people_are_told_on_a_page_that_there_is_nothing() -> None:
    answer = Client().get("/nowhere")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_an_error_of_ours_is_a_500_without_its_details() -> None:
    request = RequestFactory().get("/stats/services/1/usage.json")
    answer = failures.server_error(request)
    assert (answer.status_code, answer.content) == (500, b'{"status": "Internal error"}')
    assert failures.server_error(RequestFactory().get("/")).status_code == 500


def test_a_form_from_elsewhere_is_refused() -> None:
    answer = Client(enforce_csrf_checks=True).post("/login", {"username": "a", "password": "b"})
    assert answer.status_code == 403


def test_the_address_of_static_files_changes_with_their_bytes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert re.fullmatch("/static/[0-9a-f]{12}/", settings.STATIC_URL)
    package = tmp_path / "tallygate"
    file = package / "room" / "static" / "room" / "style.css"
    file.parent.mkdir(parents=True)
    monkeypatch.setattr("tallygate.__file__", str(package / "__init__.py"))
    seen = set()
    for content in ("a", "b"):
        file.write_text(content)
        seen.add(assets.digest())
    file.rename(file.with_name("other.css"))
    seen.add(assets.digest())
    assert len(seen) == 3


def test_a_connection_from_a_page_is_told_not_to_be_read_by_others() -> None:
    headers = Client().get("/login").headers
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"]
