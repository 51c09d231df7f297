"""Who may call what: every endpoint in every format, for every kind of caller."""

from collections.abc import Iterator

import pytest
from support import catalog_data as made
from support.management_site import ManagementSite, taken_back

from tallygate.api.management.endpoint import Endpoint
from tallygate.api.management.table import ENDPOINTS
from tallygate.catalog.sections import SCOPES, SECTIONS

pytestmark = pytest.mark.thorough

READS_PRODUCTS = {"see_products", "see_backends"}
OWN = {"see_provider", "own"}
MEMBER = {"partners"}
"""The section that the scope of the tokens asks for, whatever else a member may do."""

ALLOWED = {
    "partners": OWN | READS_PRODUCTS | {"see_accounts", "edit_accounts", "see_account_plans"},
    "plans": OWN
    | READS_PRODUCTS
    | {
        "edit_products",
        "edit_policies",
        "edit_backends",
        "see_account_plans",
        "edit_account_plans",
    },
    "monitoring": OWN | READS_PRODUCTS | {"see_analytics", "edit_annotations", "edit_saved_views"},
    "policy_registry": OWN | {"see_products", "edit_policies"},
    "settings": OWN | {"edit_settings"},
    "portal": OWN,
    "finance": OWN,
}
"""Section -> what it lets a member do with this API."""

NOT_PERMITTED = {
    "json": b'{"error":"Your access token does not have the correct permissions"}',
    "xml": b"<error>Your access token does not have the correct permissions</error>",
}
DENIED = {"json": b'{"error":"Access denied"}', "xml": b"<error>Access denied</error>"}
FORBIDDEN = {"json": b'{"status":"Forbidden"}', "xml": b""}

EVERYTHING = [(endpoint, form) for endpoint in ENDPOINTS for form in endpoint.formats]
NAMES = [f"{endpoint.method} {endpoint.path}.{form}" for endpoint, form in EVERYTHING]


def ask(site: ManagementSite, endpoint: Endpoint, form: str, query: str) -> tuple[int, bytes]:
    """Status and body; whatever the call changed is taken back."""
    with taken_back():
        answer = site.client.generic(endpoint.method, f"{site.path(endpoint, form)}?{query}")
    return answer.status_code, answer.content


def calls(site: ManagementSite, query: str) -> Iterator[tuple[str, Endpoint, str, int, bytes]]:
    for name, (endpoint, form) in zip(NAMES, EVERYTHING, strict=True):
        yield name, endpoint, form, *ask(site, endpoint, form, query)


def test_an_admin_and_the_provider_key_may_do_everything(site: ManagementSite) -> None:
    """Nothing is forbidden, and nothing fails; what is one's own a provider key does not have."""
    for query in (f"access_token={site.token}", f"provider_key={site.provider.provider_key}"):
        for name, endpoint, form, status, body in calls(site, query):
            by_key = query.startswith("provider_key")
            own = endpoint.ability == "own" and endpoint.path.startswith("personal/")
            if by_key and (own or endpoint.path.endswith("/access_tokens")):
                assert (status, body) == (403, FORBIDDEN[form]), name
                continue
            if (status, body) == (403, FORBIDDEN[form]):  # the handler's own reason
                assert endpoint.path in ("objects/status", "users/{user_id}/access_tokens"), name
                continue
            assert status in (200, 201, 400, 404, 409, 422) or (status == 403 and b"errors" in body), (name, status, body)  # fmt: skip


@pytest.mark.parametrize("section", SECTIONS)
def test_a_member_may_do_what_their_sections_allow(site: ManagementSite, section: str) -> None:
    """Every member here has `partners` too, without which the scope would not let them in."""
    allowed = ALLOWED["partners"] | ALLOWED[section]
    member = site.user("member", allowed_sections=[section, *MEMBER])
    token = site.issue(member)
    for name, endpoint, form, status, body in calls(site, f"access_token={token}"):
        if endpoint.ability in allowed:
            if endpoint.path == "users/{user_id}/access_tokens":
                continue  # of others nobody makes tokens
            assert status != 403 or b"errors" in body, (name, body)
            assert status < 500, name
        else:
            assert (status, body) == (403, FORBIDDEN[form]), name


