"""Form bodies of both kinds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallygate.domain.errors import BadRequest
from tallygate.listener.multipart import form_text
from tallygate.listener.parameters import parse

TYPE = "multipart/form-data; boundary=XX"


def part(name: str, value: bytes, *more: str) -> bytes:
    head = "\r\n".join([f'Content-Disposition: form-data; name="{name}"', *more])
    return f"--XX\r\n{head}\r\n\r\n".encode() + value + b"\r\n"


@pytest.mark.parametrize(
    "content_type", [TYPE, 'Multipart/Form-Data; charset=utf-8; BOUNDARY="XX"']
)
def test_parts_become_parameters(content_type: str) -> None:
    """Names nest, values keep every byte, headers of a part that say something else are passed over."""
    body = (
        part("provider_key", b"p k&=%+")
        + part("transactions[0][usage][m\u00e9thode]", b"1", "Content-Type: text/plain")
        + part("blank", b"")
        + part("lines", b"a\r\nb\r\n--X\r\n")
        + b"--XX--\r\nepilogue"
    )
    assert parse(form_text(body, content_type)) == {
        "provider_key": "p k&=%+",
        "transactions": {"0": {"usage": {"m\u00e9thode": "1"}}},
        "blank": "",
        "lines": "a\r\nb\r\n--X\r\n",
    }


def test_an_empty_form_has_no_parameters() -> None:
    assert form_text(b"--XX--", TYPE) == ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"a=1",
        part("a", b"1"),
        b"--XX\r\n\r\n1\r\n--XX--",
        b'--XX\r\nContent-Disposition: form-data; name="a"\r\n--XX--',
        b"--XX\r\nContent-Disposition: form-data\r\n\r\n1\r\n--XX--",
    ],
    ids=["nothing", "urlencoded", "no end", "no header", "no blank line", "no name"],
)
def test_a_broken_multipart_body_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest):
        form_text(body, TYPE)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=",
    ],
)
def test_anything_else_is_urlencoded(content_type: str) -> None:
    """Multipart without a boundary too; bytes that are not UTF-8 stay visible as such."""
    assert form_text(b"a=\xc3\xa9\xe9", content_type) == "a=\u00e9\udce9"


@given(
    st.lists(
        st.sampled_from(
            [b"--XX", b"--", b"\r\n", b"\r\n\r\n", b'Content-Disposition: form-data; name="a"', b'name="', b"\xff", b"\\"]
        ),
        max_size=12,
    ).map(b"".join)
)  # fmt: skip
def test_no_body_does_anything_but_be_read_or_refused(body: bytes) -> None:
    try:
        parse(form_text(body, TYPE))
    except BadRequest:
        return


@given(st.dictionaries(st.text("ab[]\u00e9 ;=", min_size=1), st.binary(), max_size=4))
def test_any_value_survives(fields: dict[str, bytes]) -> None:
    """As urlencoded text of the same names and values would."""
    body = b"".join(part(name, value) for name, value in fields.items() if b"--XX" not in value)
    text = form_text(body + b"--XX--", TYPE)
    assert text.count("=") == len([value for value in fields.values() if b"--XX" not in value])
