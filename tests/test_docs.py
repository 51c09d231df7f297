"""What the documentation says is what the code does."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest
import typer

from tallygate.cli import app
from tallygate.client import Figures
from tallygate.gateway import metrics as gateway_metrics
from tallygate.importing import access_log
from tallygate.settings import PREFIX, Settings
from tallygate.test_mode.commands import PARAMETERS

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def default_text(value: object) -> str:
    """A default as the page writes it."""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if str(value) else "empty"


@pytest.mark.parametrize("field", msgspec.structs.fields(Settings), ids=lambda field: field.name)
def test_every_setting_is_documented(field: msgspec.structs.FieldInfo) -> None:
    """Each setting has a row with its variable, its default, its unit and what it does."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in read("docs/configuration.md").splitlines()
        if line.startswith(f"| `{PREFIX}{field.name.upper()}` |")
    ]
    assert len(rows) == 1, "one row for each setting"
    _, default, unit, meaning = rows[0]
    assert default == default_text(field.default)
    assert unit
    assert meaning.endswith(".")


def test_no_setting_is_documented_that_does_not_exist() -> None:
    """Every variable that a page names is a setting."""
    known = {PREFIX + name.upper() for name in Settings.__struct_fields__}
    for page in PAGES:
        named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", page.read_text("utf-8")))
        assert named <= known, page.name


def commands(
    group: click.Command, path: tuple[str, ...] = ("tallygate",)
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands below a group, with their full names."""
    inner = getattr(group, "commands", None)
    if inner is None:
        yield path, group
        return
    for name, command in inner.items():
        yield from commands(command, (*path, name))


@pytest.mark.parametrize(("path", "command"), list(commands(typer.main.get_command(app))))
def test_every_command_and_option_is_documented(
    path: tuple[str, ...], command: click.Command
) -> None:
    """Each command has a section that names its arguments and all of its options."""
    text = read("docs/commands.md")
    found = re.search(rf"^## `{' '.join(path)}(?: [A-Z]+)*`\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert found, f"no section for {' '.join(path)}"
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            assert f"{(parameter.name or '').upper()}`" in found[0]
        else:
            assert re.search(rf"`{parameter.opts[0]}[ `]", found[1]), parameter.opts[0]


def test_every_command_of_test_mode_is_documented() -> None:
    """Each command has a row, and each parameter that it takes is named there; no other row is there."""
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", read("docs/test-mode.md"), re.M))
    assert set(rows) == set(PARAMETERS)
    for name, kind in PARAMETERS.items():
        for field in kind.__struct_fields__:
            assert field in rows[name], f"{name} {field}"


def test_every_make_target_is_documented() -> None:
    """Each target of the Makefile stands in the README or in CONTRIBUTING."""
    targets = re.findall(r"^([a-z-]+):.*##", read("Makefile"), re.M)
    pages = read("README.md") + read("CONTRIBUTING.md")
    assert {"setup", "serve", "test", "lint", "bench"} <= set(targets)
    for target in set(targets) - {"help"}:
        assert re.search(rf"\bmake {target}\b", pages), target


def test_ci_runs_what_the_readers_know() -> None:
    """CI calls make targets that the pages name, and nothing else."""
    calls = [
        line
        for line in read(".ci/run").splitlines()
        if line and not line.startswith(("#", "set ", "cd "))
    ]
    assert calls == ["make lint", "make test"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page leads to a file, and to a heading in it where it names one."""
    for target in re.findall(r"\]\((?!https?://)([^)]+)\)", page.read_text("utf-8")):
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.M)
            assert anchor in {heading.lower().replace(" ", "-") for heading in headings}, target


def test_every_field_of_json_logs_is_documented() -> None:
    """The names under which time, request and status of a JSON line are looked for are told."""
    text = read("docs/operations.md")
    names = (
        access_log.TIME_FIELDS + access_log.REQUEST_FIELDS + access_log.METHOD_FIELDS
        + access_log.TARGET_FIELDS + access_log.CODE_FIELDS
    )  # fmt: skip
    assert [name for name in names if f"`{name}`" not in text] == []
    assert [name for name in access_log.FORMATS if f"`{name}`" not in text] == []


def test_every_metric_of_the_gateway_is_documented() -> None:
    """Each has a row, with its type; no other row is there; every outcome is named."""
    made = gateway_metrics.Metrics(Figures())
    told = dict(
        re.findall(r"^\| `(tallygate_gateway_\w+)` \| (\w+) \|", read("docs/gateway.md"), re.M)
    )
    text = made.text().decode()
    found = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
    assert told == {name: kind for name, kind in found.items() if not name.endswith("_created")}
    assert [
        name for name in gateway_metrics.OUTCOMES if f"`{name}`" not in read("docs/gateway.md")
    ] == []
