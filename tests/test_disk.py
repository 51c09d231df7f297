"""`tallygate disk` tells what usage takes, now and later, and changes nothing."""

import re
from pathlib import Path

import pytest
from support.command_line import tallygate
from support.installation import Installation, get

from tallygate.commands.disk import Forecast, Line, human, told
from tallygate.domain.errors import InputError
from tallygate.settings import load


@pytest.mark.service
def test_every_table_and_what_else_is_there_has_a_line(tmp_path: Path) -> None:
    """Also with other times than those that are set, and while nothing runs."""
    with Installation(tmp_path / "home") as installation:
        query = "&".join(f"{name}={value}" for name, value in installation.credentials().items())
        path = f"/transactions/authrep.xml?{query}&usage[hits]=1"
        assert get(installation.listener.port, path)[0] == 200
        running = installation.command("disk", "--home", str(installation.home))
        installation.listener.stop()
        installation.console.stop()
        stopped = installation.command(
            "disk", "--raw-days", "7", "--quarter-days", "400", "--home", str(installation.home)
        )
    kept = [r"history\.raw +1 .* 30 days ", r"history\.usage_quarter +\d+ .* for ever "]
    others = [r"history\.raw +1 .* 7 days ", r"history\.usage_quarter +\d+ .* 400 days "]
    for printed, patterns in ((running, kept), (stopped, others)):
        for pattern in [
            *patterns,
            "^ledger ",
            "^catalog ",
            "^integration errors ",
            "^all ",
            " are free$",
        ]:
            assert re.search(pattern, printed, re.M), pattern


def test_a_disk_that_will_be_full_is_told() -> None:
    lines = [Line("history.raw", 1, 100, 10, 0, (400, 3_750))]
    assert told(Forecast(lines, 10_000))[-1] == "10.0 kB are free"
    assert told(Forecast(lines, 1_000))[-1].startswith("the disk will be full within 365 days")
    assert told(Forecast(lines, 200))[-1].startswith("the disk will be full within 30 days")


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (2_000_000, "2.0 MB"), (3 * 10**12, "3.0 TB")],
)
def test_sizes_are_in_units_that_people_read(size: int, text: str) -> None:
    assert human(size) == text


@pytest.mark.parametrize(
    ("minute_days", "quarter_days"), [("90", "30"), ("0", "400"), ("-1", "0"), ("90", "-5")]
)
def test_the_coarser_is_kept_at_least_as_long_as_the_finer(
    minute_days: str, quarter_days: str
) -> None:
    """Else questions about long times could not be answered of days of which the minutes are there."""
    given = {"TALLYGATE_MINUTE_DAYS": minute_days, "TALLYGATE_QUARTER_DAYS": quarter_days}
    with pytest.raises(InputError, match="_DAYS"):
        load(given)
    assert load({"TALLYGATE_QUARTER_DAYS": "90"}).quarter_days == 90


def test_a_home_that_is_not_there_is_told(home: Path) -> None:
    done = tallygate("disk", "--home", home / "none")
    assert (done.returncode, done.stdout) == (1, "")
