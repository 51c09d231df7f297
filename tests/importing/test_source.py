"""Lines come from plain files, gzipped files and standard input, and damage is told."""

import gzip
import os
import threading
from pathlib import Path

import pytest

from tallygate.domain.errors import InputError
from tallygate.importing.source import LINE_AT_MOST_BYTES, DamagedSource, Line, Source


def lines(path: Path) -> list[Line]:
    with Source(str(path)) as source:
        return list(source)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


def test_plain_and_gzipped_files_give_the_same_lines(log: Path) -> None:
    """A file is unpacked by what is in it, not by its name; the last line needs no end."""
    expected = [Line(1, "a", True), Line(2, "", True), Line(3, "b", True)]
    log.write_bytes(b"a\r\n\nb")
    assert lines(log) == expected
    log.write_bytes(gzip.compress(b"a\n\nb"))
    assert lines(log) == expected


@pytest.mark.parametrize("content", [b"", gzip.compress(b"", mtime=0)], ids=["plain", "gzipped"])
def test_an_empty_file_has_no_lines(log: Path, content: bytes) -> None:
    """An empty file is no error."""
    log.write_bytes(content)
    assert lines(log) == []


def test_bytes_that_are_not_utf8_are_kept_apart(log: Path) -> None:
    """Lines in another encoding are read without loss: different bytes give different texts."""
    log.write_bytes(b"caf\xe9\ncaf\xc3\xa9\ncaf\xe8\n")
    texts = [line.text for line in lines(log)]
    assert texts == ["caf\udce9", "café", "caf\udce8"]


def test_a_huge_line_is_cut_and_the_next_one_is_whole(log: Path) -> None:
    """A line longer than the limit is marked and takes no more memory than the limit."""
    fits = b"x" * (LINE_AT_MOST_BYTES - 1)
    log.write_bytes(fits + b"\n" + b"y" * 5 * LINE_AT_MOST_BYTES + b"\nz\n")
    found = lines(log)
    assert [line.whole for line in found] == [True, False, True]
    assert [len(line.text) for line in found] == [len(fits), LINE_AT_MOST_BYTES, 1]


def test_a_line_as_long_as_the_limit_is_whole(log: Path) -> None:
    """Exactly the limit's length, with its end or without, is not too long."""
    log.write_bytes(b"x" * LINE_AT_MOST_BYTES + b"\n" + b"y" * LINE_AT_MOST_BYTES)
    assert [line.whole for line in lines(log)] == [True, True]


@pytest.mark.parametrize("cut", [10, -1, -4])
def test_a_broken_archive_gives_what_came_before(log: Path, cut: int) -> None:
    """A gzip file that was cut gives its whole lines, then says that it is damaged and where."""
    packed = gzip.compress(b"".join(b"line %d\n" % number for number in range(50_000)))
    log.write_bytes(packed[:cut])
    texts: list[str] = []
    with pytest.raises(DamagedSource, match="damaged after line"), Source(str(log)) as source:
        texts.extend(line.text for line in source)
    assert len(texts) == (0 if cut == 10 else 50_000)
    assert all(text == f"line {number}" for number, text in enumerate(texts))


def test_flipped_bytes_in_an_archive_are_told(log: Path) -> None:
    """A gzip file with wrong bytes in it is told from a good one."""
    packed = bytearray(gzip.compress(b"".join(b"%d\n" % (n * n) for n in range(20_000))))
    packed[len(packed) // 2] ^= 0xFF
    log.write_bytes(packed)
    with pytest.raises(DamagedSource):
        lines(log)


@pytest.mark.parametrize("name", ["missing.log", ".", "a\0b"])
def test_what_cannot_be_opened_is_named(tmp_path: Path, name: str) -> None:
    """A file that is not there, a folder and an impossible name are told in one line."""
    with pytest.raises(InputError, match="cannot be read"):
        Source(str(tmp_path) + "/" + name)


def test_a_pipe_is_read_and_has_no_size(log: Path) -> None:
    """As the shell's `<(zcat access.log.gz)` gives one; how far it is read cannot be told."""
    os.mkfifo(log)
    writing = threading.Thread(target=log.write_bytes, args=(b"a\nb\n",))
    writing.start()
    with Source(str(log)) as source:
        assert [line.text for line in source] == ["a", "b"]
        assert source.size_bytes is None
    writing.join()
