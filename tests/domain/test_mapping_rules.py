"""Mapping rules count what the gateway was seen to count."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallygate.domain import mapping_patterns, request_target
from tallygate.domain.mapping_rules import ANY, Backend, Match, Rule, RuleSet, conditions

GOLDEN = json.loads(
    (Path(__file__).parent.parent / "data" / "mapping_rules_golden.json").read_text()
)
CASES = [
    pytest.param(block, case, id=f"{case['method']} {case['path']} {case['body'] or ''}".strip())
    for block in GOLDEN["blocks"]
    for case in block["cases"]
]


def rule_set(block: dict[str, Any]) -> RuleSet:
    """The rules and the backends' paths of one block of observations."""
    rules = [
        Rule(
            rule["http_method"],
            rule["pattern"],
            rule["metric_system_name"],
            rule.get("delta", 0),
            rule["last"],
            str(rule["owner_id"]) if rule.get("owner_type") == "BackendApi" else "",
        )
        for rule in block["rules"]
    ]
    paths = {1: "/bin", 2: "/bin/lib"} if "backends" in block["name"] else {}
    return RuleSet(rules, [Backend(str(number), path, ()) for number, path in paths.items()])


def usage(rules: list[Rule], method: str, target: str) -> dict[str, int]:
    return RuleSet(rules).match(method, target).usage()


def test_all_observations_are_here() -> None:
    """The golden file holds the 121 observed requests."""
    assert len(CASES) == 121


@pytest.mark.parametrize(("block", "case"), CASES)
def test_observed_usage(block: dict[str, Any], case: dict[str, Any]) -> None:
    """Each observed request counts on the same metrics, by the same values, as in the gateway."""
    match = rule_set(block).match(
        case["method"], case["path"], case["body"] or "", case["content_type"] or ""
    )
    assert match.usage() == case["usage"]


def test_backend_rules_follow_the_products_own_behind_their_path() -> None:
    """A backend's rule counts under the path of its usage, when the call is routed there."""
    store = Backend("7", "/store", [Rule("GET", "/items", "items.7"), Rule("GET", "/", "hits.7")])
    users = Backend("8", "users/", [Rule("GET", "/", "hits.8")])
    rules = RuleSet.of_product([Rule("GET", "/", "hits")], [store, users])
    assert rules.match("GET", "/store/items/1").usage() == {"hits": 1, "items.7": 1, "hits.7": 1}
    assert rules.match("GET", "/users/4").usage() == {"hits": 1, "hits.8": 1}
    assert rules.match("GET", "/other") == Match((Rule("GET", "/", "hits"),), None)


def test_a_lone_backend_at_the_root_is_not_routed() -> None:
    """With the root as the only path every rule counts, whoever owns it."""
    backend = Backend("7", "/", [Rule("GET", "/items", "items.7")])
    rules = RuleSet.of_product([Rule("GET", "/", "hits")], [backend])
    assert rules.match("GET", "/items").usage() == {"hits": 1, "items.7": 1}


def test_a_last_rule_of_the_product_hides_the_backends_rules() -> None:
    """`last` is looked at before routing, over the one list of all rules."""
    backend = Backend("7", "/b", [Rule("GET", "/", "hits.7")])
    rules = RuleSet.of_product([Rule("GET", "/", "hits", last=True)], [backend])
    assert rules.match("GET", "/b/x").usage() == {"hits": 1}


def test_the_longest_path_wins() -> None:
    """A call goes to the backend with the longest matching path, wherever it stands in the list."""
    backends = [
        Backend("1", "/", [Rule("GET", "/", "hits.1")]),
        Backend("2", "/a", [Rule("GET", "/", "hits.2")]),
    ]
    rules = RuleSet.of_product([], backends)
    assert rules.match("GET", "/a/b").usage() == {"hits.2": 1}
    assert rules.match("GET", "/c").usage() == {"hits.1": 1}


@pytest.mark.parametrize(
    "target",
    ["", "*", "foo", "example.com:443", "/..", "/a/../..", "/%", "/%zz", "/%00", "\udcff", "?a=1"],
)
def test_a_target_that_servers_refuse_matches_nothing(target: str) -> None:
    """A broken target counts nothing and raises nothing."""
    assert usage([Rule(ANY, "/", "hits")], "GET", target) == {}


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/", "/"),
        ("/a/.", "/a/"),
        ("/a/..", "/"),
        ("/a/...", "/a/..."),
        ("/a/b/../", "/a/"),
        ("/.hidden", "/.hidden"),
        ("/a%2f%2E%2e%2fb", "/b"),
        ("/a#b?c", "/a"),
        ("http://example.com", "/"),
        ("http://example.com?x", "/"),
        ("HTTPS://example.com:8443//a", "/a"),
        ("/\u00e9", "/%C3%A9"),
        ("/\udcff", "/%FF"),
        ("/a[1]^", "/a[1]%5E"),
    ],
)
def test_paths_are_made_one(target: str, path: str) -> None:
    """Every spelling of a path is turned into the one that patterns are compared with."""
    assert request_target.parse(target).path == path


