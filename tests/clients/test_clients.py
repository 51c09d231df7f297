"""The real clients work: their own tests pass unmodified, and so do round trips with what they set up."""

from pathlib import Path

import pytest
from clients import table
from clients.left_out import LEFT_OUT
from clients.run import HERE, SUITE, Run, run
from support.installation import Installation

pytestmark = pytest.mark.service

PAGE = Path(__file__).parents[2] / "docs" / "compatibility.md"
IN_SUITE = 218
"""Tests that come with 3scale-api 0.35.4."""


@pytest.fixture(scope="module")
def suite(running: Installation, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """3scale-api's own tests, but for those that are left out."""
    return run(running, tmp_path_factory.mktemp("suite"), SUITE, left_out=list(LEFT_OUT))


@pytest.fixture(scope="module")
def own(running: Installation, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """What else the clients are asked to do here."""
    files = ("own_3scale_api.py", "own_threescalepy.py")
    return run(
        running, tmp_path_factory.mktemp("own"), *(str(HERE / "calls" / name) for name in files)
    )


def test_every_test_of_3scale_api_that_is_not_left_out_passes(suite: Run) -> None:
    assert suite.passed() == set(suite.results), suite.output
    assert len(suite.passed()) == IN_SUITE - len(LEFT_OUT)
    assert not set(suite.results) & set(LEFT_OUT)


def test_what_the_clients_set_up_is_counted_and_read_back(own: Run) -> None:
    assert own.passed() == set(own.results), own.output
    assert len(own.passed()) == 18


def test_the_table_of_calls_is_what_the_runs_were(
    suite: Run, own: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """When it is not, the new one is in the file that the failure names."""
    made = table.table([*suite.calls, *own.calls], suite.passed() | own.passed())
    fresh = tmp_path_factory.mktemp("table") / "calls.md"
    fresh.write_text(made)
    page = PAGE.read_text("utf-8")
    stands = page[page.index(table.BEGIN) : page.index(table.END) + len(table.END)]
    assert stands == made, f"docs/compatibility.md needs what is in {fresh}"
