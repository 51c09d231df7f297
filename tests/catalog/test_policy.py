"""Which section lets a member do what."""

import pytest

from tallygate.catalog import policy
from tallygate.catalog.sections import SECTIONS

OWN = {"see_provider", "own"}
SECTION_ALLOWS = {
    "portal": OWN,
    "finance": OWN,
    "settings": OWN | {"edit_settings"},
    "partners": OWN
    | {"see_products", "see_backends", "see_accounts", "edit_accounts", "see_account_plans"},
    "monitoring": OWN
    | {"see_products", "see_backends", "see_analytics", "see_integration_errors", "edit_annotations", "edit_saved_views"},
    "plans": OWN
    | {
        "see_products", "edit_products", "edit_policies", "see_backends", "edit_backends",
        "see_account_plans", "edit_account_plans", "see_integration_errors",
        "purge_integration_errors",
    },
    "policy_registry": OWN | {"see_products", "edit_policies"},
}  # fmt: skip


@pytest.mark.parametrize("section", SECTIONS)
def test_a_member_may_do_what_their_section_allows_and_nothing_else(section: str) -> None:
    allowed = {
        ability
        for ability in policy.ABILITIES
        if policy.allows(ability, is_admin=False, sections=frozenset([section]))
    }
    assert allowed == SECTION_ALLOWS[section]


def test_an_admin_may_do_everything() -> None:
    for ability in policy.ABILITIES:
        assert policy.allows(ability, is_admin=True, sections=frozenset())


def test_a_member_without_sections_may_do_what_concerns_themselves_alone() -> None:
    allowed = {
        ability
        for ability in policy.ABILITIES
        if policy.allows(ability, is_admin=False, sections=frozenset())
    }
    assert allowed == OWN


def test_what_is_in_no_table_is_a_mistake_and_not_allowed() -> None:
    with pytest.raises(KeyError):
        policy.allows("fly", is_admin=True, sections=frozenset())
