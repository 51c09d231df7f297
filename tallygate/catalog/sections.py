"""The sections of the portal to which a member may be let in, and the scopes of access tokens."""

SECTIONS = ("portal", "finance", "settings", "partners", "monitoring", "plans", "policy_registry")

SCOPE_SECTION = {
    "account_management": "partners",
    "stats": "monitoring",
    "finance": "finance",
    "policy_registry": "policy_registry",
    "cms": "portal",
}
"""Scope of an access token -> the section that its owner must have for it to work."""

SCOPES = tuple(SCOPE_SECTION)
