"""Secrets do not get into what is kept."""

import pytest

from tallygate.integration_errors.masking import SECRETS, Mask, bounded, masked

KEY = "0123456789abcdef"


@pytest.mark.parametrize(
    ("secret", "shown"),
    [(KEY, "…cdef"), ("0123456789ab", "…89ab"), ("0123456789a", "…"), ("abcd", "…"), ("a", "…")],
)
def test_at_most_the_last_four_characters_are_shown(secret: str, shown: str) -> None:
    """Of a short secret none is: four characters would be too much of it."""
    assert masked(secret) == shown


@pytest.mark.parametrize("name", SECRETS)
def test_every_kind_of_credential_is_masked(name: str) -> None:
    """As a parameter, quoted in a message, within other words, and as the name or value of a usage."""
    given = {name: KEY, "app_id": "app", "usage": {KEY: "1", "hits": KEY}, "referrer": f"x {KEY}"}
    mask = Mask.of(given)
    assert mask.text(f'key "{KEY}" is invalid') == 'key "…cdef" is invalid'
    assert mask.text(f"agent/{KEY}/1") == "agent/…cdef/1"
    assert mask.parameters(given) == {
        "app_id": "app", name: "…cdef", "referrer": "x …cdef", "usage[…cdef]": "1", "usage[hits]": "…cdef",
    }  # fmt: skip


def test_a_short_secret_is_masked_alone_and_in_quotes() -> None:
    """But not within other words, which would become unreadable."""
    mask = Mask(["pk"])
    assert mask.text("pk") == "…"
    assert mask.text('provider key "pk" of apk') == 'provider key "…" of apk'


def test_a_secret_within_another_leaves_nothing_of_it() -> None:
    """The longer one is masked first."""
    assert KEY[:8] not in Mask([KEY[:8], KEY]).text(f'"{KEY}"')


def test_a_secret_is_masked_before_the_text_is_cut() -> None:
    """A key that lies across the cut is not left half standing."""
    assert Mask([KEY]).text("x" * 195 + KEY) == "x" * 195 + "…cdef"


def test_urls_lose_what_may_be_a_secret_of_others() -> None:
    """User, password, query and fragment go; the place stays."""
    given = {
        "referrer": "https://user:pass@example.org/path?token=t#f",
        "redirect_url": "example.org/?code=c",
    }
    shown = Mask([]).parameters(given)
    assert shown == {"referrer": "https://example.org/path", "redirect_url": "example.org/"}


def test_what_the_protocol_does_not_know_is_not_kept() -> None:
    """Other parameters, logged requests, and lists or maps in the place of a text could hold anything."""
    given = {
        "api_token": "t", "log": {"request": "GET /?token=t", "code": "200"}, "app_id": ["t"], "user_id": None,
    }  # fmt: skip
    shown = Mask([]).parameters(given)
    assert shown == {"app_id": "(no text)", "user_id": "", "log[code]": "200"}


def test_texts_stay_on_one_line_and_short() -> None:
    """Control characters and lone surrogates are replaced, long texts cut, many parameters left out."""
    assert bounded("a\r\nb\x00c\ud800") == "a��b�c�"
    assert len(bounded("x" * 1000)) == 200
    assert len(Mask([]).parameters({"usage": {f"m{n}": "1" for n in range(100)}})) == 32
