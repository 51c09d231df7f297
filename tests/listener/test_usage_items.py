"""The bodies of POST /usage: what is made of anything at all."""

import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.running_listener import RunningListener

from tallygate.domain.errors import BadRequest, ProtocolError
from tallygate.listener.usage_items import (
    ITEMS_PER_TURN,
    UNREADABLE,
    Item,
    limit_bytes,
    read_items,
)

LINES = "application/x-ndjson"
TYPES = [
    "application/json", LINES, "application/cloudevents+json", "application/cloudevents-batch+json",
]  # fmt: skip

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
numbers = st.integers(-1, 3) | st.integers() | anything
items = st.fixed_dictionaries(
    {},
    optional={
        "usage": st.dictionaries(st.sampled_from(["hits", "child", "x", " hits"]), numbers) | anything,
        "app_id": st.sampled_from(["fuzzed", "", "\x00"]) | anything,
        "user_key": anything,
        "service_id": st.sampled_from(["2", "1", "99"]) | anything,
        "timestamp": st.sampled_from(["2024-02-29T12:00:00Z", 0, 1e308, -(10**40)]) | st.datetimes().map(str) | anything,
        "response_code": st.integers(0, 700) | anything,
        "id": st.text(max_size=3) | anything,
        "any": anything,
    },
)  # fmt: skip
events = st.fixed_dictionaries(
    {"specversion": st.just("1.0"), "id": st.text(max_size=3), "source": st.text(max_size=9), "type": st.just("t")},
    optional={"data": items, "time": st.datetimes().map(str) | anything, "subject": anything, "any": anything},
)  # fmt: skip


bodies = st.binary() | (anything | events | st.lists(events)).map(json.dumps).map(str.encode)


@given(kind=st.sampled_from(TYPES), data=bodies)
def test_any_bytes_are_items_or_an_error_that_is_told(kind: str, data: bytes) -> None:
    assert len(data) < limit_bytes(kind)
    try:
        found = read_items(kind, data, service_named=False)
    except ProtocolError:
        return
    for part in found.parts:
        assert 0 < len(part) <= ITEMS_PER_TURN
        for raw in part:
            with contextlib.suppress(BadRequest, *UNREADABLE):
                assert isinstance(found.decode(raw), Item)


@given(st.lists(st.sampled_from([b"", b" ", b"\r", b"{}", b"x y", b'"\xff'])), st.integers(0, 3))
def test_lines_are_all_that_are_not_blank_in_order(lines: list[bytes], times: int) -> None:
    """However many there are, whether or not the last one ends."""
    data = b"\n".join(lines * 50 * times)
    parts = list(read_items(LINES, data, service_named=True).parts)
    expected = [line for line in data.split(b"\n") if line.strip()]
    assert [line for part in parts for line in part] == expected
    assert all(len(part) == ITEMS_PER_TURN for part in parts[:-1])


@given(
    st.builds(
        Item,
        usage=st.dictionaries(st.text(), st.integers(0, 2**63 - 1)),
        app_id=st.none() | st.text(),
        timestamp=st.none() | st.integers(0, 2**40) | st.floats(0, 2**40),
        response_code=st.none() | st.integers(100, 599),
        id=st.none() | st.text(),
    )
)
def test_an_item_is_what_was_said(item: Item) -> None:
    """As an object, in an array and in a line alike."""
    data = msgspec.json.encode(item)
    for kind, body in ((TYPES[0], data), (TYPES[0], b" [%b ,%b] " % (data, data)), (LINES, data)):
        found = read_items(kind, body, service_named=False)
        decoded = [found.decode(raw) for part in found.parts for raw in part]
        assert set(map(repr, decoded)) == {repr(item)}


@pytest.mark.parametrize(
    ("source", "service"),
    [
        ("//gw.example.org/services/2", "2"),
        ("services/2", "2"),
        ("https://gw.example.org/a/services/a%20b/x?y#z", "a b"),
        ("urn:services/2", None),
        ("/myservices/2", None),
        ("/services/", None),
        ("urn:uuid:6ba7b810", None),
    ],
)
def test_the_source_of_an_event_may_name_the_product(source: str, service: str | None) -> None:
    """Unless the request does."""
    event = {
        "specversion": "1.0", "id": "1", "source": source, "type": "t", "data": {"usage": {"hits": 1}},
    }  # fmt: skip
    for named in (False, True):
        found = read_items(TYPES[2], json.dumps(event).encode(), service_named=named)
        ((raw,),) = found.parts
        item = found.decode(raw)
        assert item.service_id == (None if named else service)
        assert item.id == f"{source} 1"


@pytest.mark.service
@given(kind=st.sampled_from(TYPES), found=st.lists(items | events, max_size=5))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_posted_each_item_has_its_result(
    listener: RunningListener, kind: str, found: list[dict[str, Any]]
) -> None:
    """With a status, a code and words that are known; never an internal error."""
    listener.application(application_id="fuzzed")
    body: object = found[0] if kind == TYPES[2] and found else found
    data = "\n".join(map(json.dumps, found)) if kind == LINES else json.dumps(body)
    answer = listener.request("POST", "/usage?provider_key=pk", data.encode(), content_type=kind)
    assert answer.status in (200, 207, 400, 403, 404, 409, 422)
    told = [json.loads(line) for line in answer.body.splitlines()]
    results = told if kind == LINES else told[0].get("results", told)
    if kind != TYPES[2]:
        assert len(results) == len(found)
    for each in results:
        assert each["status"] in ("accepted", "duplicate") or (each["code"] and each["message"])
