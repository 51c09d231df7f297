"""A line has the same id each time its file is imported."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallygate.importing import identity
from tallygate.importing.identity import Identities


def ids(texts: list[str], service: str = "1", application: str = "a") -> list[str]:
    named = Identities(service)
    return [named.next(application, text) for text in texts]


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_a_grown_file_keeps_its_ids(old: list[str], new: list[str]) -> None:
    """What is appended to a file changes no id of the lines before, and repeats none."""
    before, after = ids(old), ids(old + new)
    assert after[: len(before)] == before
    assert len(set(after)) == len(after)


def test_equal_lines_are_told_apart_by_their_number() -> None:
    """Two equal lines are two hits, whatever stands between them."""
    assert ids(["x", "x"]) == [ids(["x", "y", "x"])[0], ids(["x", "y", "x"])[2]]


def test_product_and_application_are_part_of_the_id() -> None:
    """The same line for another product or application is another hit."""
    assert len({*ids(["x"]), *ids(["x"], service="2"), *ids(["x"], application="b")}) == 3


def test_texts_that_are_not_utf8_have_ids() -> None:
    """Lines with broken bytes are named like all others."""
    assert len(set(ids(["\udcff", "\udcfe", "ÿ"]))) == 3


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts are forgotten after a while, the same way each time; near ones are still told apart."""
    monkeypatch.setattr(identity, "TEXTS_AT_MOST", 10)
    texts = [str(number // 2) for number in range(100)]
    named = Identities("1")
    found = [named.next("a", text) for text in texts]
    assert len(set(found)) == 100
    assert len(named._recent) + len(named._older) <= 20
    assert ids(texts) == found
