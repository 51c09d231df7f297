"""Lines of access logs are read as the servers wrote them."""

import gzip
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallygate.importing.access_log import (
    FORMATS,
    LATEST_MS,
    Unreadable,
    parse_combined,
    parse_common,
    parse_json,
)

REAL_LOG = Path(__file__).parent.parent / "data" / "apache_access_10k.log.gz"
COMMON = '203.0.113.9 - mary [17/May/2015:10:05:03 +0000] "GET /a?b=c HTTP/1.1" 200 2326'
COMBINED = COMMON + ' "http://example.com/" "curl/8.0"'
AT_MS = 1_431_857_103_000


def test_the_real_log_is_read_to_the_last_line() -> None:
    """Of 10,000 real requests, every one is read, and the answers by code are what is known of them."""
    with gzip.open(REAL_LOG, "rt", encoding="utf-8") as lines:
        hits = [parse_combined(line.rstrip("\n")) for line in lines]
    assert Counter(hit.code for hit in hits) == {
        200: 9126, 304: 445, 404: 213, 301: 164, 206: 45, 500: 3, 403: 2, 416: 2,
    }  # fmt: skip
    paths = Counter(hit.target.split("/")[1].split("?")[0] for hit in hits if hit.method == "GET")
    assert (paths["presentations"], paths["blog"], paths["images"]) == (2305, 1942, 1243)


@pytest.mark.parametrize(("parse", "line"), [(parse_common, COMMON), (parse_combined, COMBINED)])
def test_a_line_says_who_when_what_and_the_answer(parse: object, line: str) -> None:
    """Time, method, target, status and user of a line are read."""
    hit = FORMATS["common" if parse is parse_common else "combined"](line)
    assert hit[:4] == (AT_MS, "GET", "/a?b=c", 200)
    assert hit.field("remote_user") == "mary"
    assert hit.field("remote_addr") == "203.0.113.9"
    assert hit.field("remote_ident") is None
    assert hit.field("arg_b") == "c"
    assert hit.field("arg_x") is None


def test_combined_has_referrer_and_agent() -> None:
    """The combined format's two more fields are read, also from a line that was cut in its agent."""
    assert parse_combined(COMBINED).field("http_user_agent") == "curl/8.0"
    assert parse_combined(COMBINED[:-3]).field("http_user_agent") == "curl/8"
    assert parse_combined(COMBINED + ' 0.004 "-"').field("http_referer") == "http://example.com/"


@pytest.mark.parametrize(
    ("time", "at_ms"),
    [
        ("17/May/2015:12:05:03 +0200", AT_MS),
        ("17/May/2015:03:35:03 -0630", AT_MS),
        ("17/May/2015:10:05:03.250 +0000", AT_MS),
        ("31/Dec/2016:23:59:60 +0000", 1_483_228_799_000),
    ],
)
def test_times_have_zones(time: str, at_ms: int) -> None:
    """The zone of a line's time is taken into account; a leap second is the second before."""
    assert parse_common(COMMON.replace("17/May/2015:10:05:03 +0000", time)).time_ms == at_ms


@pytest.mark.parametrize(
    ("sent", "method", "target"),
    [
        ("GET /a%20b HTTP/1.0", "GET", "/a%20b"),
        ("GET /", "GET", "/"),
        ("GET /a b HTTP/1.1", "GET", "/a b"),
        (r"GET /\"q\" HTTP/1.1", "GET", '/"q"'),
        (r"GET /\xc3\xa9\x22 HTTP/1.1", "GET", '/é"'),
        (r"GET /é\xff HTTP/1.1", "GET", "/é\udcff"),
        ("-", "", ""),
        ("", "", ""),
        (r"\x16\x03\x01\x02 \x00", "", ""),
        ("CONNECT example.com:443 HTTP/1.1", "CONNECT", "example.com:443"),
    ],
)
def test_requests_are_unescaped(sent: str, method: str, target: str) -> None:
    """What Apache and nginx escape in a request line is undone; what was no request has no method."""
    hit = parse_combined(COMBINED.replace("GET /a?b=c HTTP/1.1", sent))
    assert (hit.method, hit.target) == (method, target)


