"""How long 1,000 mapping rules take to match a request, against trying one after the other."""

import re
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial

from bench.load import spread
from tallygate.domain.mapping_rules import Rule, RuleSet

RULES = 1_000
REQUESTS = 2_000
ROUNDS = 5

SETS: dict[str, tuple[str, str]] = {
    "told apart by their beginning": ("/v1/kind{n}/{{id}}$", "/v1/kind{n}/7"),
    "told apart behind variables": ("/repos/{{owner}}/{{repo}}/kind{n}", "/repos/a/b/kind{n}/7"),
    "path to be normalised, query": ("/v1/kind{n}/{{id}}?a={{a}}", "/v1//kind{n}/a%20b?b=1&a=2"),
}


def main() -> None:
    """1,000 rules, a product's `/` before them; one request for each rule in turn."""
    for name, (pattern, target) in SETS.items():
        rules = [Rule("GET", "/", "hits")]
        rules += [Rule("GET", pattern.format(n=n), f"m{n}") for n in range(RULES)]
        targets = [target.format(n=n % RULES) for n in range(REQUESTS)]
        match = partial(RuleSet(rules).match, "GET")
        assert all(len(match(each).usage()) >= 2 for each in targets)
        ours = [_micros(match, targets) for _ in range(ROUNDS)]
        regexes = [re.compile(_regex(rule.pattern), re.ASCII) for rule in rules]
        scan = _micros(partial(_one_by_one, regexes), targets)
        ratio = scan / statistics.median(ours)
        print(f"   {name:<30} {spread(ours, 2)} µs; one after the other {scan:.0f} µs, {ratio:.0f} times as long")  # fmt: skip


def _micros(match: Callable[[str], object], targets: Sequence[str]) -> float:
    begun = time.perf_counter()
    for target in targets:
        match(target)
    return (time.perf_counter() - begun) / len(targets) * 1e6


def _one_by_one(regexes: Sequence[re.Pattern[str]], target: str) -> int:
    return sum(regex.search(target) is not None for regex in regexes)


def _regex(pattern: str) -> str:
    path = pattern.partition("?")[0]
    variable = r"([\w\-.~%!$&'()*+,;=@:]+)"
    return "^" + re.sub(r"\{.+?\}", lambda _: variable, path)
