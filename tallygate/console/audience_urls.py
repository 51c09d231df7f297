"""Addresses of those who use the products and of those who offer them: accounts, applications, users, settings."""

from collections.abc import Iterator

from django.urls import URLPattern, path

from tallygate.console import (
    access_tokens,
    account_settings,
    accounts,
    api_docs,
    application_changes,
    application_credentials,
    application_page,
    applications,
    audit_log,
    developer_portal,
    developers,
    invitations,
    lookups,
    users,
)

_ACCOUNT = "accounts/<int:account_id>"
_DEVELOPER = f"{_ACCOUNT}/users/<int:developer_id>"
_APPLICATION = "applications/<int:application_id>"
_USER = "users/<int:user_id>"


def _events() -> Iterator[URLPattern]:
    """What buttons do."""
    for name in accounts.EVENTS:
        yield path(f"{_ACCOUNT}/{name}", accounts.event, {"name": name}, name=f"account-{name}")
    for name in (*developers.EVENTS, *developers.ROLES):
        where = f"{_DEVELOPER}/{name}"
        yield path(where, developers.event, {"name": name}, name=f"developer-{name}")
    for name in (*application_page.EVENTS, *application_changes.PLAN_EVENTS):
        where = f"{_APPLICATION}/{name}"
        yield path(where, application_changes.event, {"name": name}, name=f"application-{name}")
    for name in users.EVENTS:
        yield path(f"{_USER}/{name}", users.event, {"name": name}, name=f"user-{name}")


urlpatterns = [
    *_events(),
    path("lookups/<slug:kind>", lookups.options, name="lookup"),
    path("accounts", accounts.listing, name="accounts"),
    path("accounts/new", accounts.create, name="account-new"),
    path(_ACCOUNT, accounts.overview, name="account"),
    path(f"{_ACCOUNT}/edit", accounts.edit, name="account-edit"),
    path(f"{_ACCOUNT}/delete", accounts.delete, name="account-delete"),
    path(f"{_ACCOUNT}/users", developers.listing, name="developers"),
    path(f"{_ACCOUNT}/users/new", developers.create, name="developer-new"),
    path(_DEVELOPER, developers.edit, name="developer"),
    path(f"{_DEVELOPER}/delete", developers.delete, name="developer-delete"),
    path("applications", applications.listing, name="applications"),
    path("applications/new", applications.create, name="application-new"),
    path(_APPLICATION, application_page.application_page, name="application"),
    path(f"{_APPLICATION}/edit", application_changes.edit, name="application-edit"),
    path(f"{_APPLICATION}/delete", application_changes.delete, name="application-delete"),
    path(f"{_APPLICATION}/plan", application_changes.change_plan, name="application-plan"),
    path(
        f"{_APPLICATION}/user-key", application_changes.renew_user_key, name="application-user-key"
    ),
    path(
        f"{_APPLICATION}/utilization",
        application_page.utilization_page,
        name="application-utilization",
    ),
    path(f"{_APPLICATION}/usage", application_page.usage_page, name="application-usage"),
    path(f"{_APPLICATION}/keys/new", application_credentials.add_key, name="key-new"),
    path(
        f"{_APPLICATION}/keys/<int:key_id>/delete",
        application_credentials.delete_key,
        name="key-delete",
    ),
    path(f"{_APPLICATION}/referrers/new", application_credentials.add_filter, name="filter-new"),
    path(
        f"{_APPLICATION}/referrers/<int:filter_id>/delete",
        application_credentials.delete_filter,
        name="filter-delete",
    ),
    path("users", users.listing, name="users"),
    path("users/new", users.create, name="user-new"),
    path(_USER, users.edit, name="user"),
    path(f"{_USER}/delete", users.delete, name="user-delete"),
    path(f"{_USER}/invitation", users.invite, name="user-invite"),
    path("welcome/<int:user_id>/<slug:token>", invitations.welcome, name="welcome"),
    path("tokens", access_tokens.listing, name="tokens"),
    path("tokens/new", access_tokens.create, name="token-new"),
    path("tokens/<int:token_id>/delete", access_tokens.delete, name="token-delete"),
    path("developer-portal", developer_portal.developer_portal, name="developer-portal"),
    path("settings", account_settings.overview, name="settings"),
    path("settings/edit", account_settings.edit, name="settings-edit"),
    path("settings/provider-key", account_settings.renew_key, name="provider-key"),
    path("audit-log", audit_log.listing, name="audit-log"),
    path("api-docs", api_docs.listing, name="api-docs"),
    path(
        "api-docs/service-management/credentials",
        api_docs.product_credentials,
        name="api-doc-credentials",
    ),
    path("api-docs/<slug:name>", api_docs.document, name="api-doc"),
    path("api-docs/<slug:name>/token", api_docs.token, name="api-doc-token"),
]
