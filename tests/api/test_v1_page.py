"""docs/analytics.md says what there is."""

import re
from pathlib import Path

import pytest

from tallygate.analytics import frame
from tallygate.api.v1.answers import FORMS
from tallygate.api.v1.asked import ORDERS, SPLITS
from tallygate.api.v1.urls import PARAMETERS, urlpatterns

PAGE = (Path(__file__).parents[2] / "docs" / "analytics.md").read_text("utf-8")


def section(name: str) -> str:
    return re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)[1]


def parameters(name: str) -> set[str]:
    """Those that the section's table names."""
    cells = re.findall(r"^\| (`[^|]*`) \|", section(name), re.M)
    return {one for cell in cells for one in re.findall(r"`(\w+)`", cell)}


def test_every_report_has_a_section_and_a_row() -> None:
    assert [str(pattern.pattern) for pattern in urlpatterns] == list(PARAMETERS)
    assert parameters("How to call it") == set(PARAMETERS)


@pytest.mark.parametrize("report", PARAMETERS)
def test_every_parameter_is_told_and_no_other(report: str) -> None:
    expected = {*PARAMETERS[report], "format"}
    told = parameters(report)
    if report == "averages":
        told |= parameters("usage") - {"granularity", "compare", "order"}
    assert told == expected


def test_every_choice_is_told() -> None:
    usage = section("usage")
    for name in (*SPLITS, *ORDERS, *frame.GRANULARITIES, *frame.COMPARISONS):
        assert f"`{name}`" in usage


def test_every_format_has_its_media_type() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \| `([\w./-]+)` \|$", section("Files"), re.M))
    assert rows == {(name, form.media_type) for name, form in FORMS.items()}
