"""Decoding of query strings and form bodies."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallygate.domain.errors import BadRequest
from tallygate.listener import parameters
from tallygate.listener.parameters import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_PARAMETERS,
    LimitExceeded,
    is_utf8,
    parse,
    readable,
    text_is_utf8,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("a=1", {"a": "1"}),
        ("a", {"a": None}),
        ("a=", {"a": ""}),
        ("a=1&a=2", {"a": "2"}),
        ("a=1&&b=2&", {"a": "1", "b": "2"}),
        ("a=1;b=2", {"a": "1;b=2"}),
        ("a=b=c", {"a": "b=c"}),
        ("=1&b=2", {"b": "2"}),
        ("a+b=c+d", {"a b": "c d"}),
        ("a=%2B%20%26%3D", {"a": "+ &="}),
        ("a=%c3%A9", {"a": "é"}),
        ("a=é", {"a": "é"}),
        ("%61%5Bb%5D=1", {"a": {"b": "1"}}),
        ("a[b]=1&a[c]=2", {"a": {"b": "1", "c": "2"}}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("a[b]", {"a": {"b": None}}),
        ("a&a[b]=1", {"a": {"b": "1"}}),
        ("a[]=1&a[]=2", {"a": ["1", "2"]}),
        ("a&a[]=1", {"a": ["1"]}),
        ("a[b][]=1", {"a": {"b": ["1"]}}),
        ("a[][x]=1&a[][y]=2&a[][x]=3", {"a": [{"x": "1", "y": "2"}, {"x": "3"}]}),
        ("a[][]=1", {"a": [["1"]]}),
        ("a[][x][y]=1", {"a": [{"x": {"y": "1"}}]}),
        ("usage[hits=1", {"usage": {"[hits": "1"}}),
        ("usage[=1", {"usage[": "1"}),
        ("[a]=1", {"[a]": "1"}),
        ("[]=1", {"[]": "1"}),
        ("a]=1", {"a]": "1"}),
        ("a[b]c=1", {"a": {"b": {"c": "1"}}}),
        ("a[ b ]=1", {"a": {" b ": "1"}}),
    ],
)
def test_names_and_values_are_read_as_the_protocol_has_it(text: str, expected: object) -> None:
    """Nesting, nulls, repetition, escapes and odd brackets come out as Rack reads them."""
    assert expected == parse(text)


@pytest.mark.parametrize("text", ["a[b]=1&a[]=2", "a[]=1&a[b]=2", "a=1&a[b]=2", "a=1&a[]=2", "a=&a[b]=2", "a[b]=1&a[b][c]=2"])  # fmt: skip
def test_a_name_used_in_two_shapes_is_a_bad_request(text: str) -> None:
    """A name that is a list, a map or a value cannot be another of them as well."""
    with pytest.raises(BadRequest) as caught:
        parse(text)
    assert caught.value.message == "request contains syntax errors, should not be repeated without modification"  # fmt: skip


def test_a_value_after_a_map_replaces_it() -> None:
    """Of a repeated plain name the last one wins, whatever stood there."""
    assert parse("a[b]=1&a=2") == {"a": "2"}


@pytest.mark.parametrize("text", ["a=%", "a=%z", "a=%zz", "%=1", "a=1&b=%4", "a=%E9%"])
def test_a_broken_escape_is_a_bad_request(text: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse(text)
    assert caught.value.message == "Invalid query parameters: invalid %-encoding"


def test_4096_parameters_are_read_and_4097_are_not() -> None:
    """The limit counts separators, as the protocol does: empty places count too."""
    assert len(parse("&".join(f"k{n}=1" for n in range(MAX_PARAMETERS)))) == 4096
    with pytest.raises(LimitExceeded) as caught:
        parse("&" * MAX_PARAMETERS)
    assert caught.value.message == "total number of query parameters (4097) exceeds limit (4096)"


def test_four_mebibytes_are_read_and_no_more() -> None:
    assert len(str(parse("a=" + "x" * (MAX_BYTES - 2))["a"])) == 4_194_302
    with pytest.raises(LimitExceeded, match=r"^total query size exceeds limit"):
        parse("a=" + "x" * (MAX_BYTES - 1))


def test_31_levels_of_nesting_are_read_and_32_are_not() -> None:
    parse("a" + "[b]" * (MAX_DEPTH - 1) + "=1")
    with pytest.raises(LimitExceeded):
        parse("a" + "[b]" * MAX_DEPTH + "=1")


def test_depth_is_bounded_for_lists_of_lists_too() -> None:
    with pytest.raises(BadRequest):
        parse("a" + "[]" * 5000 + "=1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1", True),
        ("a=%C3%A9&b[%C3%A9][]=%F0%9F%98%80", True),
        ("a=%E9", False),
        ("%E9=1", False),
        ("a[%E9]=1", False),
        ("a[b][]=%C3", False),
        ("a=%ED%A0%80", False),
        ("a=\udce9", False),
        ("a", True),
    ],
)
def test_bytes_that_are_not_utf8_are_found_wherever_they_stand(text: str, expected: bool) -> None:
    """In names and values, nested or not; an encoded surrogate is not UTF-8 either."""
    assert is_utf8(parse(text)) is expected
    assert text_is_utf8(text) is expected


def test_what_cannot_be_read_leniently_is_nothing() -> None:
    assert (readable("a=%"), readable("a=1")) == ({}, {"a": "1"})


@given(st.text(alphabet="ab=&[]%+;0é\x00 \udce9", max_size=40))
def test_no_text_does_anything_but_be_read_or_refused(text: str) -> None:
    """Whatever comes in, the answer is parameters or a bad request; what is read can be asked for its encoding."""
    try:
        parameters = parse(text)
    except BadRequest:
        return
    assert is_utf8(parameters) in (True, False)
    assert "" not in parameters


@given(st.binary(max_size=60))
def test_no_bytes_do_anything_but_be_read_or_refused(data: bytes) -> None:
    parse(quote(data))
    readable(data.decode("utf-8", "surrogateescape"))


@given(
    st.dictionaries(
        st.text(min_size=1).filter(lambda name: "[" not in name),
        st.one_of(st.text(), st.dictionaries(st.text(min_size=1).filter(lambda n: not set(n) & set("[]")), st.text(), min_size=1)),
        max_size=6,
    )
)  # fmt: skip
def test_what_is_encoded_well_comes_out_as_it_went_in(given_parameters: dict[str, object]) -> None:
    """Any names and values survive encoding and decoding."""
    pairs = []
    for name, value in given_parameters.items():
        if isinstance(value, dict):
            pairs += [f"{quote(name)}[{quote(key)}]={quote(each)}" for key, each in value.items()]
        else:
            pairs.append(f"{quote(name)}={quote(str(value))}")
    assert parse("&".join(pairs)) == given_parameters


def read_name_by_name(text: str) -> object:
    """As `parse` reads names that are too long for its short way."""
    found: parameters.Parameters = {}
    for pair in filter(None, text.split("&")):
        name, equals, value = pair.partition("=")
        try:
            parameters._nest(found, name, value if equals else None, 0)
        except BadRequest:
            return BadRequest
    return found


@given(st.lists(st.text(alphabet="ab[]=", max_size=9), max_size=5).map("&".join))
def test_the_short_way_of_common_names_reads_them_like_the_long_one(text: str) -> None:
    """Maps, lists, nulls and conflicts come out the same, whichever way a name goes."""
    try:
        found: object = parse(text)
    except BadRequest:
        found = BadRequest
    assert read_name_by_name(text) == found
