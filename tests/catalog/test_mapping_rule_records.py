"""Mapping rules as they are recorded."""

import pytest
from django.core.exceptions import ValidationError
from support import catalog_data as made

from tallygate.catalog.models import MappingRule, Product


@pytest.fixture
def product(catalog: object) -> Product:
    return made.product()


def rule(product: Product, pattern: str = "/a", **values: object) -> MappingRule:
    given = {"metric": product.hits, "http_method": "GET", **values}
    return MappingRule.objects.create(product=product, pattern=pattern, **given)


def order(product: Product) -> list[tuple[int, str]]:
    return list(product.mapping_rules.values_list("position", "pattern"))


@pytest.mark.parametrize(
    "pattern",
    [
        "/", "/foo$", "/$", "/foo$?bar=baz", "/v1/word/{word}.json?app_id={app_id}", "/foo/{bar}k",
        "/a;v=1/b", "/caf%C3%A9", "/{id}.json", "/a?b=1&c={d}", "/a?",
    ],
)  # fmt: skip
def test_a_pattern_is_a_path_with_placeholders_an_end_and_a_query(
    product: Product, pattern: str
) -> None:
    assert rule(product, pattern).pattern == pattern


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", "can't be blank"),
        ("foo", "is invalid"),
        ("/micro$oft", "is invalid"),
        ("/$$", "is invalid"),
        ("/a b", "is invalid"),
        ("/a\n", "is invalid"),
        ("/a%zz", "is invalid"),
        ("/{a", "is invalid"),
        ("/{a}/{a}", "Can't have repeated variable names"),
        ("/a?b=1&b=2", "Can't have repeated variable names"),
    ],
)
def test_another_pattern_is_refused_with_the_reason(
    product: Product, pattern: str, message: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        rule(product, pattern)
    assert refused.value.message_dict == {"pattern": [message]}


def test_all_that_is_wrong_with_a_pattern_is_told_at_once(product: Product) -> None:
    with pytest.raises(ValidationError) as refused:
        rule(product, "/foo?{a}=bar")
    assert refused.value.message_dict == {
        "pattern": ["is invalid", "Can't use variables as keys in the querystring"]
    }


def test_a_pattern_has_at_most_255_characters(product: Product) -> None:
    rule(product, "/" + "a" * 254)
    with pytest.raises(ValidationError):
        rule(product, "/" + "a" * 255)


@pytest.mark.parametrize("values", [{"delta": 0}, {"delta": -1}, {"http_method": "ANY"}])
def test_a_delta_is_positive_and_a_method_is_one_of_http(
    product: Product, values: dict[str, object]
) -> None:
    with pytest.raises(ValidationError) as refused:
        rule(product, **values)
    assert set(refused.value.message_dict) == set(values)


def test_a_rule_counts_on_a_metric_of_its_own_owner(product: Product) -> None:
    backend = made.backend(product.provider)
    made.use(product, backend)
    for metric in (backend.metrics.get(), made.product().hits):
        with pytest.raises(ValidationError) as refused:
            rule(product, metric=metric)
        assert refused.value.message_dict == {"metric": ["not found"]}


def test_new_rules_go_to_the_bottom_or_to_the_place_they_name(product: Product) -> None:
    rule(product, "/a")
    rule(product, "/b", position=1)
    rule(product, "/c", position=99)
    assert order(product) == [(1, "/b"), (2, "/"), (3, "/a"), (4, "/c")]


def test_moving_and_deleting_leave_no_gap(product: Product) -> None:
    for pattern in ("/a", "/b", "/c"):
        rule(product, pattern)
    moved = product.mapping_rules.get(pattern="/c")
    moved.position = 2
    moved.save()
    assert order(product) == [(1, "/"), (2, "/c"), (3, "/a"), (4, "/b")]
    product.mapping_rules.get(pattern="/c").delete()
    assert order(product) == [(1, "/"), (2, "/a"), (3, "/b")]


def test_rules_of_another_owner_keep_their_places(product: Product) -> None:
    other = made.product(product.provider)
    rule(product, "/a", position=1)
    assert order(other) == [(1, "/")]
