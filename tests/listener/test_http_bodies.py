"""How a report's body travels: types, sizes, pieces, and bodies that break off."""

import socket

import pytest
from support.running_listener import App, RunningListener, error_body

pytestmark = pytest.mark.service

CLOSE = b"Host: x\r\nConnection: close\r\n"


@pytest.fixture
def app(listener: RunningListener) -> App:
    return listener.application()


def body_of(app: App, usage: int = 1) -> bytes:
    return (
        f"provider_key=pk&service_id=2&transactions[0][app_id]={app.id}"
        f"&transactions[0][usage][hits]={usage}&transactions[1][app_id]={app.id}&transactions[1][usage][hits]=10"
    ).encode()


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "application/x-www-form-urlencoded",
        "Application/X-WWW-Form-URLencoded; charset=utf-8",
        "multipart/form-data",
        "multipart/form-data; x=y",
    ],
)
def test_a_form_is_read_whatever_its_type_is_written_like(
    listener: RunningListener, app: App, content_type: str | None
) -> None:
    """No type at all, and multipart without a boundary, mean urlencoded."""
    answer = listener.report(body_of(app).decode(), content_type=content_type)
    assert (answer.status, listener.counted(app)) == (202, 11)


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "multipart/mixed", "TEXT/XML; charset=utf-8", "x"])  # fmt: skip
def test_any_other_type_is_refused_before_all_else(
    listener: RunningListener, app: App, content_type: str
) -> None:
    answer = listener.report("a=%zz", content_type=content_type, query="b=%zz")
    media_type = content_type.partition(";")[0].lower()
    assert answer.status == 400
    assert answer.body == error_body("content_type_invalid", f"invalid Content-Type: {media_type}")


def test_a_multipart_form_counts_like_any_other(listener: RunningListener, app: App) -> None:
    fields = {
        "provider_key": "pk",
        "service_id": "2",
        "transactions[0][app_id]": app.id,
        "transactions[0][usage][hits]": "3",
    }
    body = "".join(
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    kind = "multipart/form-data; boundary=B"
    assert listener.report(f"{body}--B--\r\n", content_type=kind).status == 202
    broken = listener.report(body, content_type=kind)
    assert (broken.status, "bad_request" in broken.body) == (400, True)
    assert listener.counted(app) == 3


def test_a_body_may_come_in_chunks(listener: RunningListener, app: App) -> None:
    body = body_of(app)
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(body[n : n + 7]), body[n : n + 7]) for n in range(0, len(body), 7))  # fmt: skip
    head = b"POST /transactions.xml HTTP/1.1\r\n" + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n"
    assert status_of(listener.raw(head + chunks + b"0\r\n\r\n")) == 202
    assert listener.counted(app) == 11


@pytest.mark.parametrize("cut", [1, 12, 40])
def test_a_body_that_breaks_off_counts_nothing(
    listener: RunningListener, app: App, cut: int
) -> None:
    """Although what came before the cut would be a report of its own: its sender is going to send all of it again."""
    body = body_of(app)
    head = b"POST /transactions.xml HTTP/1.1\r\n" + CLOSE
    whole = b"Content-Length: %d\r\n\r\n" % len(body)
    assert status_of(listener.raw(head + whole + body[:-cut], half_close=True)) == 400
    part = body[:-cut]
    for rest in (b"", b"0\r\n", b"zz\r\n"):
        chunked = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(part), part)
        assert status_of(listener.raw(head + chunked + rest, half_close=True)) == 400
    assert listener.entries(app) == []


def test_a_caller_that_goes_away_in_the_middle_counts_nothing(
    listener: RunningListener, app: App
) -> None:
    body = body_of(app)
    head = b"POST /transactions.xml HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    with socket.create_connection(("127.0.0.1", listener.port)) as connection:
        connection.sendall(head + body[:-30])
    assert listener.request("GET", "/status").status == 200
    assert listener.entries(app) == []


@pytest.mark.parametrize(
    "length", [b"abc", b"-1", b"1, 2", b"99999999999999999999999999", b"+3", b"\xb2"]
)
def test_a_length_that_is_none_is_refused(listener: RunningListener, length: bytes) -> None:
    head = b"POST /transactions.xml HTTP/1.1\r\n" + CLOSE + b"Content-Length: " + length
    assert status_of(listener.raw(head + b"\r\n\r\nabc")) == 400


def test_a_body_of_more_than_four_mebibytes_is_refused_in_any_form(
    listener: RunningListener,
) -> None:
    """By its length before it is read; in chunks as soon as it is too long."""
    head = b"POST /transactions.xml HTTP/1.1\r\n" + CLOSE
    data = b"a=" + b"x" * 4_194_303
    error = error_body("bad_request", "total query size exceeds limit (4194304)").encode()
    declared = listener.raw(head + b"Content-Length: %d\r\n\r\n" % len(data))
    assert declared.endswith(error)
    chunked = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(data), data)
    assert listener.raw(head + chunked).endswith(error)


def test_a_body_of_four_mebibytes_is_read(listener: RunningListener, app: App) -> None:
    body = body_of(app) + b"&x="
    body += b"y" * (4_194_304 - len(body))
    assert (listener.report(body.decode()).status, listener.counted(app)) == (202, 11)


def test_a_caller_that_asks_first_is_told_to_go_on(listener: RunningListener, app: App) -> None:
    body = body_of(app)
    head = b"POST /transactions.xml HTTP/1.1\r\n" + CLOSE + b"Expect: 100-continue\r\n"
    answer = listener.raw(head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 ")


def test_headers_that_are_no_text_break_nothing(listener: RunningListener, app: App) -> None:
    body = body_of(app)
    head = (
        b"POST /transactions.xml HTTP/1.1\r\n"
        + CLOSE
        + b"3scale-options: \xff\xe9\r\nX-Any: \xd0\x96\r\n"
    )
    answer = listener.raw(head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    assert (status_of(answer), listener.counted(app)) == (202, 11)
