"""Usage: the syntax of values, metrics, and what counts on ancestors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallygate.domain.errors import MetricInvalid, UsageValueInvalid
from tallygate.ledger.usage import Usage
from tallygate.listener.parameters import Value
from tallygate.listener.usage import (
    effective_usage,
    named_metrics,
    parse_value,
    response_code,
    without_zeros,
)
from tallygate.registry.records import Metric, Service
from tallygate.registry.views import ServiceView

SERVICE = ServiceView(
    Service("10", "pk"),
    (),
    [
        Metric("10", "1", "hits"),
        Metric("10", "2", "m1", "1"),
        Metric("10", "3", "m2", "1"),
        Metric("10", "4", "deep", "2"),
        Metric("10", "5", "other"),
    ],
    (),
)


def counted(flat: bool = False, **usage: str) -> Usage:
    """By metric name: the effective usage of a call."""
    found = effective_usage(dict(usage), SERVICE, flat)
    named = ([(SERVICE.names[metric], number) for metric, number in part] for part in found)
    return Usage(*(tuple(sorted(part)) for part in named))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", (1, False)),
        ("0", (0, False)),
        ("007", (7, False)),
        (" 5 ", (5, False)),
        ("5\n", (5, False)),
        ("#5", (5, True)),
        ("#0", (0, True)),
        (" #5", (5, True)),
        ("9223372036854775807", (2**63 - 1, False)),
        ("0" * 40 + "5", (5, False)),
    ],
)
def test_a_value_is_a_whole_number_and_may_set(text: str, expected: tuple[int, bool]) -> None:
    assert expected == parse_value("hits", text)


@pytest.mark.parametrize(
    "text",
    ["1.5", "1e3", "+1", "-1", "-#5", "##3", "#", "# 5", "0x10", "1_000", "abc", "1 2", "٣", "9223372036854775808", "9" * 5000],
)  # fmt: skip
def test_any_other_value_is_refused_with_its_text(text: str) -> None:
    """Signs, fractions, other bases and digits, and what 64 bits cannot hold."""
    with pytest.raises(UsageValueInvalid) as caught:
        parse_value("hits", text)
    assert caught.value.message == f'usage value "{text}" for metric "hits" is invalid'


@pytest.mark.parametrize("value", ["", " ", "\n", None, ["1"], {"a": "1"}])
def test_a_blank_value_or_one_that_is_no_text_is_empty(value: Value) -> None:
    with pytest.raises(UsageValueInvalid) as caught:
        parse_value("hits", value)
    assert caught.value.message == 'usage value for metric "hits" can not be empty'


class TestHierarchy:
    def test_children_add_up_on_their_parent(self) -> None:
        assert counted(m1="2", m2="3") == Usage((("hits", 5), ("m1", 2), ("m2", 3)))

    def test_what_the_parent_was_given_itself_counts_as_well(self) -> None:
        assert counted(m1="2", m2="3", hits="6").adds == (("hits", 11), ("m1", 2), ("m2", 3))
        assert counted(hits="6", m1="2", m2="3").adds == (("hits", 11), ("m1", 2), ("m2", 3))

    def test_usage_counts_on_every_ancestor(self) -> None:
        assert counted(deep="4").adds == (("deep", 4), ("hits", 4), ("m1", 4))

    def test_a_set_child_sets_its_parent_and_the_last_one_wins(self) -> None:
        assert counted(m1="#6").sets == (("hits", 6), ("m1", 6))
        assert counted(m1="#11", m2="#12").sets == (("hits", 12), ("m1", 11), ("m2", 12))
        assert counted(m2="#12", m1="#11").sets == (("hits", 11), ("m1", 11), ("m2", 12))

    def test_an_increment_on_top_of_a_set_counts_from_zero(self) -> None:
        """In either order of the two in the request."""
        assert counted(m1="2", hits="#3").adds == (("hits", 2), ("m1", 2))
        assert counted(hits="#3", m1="2").adds == (("hits", 2), ("m1", 2))

    def test_a_set_child_replaces_what_was_added_to_its_parent(self) -> None:
        assert counted(hits="5", m1="#3") == Usage((), (("hits", 3), ("m1", 3)))

    def test_flat_usage_does_not_reach_the_parent(self) -> None:
        assert counted(flat=True, m1="2", other="1").adds == (("m1", 2), ("other", 1))

    def test_a_zero_is_checked_on_all_ancestors(self) -> None:
        assert counted(deep="0").adds == (("deep", 0), ("hits", 0), ("m1", 0))

    def test_a_sum_that_64_bits_cannot_hold_is_refused(self) -> None:
        with pytest.raises(UsageValueInvalid):
            counted(m1=str(2**63 - 1), m2="1")


class TestMetrics:
    def test_names_are_trimmed_and_then_exact(self) -> None:
        assert effective_usage({" hits ": "1"}, SERVICE, False).adds == (("1", 1),)
        with pytest.raises(MetricInvalid, match=r'^metric "HITS" is invalid$'):
            effective_usage({" HITS ": "1"}, SERVICE, False)

    def test_the_first_bad_metric_is_told_and_its_value_before_its_name(self) -> None:
        with pytest.raises(UsageValueInvalid, match='"x" for metric "nope"'):
            effective_usage({"hits": "1", "nope": "x", "m1": ""}, SERVICE, False)
        with pytest.raises(MetricInvalid, match='"nope"'):
            effective_usage({"nope": "1", "m1": "x"}, SERVICE, False)

    def test_named_metrics_come_with_their_ancestors_and_untrimmed(self) -> None:
        assert named_metrics({"deep": "x"}, SERVICE) == {"4", "2", "1"}
        with pytest.raises(MetricInvalid, match=r'^metric "hits" is invalid$'):
            named_metrics({" hits": "1"}, SERVICE)


def test_only_a_plain_zero_counts_as_nothing() -> None:
    given_usage: dict[str, Value] = {"a": "0", "b": "00", "c": "#0", "d": " 0", "e": "", "f": "1"}
    assert list(without_zeros(given_usage)) == ["b", "c", "d", "e", "f"]


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ({"code": "200"}, 200),
        ({"code": "599", "request": "x"}, 599),
        ({"code": "100"}, 100),
        ({"code": "099"}, 0),
        ({"code": "600"}, 0),
        ({"code": "20"}, 0),
        ({"code": "2000"}, 0),
        ({"code": " 200"}, 0),
        ({"code": "2x0"}, 0),
        ({"code": "٢٠٠"}, 0),
        ({"code": None}, 0),
        ({"code": ["200"]}, 0),
        ({"request": "x"}, 0),
        ("200", 0),
        (["200"], 0),
        (None, 0),
    ],
)
def test_a_response_code_is_three_digits_or_ignored(log: Value, expected: int) -> None:
    assert expected == response_code(log)


@given(
    st.dictionaries(
        st.sampled_from(["hits", "m1", "m2", "deep", "other", " hits", "nope", ""]),
        st.one_of(st.none(), st.text(max_size=4), st.integers(-5, 2**70).map(str), st.integers(0, 9).map(lambda n: f"#{n}")),
        max_size=5,
    ),
    st.booleans(),
)  # fmt: skip
def test_any_usage_is_counted_or_refused_in_the_words_of_the_protocol(
    usage: dict[str, Value], flat: bool
) -> None:
    """What is counted fits into 64 bits, and no metric is both added to and set."""
    try:
        adds, sets = effective_usage(usage, SERVICE, flat)
    except (UsageValueInvalid, MetricInvalid):
        return
    assert not dict(adds).keys() & dict(sets).keys()
    assert all(0 <= number < 2**63 for _, number in (*adds, *sets))