@given(st.text(alphabet="/.%2eEfFaA?#\u00e9 {}", max_size=30))
def test_a_normal_path_stays_as_it_is(text: str) -> None:
    """Normalising twice gives what normalising once gave."""
    try:
        once = request_target.parse("/" + text)
    except ValueError:
        return
    assert request_target.parse(once.path).path == once.path


def test_only_a_hundred_arguments_are_looked_at() -> None:
    """A condition on an argument after the hundredth does not hold, as in the gateway."""
    many = "&".join(f"x{number}=1" for number in range(99))
    rules = [Rule("GET", "/?a=1", "hits")]
    assert usage(rules, "GET", f"/?{many}&a=1") == {"hits": 1}
    assert usage(rules, "GET", f"/?{many}&b=1&a=1") == {}


def test_arguments_are_decoded() -> None:
    """Escapes and plus signs in names and values are decoded before they are compared."""
    assert request_target.arguments("a%20b=c+d&e=%C3%A9&f&=g&h=1&h") == {
        "a b": "c d",
        "e": "\u00e9",
        "f": None,
        "h": None,
    }


@pytest.mark.parametrize("pattern", ["/a(", "/[", "/a)"])
def test_a_pattern_that_is_no_regex_matches_nothing(pattern: str) -> None:
    """A rule that cannot be compiled counts nothing and leaves the others alone."""
    rules = [Rule("GET", pattern, "broken"), Rule("GET", "/", "hits")]
    assert usage(rules, "GET", pattern) == {"hits": 1}


def test_alternatives_match_as_a_regex() -> None:
    """A raw `|` splits the whole pattern, as the gateway's regex does."""
    assert usage([Rule("GET", "/a|/b$", "hits")], "GET", "/x/b") == {"hits": 1}


def test_conditions_of_a_pattern() -> None:
    """A value with a variable anywhere in it, or none at all, is any value."""
    assert conditions("/a?b=1&c={x}&d=pre{x-y}&e=&f&g=h=i") == (
        ("b", "1"),
        ("c", None),
        ("d", None),
        ("e", ""),
        ("f", None),
        ("g", "h=i"),
    )
    assert conditions("/a?") == conditions("/a") == ()


@pytest.mark.parametrize("pattern", ["/kind{number}$", "/{{owner}}/{{repo}}/kind{number}/{{id}}$"])
def test_each_of_thousands_of_rules_is_found(pattern: str) -> None:
    """Among 5,000 rules, with and without variables before what tells them apart, the right one matches."""
    rules = RuleSet([Rule("GET", pattern.format(number=n), str(n)) for n in range(5000)])
    target = (
        pattern.removesuffix("$")
        .replace("{{owner}}", "a")
        .replace("{{repo}}", "b")
        .replace("{{id}}", "7")
    )
    for number in range(5000):
        found = rules.match("GET", target.format(number=number))
        assert found.usage() == {str(number): 1}


VALID = [
    "/",
    "/test/",
    "/foo/{bar}/baz/{foo}/quux",
    "/foo/{whatever}.json",
    "/foo.ext1/bar.ext2",
    "/foo$",
    "/foo$?bar=baz",
    "/$",
    "/v1/word/{word}.json?app_id={app_id}&app_key={app_key}",
    "/foo{lal}/",
    "/foo/{bar}k/baz/{p}/quux",
    "/data;{from};{to};{pair},{kind}",
    "/a;b=1;c,d",
    "/http://www.example.com/something.asmx/",
    "/e%20f",
    "/a+b",
]


@pytest.mark.parametrize("pattern", VALID)
def test_valid_patterns(pattern: str) -> None:
    """Patterns that 3scale takes are taken."""
    assert mapping_patterns.problems(pattern) == []


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("", mapping_patterns.BLANK),
        ("  ", mapping_patterns.BLANK),
        ("foo", mapping_patterns.INVALID),
        ("/micro$oft", mapping_patterns.INVALID),
        ("/$$", mapping_patterns.INVALID),
        ("/a b", mapping_patterns.INVALID),
        ("/a|b", mapping_patterns.INVALID),
        ("/\u00e9", mapping_patterns.INVALID),
        ("/a%2", mapping_patterns.INVALID),
        ("/{a-b}", mapping_patterns.INVALID),
        ("/foo\n", mapping_patterns.INVALID),
        ("/foo?{a}=bar", mapping_patterns.VARIABLE_AS_KEY),
        ("/foo/{bar}/baz/{bar}", mapping_patterns.REPEATED),
        ("/foo?a={foo}&a={bar}", mapping_patterns.REPEATED),
        ("/foo/{a}?a=1", mapping_patterns.REPEATED),
        ("/" + "a" * 255, mapping_patterns.TOO_LONG),
    ],
)
def test_invalid_patterns(pattern: str, problem: str) -> None:
    """A pattern that 3scale refuses is refused in the same words."""
    assert problem in mapping_patterns.problems(pattern)
