"""An owner's mapping rules, as requests are held against them: by the import of access logs and on pages."""

from collections.abc import Callable

from tallygate.catalog.models import Backend as BackendRecord
from tallygate.catalog.models import MappingRule, Product
from tallygate.domain.mapping_rules import Backend, Rule, RuleSet

Name = Callable[[MappingRule], str]


def system_name(rule: MappingRule) -> str:
    """What a rule counts on, by the metric's name in the protocols."""
    return rule.metric.system_name


def of_product(product: Product, name: Name = system_name) -> RuleSet:
    """A product's rules and those of the backends that it uses.

    Args:
        name: What stands for a rule's metric in what matches.
    """
    own = [_rule(rule, name) for rule in product.mapping_rules.select_related("metric")]
    usages = product.backend_usages.order_by("pk").values_list("backend", "path")
    rules: dict[int, list[Rule]] = {backend: [] for backend, _ in usages}
    found = MappingRule.objects.filter(backend__in=rules).select_related("metric")
    for rule in found:
        rules[rule.backend_id].append(_rule(rule, name))
    backends = [Backend(str(backend), path, rules[backend]) for backend, path in usages]
    return RuleSet.of_product(own, backends)


def of_backend(backend: BackendRecord, name: Name = system_name) -> RuleSet:
    """A backend's rules alone, as they are: in a product they stand behind the path of its use."""
    return RuleSet(_rule(rule, name) for rule in backend.mapping_rules.select_related("metric"))


def _rule(rule: MappingRule, name: Name) -> Rule:
    return Rule(rule.http_method, rule.pattern, name(rule), rule.delta, rule.last)