@pytest.mark.parametrize(
    "line",
    [
        "",
        " ",
        "hello",
        COMMON,
        COMBINED.replace("May", "Mai"),
        COMBINED.replace("17/May", "32/May"),
        COMBINED.replace("2015", "1969"),
        COMBINED.replace("2015", "2100"),
        COMBINED.replace("+0000", "+9900"),
        COMBINED.replace(" 200 ", " 2000 "),
        COMBINED.replace(" 200 ", " abc "),
        COMBINED.replace('HTTP/1.1"', "HTTP/1.1"),
        "\x00\x01\x02" * 30,
        "[" * 60_000,
        " [" * 30_000,
        '"' * 60_000,
        "\\" * 60_000,
    ],
)
def test_what_is_no_combined_line_is_refused(line: str) -> None:
    """Junk is refused with a reason, at once, and with no other error."""
    with pytest.raises(Unreadable):
        parse_combined(line)


def test_a_common_line_in_a_combined_log_is_named() -> None:
    """Whoever gives the wrong format is told which one it may be."""
    with pytest.raises(Unreadable, match="--format common"):
        parse_combined(COMMON)


@pytest.mark.parametrize(
    "line",
    [
        '{"time":"2015-05-17T10:05:03Z","request":"GET /a HTTP/1.1","status":200}',
        '{"@timestamp":"2015-05-17T12:05:03+02:00","method":"GET","path":"/a","status":"200"}',
        '{"time_local":"17/May/2015:10:05:03 +0000","request":"GET /a HTTP/2","status":200}',
        '{"msec":"1431857103.000","request_method":"GET","request_uri":"/a","status":"200"}',
        '{"ts":1431857103.0,"request":{"method":"GET","uri":"/a"},"status":200}',
        '{"timestamp":1431857103000,"verb":"GET","url":"/a","response":200.0}',
        '{"@timestamp":"2015-05-17T10:05:03","http":{"request":{"method":"GET"},'
        '"response":{"status_code":200}},"url":{"original":"/a"}}',
        '{"StartUTC":"2015-05-17T10:05:03.000Z","RequestMethod":"GET","RequestPath":"/a",'
        '"DownstreamStatus":200}',
    ],
)
def test_json_lines_of_many_makers(line: str) -> None:
    """The field names of nginx, Caddy, Traefik, the Elastic Common Schema and others are known."""
    assert parse_json(line)[:4] == (AT_MS, "GET", "/a", 200)


def test_fields_of_json_lines() -> None:
    """Any field of a JSON line, inner ones too, can tell the application; what is no text cannot."""
    hit = parse_json(
        '{"time":1431857103,"request":"GET /?k=v","app":{"id":7},"a.b":"c","no":null,"list":[1]}'
    )
    assert hit.code == 0
    assert [hit.field(name) for name in ("app.id", "a.b", "arg_k")] == ["7", "c", "v"]
    assert [hit.field(name) for name in ("app", "no", "list", "x", "app.id.y")] == [None] * 5


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "null",
        "{",
        '{"a":' * 5_000,
        "[" * 60_000,
        '{"request":"GET /"}',
        '{"time":true,"request":"GET /"}',
        '{"time":{},"request":"GET /"}',
        '{"time":"yesterday","request":"GET /"}',
        '{"time":-5,"request":"GET /"}',
        '{"time":1e300,"request":"GET /"}',
        '{"time":' + "9" * 400 + ',"request":"GET /"}',
        '{"time":"' + "9" * 400 + '","request":"GET /"}',
        '{"time":1431857103}',
        '{"time":1431857103,"method":1,"path":2}',
        '{"time":1431857103,"request":"GET /","status":"abc"}',
        '{"time":1431857103,"request":"GET /","status":-1}',
        '{"time":1431857103,"request":"GET /","status":12345}',
        "\udcff\udcfe",
    ],
)
def test_what_is_no_json_hit_is_refused(line: str) -> None:
    """A JSON line that is broken, or lacks time or request, is refused with a reason."""
    with pytest.raises(Unreadable):
        parse_json(line)


@given(st.text(max_size=200), st.sampled_from(sorted(FORMATS)))
def test_no_line_breaks_a_parser(line: str, log_format: str) -> None:
    """Whatever a line holds, it gives a hit in range or is refused."""
    try:
        hit = FORMATS[log_format](line)
    except Unreadable:
        return
    assert 0 <= hit.time_ms < LATEST_MS
    assert 0 <= hit.code <= 999


@given(st.text(alphabet='"[]\\ :/-x0GETHP1.+May', max_size=120))
def test_no_request_line_breaks_a_parser(text: str) -> None:
    """Whatever stands in the place of the request, it gives a hit or is refused."""
    try:
        hit = parse_combined(COMBINED.replace("GET /a?b=c HTTP/1.1", text))
    except Unreadable:
        return
    assert hit.time_ms == AT_MS
