"""Who may do what: the one table that pages and APIs ask.

An admin may do everything. A member may do what one of the sections given to them allows, and of
products only those given to them. What is one's own (tokens, preferences) everybody may see and change.
"""

from tallygate.catalog.sections import SECTIONS

ADMINS_ONLY: tuple[str, ...] = ()
EVERYBODY: tuple[str, ...] | None = None

ABILITIES: dict[str, tuple[str, ...] | None] = {
    "see_products": ("plans", "partners", "monitoring", "policy_registry"),
    "create_products": ADMINS_ONLY,
    "edit_products": ("plans",),
    "edit_policies": ("plans", "policy_registry"),
    "see_backends": ("plans", "partners", "monitoring"),
    "create_backends": ADMINS_ONLY,
    "edit_backends": ("plans",),
    "see_analytics": ("monitoring",),
    "edit_annotations": ("monitoring",),
    "edit_saved_views": ("monitoring",),
    "see_integration_errors": ("plans", "monitoring"),
    "purge_integration_errors": ("plans",),
    "see_accounts": ("partners",),
    "edit_accounts": ("partners",),
    "delete_accounts": ADMINS_ONLY,
    "see_account_plans": ("plans", "partners"),
    "edit_account_plans": ("plans",),
    "see_provider": EVERYBODY,
    "edit_provider": ADMINS_ONLY,
    "edit_settings": ("settings",),
    "manage_users": ADMINS_ONLY,
    "see_audit_log": ADMINS_ONLY,
    "see_object_status": ADMINS_ONLY,
    "own": EVERYBODY,
}
"""What can be done -> the sections of which one is enough."""

assert {section for needed in ABILITIES.values() for section in needed or ()} <= set(SECTIONS)


def allows(ability: str, *, is_admin: bool, sections: frozenset[str]) -> bool:
    """Whether an admin, or a member with these sections, may do this.

    Raises:
        KeyError: There is no such ability.
    """
    needed = ABILITIES[ability]
    return is_admin or needed is EVERYBODY or not sections.isdisjoint(needed)
