"""In what two configurations for gateways differ, told rule by rule and setting by setting.

Takes time in proportion to their size: configurations have up to thousands of rules.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

Json = Mapping[str, Any]

LONGEST_ORDER = 200
"""Characters of an order that are told."""

_RULES = ("proxy", "proxy_rules")
_POLICIES = ("proxy", "policy_chain")
_IGNORED = frozenset({("proxy", "lock_version")})
"""It goes up with each change, and says nothing by itself."""


class Difference(NamedTuple):
    """
    Attributes:
        what: 'Mapping rule 7', 'Policy apicast', or the path of a setting.
        before: As text; None where it was not there.
        after: Likewise; None where it is gone.
    """

    what: str
    before: str | None
    after: str | None

    @property
    def kind(self) -> str:
        """'added', 'removed' or 'changed'."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def differences(before: Json | None, after: Json | None) -> list[Difference]:
    """What is different, in the order of the later configuration, then what is gone; None = none at all."""
    old, new = (dict(_told(content)) if content else {} for content in (before, after))
    found = [
        Difference(what, old.get(what), text) for what, text in new.items() if old.get(what) != text
    ]
    found += _reordered(before or {}, after or {})
    return found + [Difference(what, text, None) for what, text in old.items() if what not in new]


def _told(content: Json) -> Iterator[tuple[str, str]]:
    yield from _leaves((), content)
    for rule in _listed(content, "proxy_rules"):
        yield f"Mapping rule {rule.get('id')}", _rule(rule)
    seen: dict[str, int] = {}
    for policy in _listed(content, "policy_chain"):
        name = str(policy.get("name"))
        seen[name] = seen.get(name, 0) + 1
        again = f" ({seen[name]})" if seen[name] > 1 else ""
        yield f"Policy {name}{again}", _text(policy)


def _reordered(before: Json, after: Json) -> Iterator[Difference]:
    """Where what is in both stands in another order, for that decides what happens to a request."""
    for what, kind, name in (
        ("Order of mapping rules", "proxy_rules", "id"),
        ("Order of policies", "policy_chain", "name"),
    ):
        orders = [[each.get(name) for each in _listed(of, kind)] for of in (before, after)]
        both = set(orders[0]) & set(orders[1])
        old, new = ([each for each in order if each in both] for order in orders)
        if old != new:
            yield Difference(what, _names(old), _names(new))


def _names(order: list[Any]) -> str:
    text = ", ".join(map(str, order))
    return text if len(text) <= LONGEST_ORDER else f"{text[:LONGEST_ORDER]}…"


def _listed(content: Json, kind: str) -> list[Json]:
    return list(content.get("proxy", {}).get(kind, ()))


def _leaves(path: tuple[str, ...], value: Any) -> Iterator[tuple[str, str]]:
    if path in (_RULES, _POLICIES) or path in _IGNORED:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves((*path, name), inner)
    else:
        yield ".".join(path), _text(value)


def _rule(rule: Json) -> str:
    last = ", last" if rule.get("last") else ""
    return (
        f"{rule.get('http_method')} {rule.get('pattern')}"
        f" adds {rule.get('delta')} to {rule.get('metric_system_name')}{last}"
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