@pytest.mark.parametrize("section", [section for section in SECTIONS if section not in MEMBER])
def test_without_the_section_of_the_scope_nothing_is_let_in(
    site: ManagementSite, section: str
) -> None:
    token = site.issue(site.user("member", allowed_sections=[section]))
    for name, _, form, status, body in calls(site, f"access_token={token}"):
        assert (status, body) == (403, NOT_PERMITTED[form]), name


@pytest.mark.parametrize("scope", [scope for scope in SCOPES if scope != "account_management"])
def test_another_scope_is_not_enough(site: ManagementSite, scope: str) -> None:
    token = site.issue(site.admin, scope)
    for name, _, form, status, body in calls(site, f"access_token={token}"):
        assert (status, body) == (403, NOT_PERMITTED[form]), name


def test_a_read_only_token_reads_everything_and_changes_nothing(site: ManagementSite) -> None:
    token = site.issue(site.admin, permission="ro")
    for name, endpoint, form, status, body in calls(site, f"access_token={token}"):
        if endpoint.method == "GET":
            assert status in (200, 400, 404) or endpoint.path == "objects/status", (name, status)
        else:
            assert (status, body) == (403, NOT_PERMITTED[form]), name


@pytest.mark.parametrize("query", ["", "access_token=unknown", "provider_key=unknown"])
def test_nobody_unknown_is_let_in(site: ManagementSite, query: str) -> None:
    for name, _, form, status, body in calls(site, query):
        assert (status, body) == (403, DENIED[form]), name


def test_a_suspended_provider_is_told_nothing(site: ManagementSite) -> None:
    site.provider.state = "suspended"
    site.provider.save()
    for name, _, _, status, body in calls(site, f"access_token={site.token}"):
        assert (status, body) == (403, b""), name


def test_a_member_sees_the_products_given_to_them_and_what_hangs_on_them(
    site: ManagementSite,
) -> None:
    """Of others there is nothing: no product, no application, no plan, in no list."""
    everything = [*SECTIONS]
    nobody = site.user("nobody", allowed_sections=everything, allowed_product_ids=[])
    of_products = ("service_id", "plan_id", "application_id")
    for name, endpoint, _, status, body in calls(site, f"access_token={site.issue(nobody)}"):
        if any(placeholder in endpoint.placeholders for placeholder in of_products):
            if endpoint.ability == "create_products":
                continue
            assert status == 404, (name, status, body)
        elif endpoint.path in ("services", "applications", "application_plans") or (
            endpoint.path == "account/proxy_configs/{environment}"
        ):
            assert b'"id":' not in body, name
            assert b"<id>" not in body, name


def test_another_provider_finds_nothing_that_is_not_theirs(site: ManagementSite) -> None:
    """Whatever the path names of this provider's is as if it did not exist."""
    other = made.provider(name="Other")
    made.product(other)
    admin = site.user("stranger", other, role="admin")
    query = f"access_token={site.issue(admin)}"
    named = set(site.ids) - {"environment", "version", "key"}
    for name, endpoint, form, status, body in calls(site, query):
        if not named & set(endpoint.placeholders):
            continue
        if endpoint.path == "users/{user_id}/access_tokens":
            assert (status, body) == (403, FORBIDDEN[form]), name
            continue
        assert status == 404, (name, status)
        assert body == (b'{"status":"Not found"}' if form == "json" else b""), name


def test_the_abilities_of_the_table_are_those_of_the_matrix() -> None:
    """An ability that is new must be given to sections here, on purpose."""
    known = set().union(*ALLOWED.values()) | {
        "create_products", "create_backends", "delete_accounts", "edit_provider", "manage_users",
        "see_audit_log", "see_object_status",
    }  # fmt: skip
    assert {endpoint.ability for endpoint in ENDPOINTS} == known
