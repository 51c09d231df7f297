"""Timestamps of reported transactions."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallygate.listener.timestamps import parse_timestamp

NOON_S = 1_707_912_000  # 2024-02-14 12:00:00 UTC
MIDNIGHT_S = NOON_S - 12 * 3600


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [
        ("2024-02-14 12:00:00", NOON_S),
        ("2024-02-14 12:00:00 UTC", NOON_S),
        ("2024-02-14 12:00:00 +0200", NOON_S - 7200),
        ("2024-02-14 12:00:00 -02:00", NOON_S + 7200),
        ("2024-02-14 12:00:00 +0545", NOON_S - 20_700),
        ("2024-02-14 12:00:00 PST", NOON_S + 28_800),
        ("2024-02-14T12:00:00Z", NOON_S),
        ("2024-02-14T12:00:00", NOON_S),
        ("2024-02-14T12:00:00+02:00", NOON_S - 7200),
        ("2024-02-14T12:00:00.999Z", NOON_S),
        ("2024/02/14", MIDNIGHT_S),
        ("2024-02-14", MIDNIGHT_S),
        ("Feb 14 2024", MIDNIGHT_S),
        ("14 Feb 2024 10:00", MIDNIGHT_S + 36_000),
        ("Wed, 14 Feb 2024 12:00:00 GMT", NOON_S),
        ("20240214T120000", NOON_S),
        ("2024-02-14 12", NOON_S),
        ("2024-02-29", MIDNIGHT_S + 15 * 86_400),
        ("  2024-02-14 12:00:00  ", NOON_S),
    ],
)
def test_a_date_is_utc_unless_it_names_a_zone(text: str, expected_s: int) -> None:
    """All forms seen in the wild are read; missing parts of the time are zero."""
    assert expected_s == parse_timestamp(text)


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [
        ("1707912000", NOON_S),
        (" 1707912000 ", NOON_S),
        ("1_707_912_000", NOON_S),
        ("0", 0),
        ("-1", -1),
        ("+17", 17),
        ("0x1F", 31),
        ("0b101", 5),
        ("0o17", 15),
        ("017", 15),
        ("20240214", 20_240_214),
        ("9" * 40, int("9" * 40)),
    ],
)
def test_a_whole_number_is_unix_seconds(text: str, expected_s: int) -> None:
    """Also where it looks like a date; sign, underscores and the prefixes of other bases are legal."""
    assert expected_s == parse_timestamp(text)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "1707900000.5", "02/14/2024", "12:00", "2024-W07-3", "2024-045", "2012garbage2012", "08", "09",
        "1__0", "_1", "0x", "2024-13-01", "2024-02-30", "2023-02-29", "2024-02-14 25:00", "2024-02-14 12:61",
        "0000-01-01", "2024-02-14 12:00:00 XYZ", "2024-02-14 nonsense", "yesterday", "Foo 14 2024", "9" * 5000, "\x00",
    ],
)  # fmt: skip
def test_what_cannot_be_read_means_now(text: str) -> None:
    """Neither half a date nor a field out of range is guessed at."""
    assert parse_timestamp(text) is None


@given(
    st.datetimes(datetime.datetime(1971, 1, 1), datetime.datetime(9990, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from(["%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y%m%dT%H%M%S"]),
)
def test_any_moment_in_any_offset_is_read_to_the_second(
    moment: datetime.datetime, offset_min: int, form: str
) -> None:
    zone = datetime.timezone(datetime.timedelta(minutes=offset_min))
    sign, minutes = "-" if offset_min < 0 else "+", abs(offset_min)
    text = f"{moment:{form}}{sign}{minutes // 60:02}:{minutes % 60:02}"
    assert parse_timestamp(text) == int(moment.replace(tzinfo=zone, microsecond=0).timestamp())


@given(st.text(max_size=30) | st.text(alphabet="0123456789-+/:TZ xob_.FebUTC", max_size=30))
def test_no_text_does_anything_but_be_read_or_mean_now(text: str) -> None:
    found = parse_timestamp(text)
    assert found is None or isinstance(found, int)
