"""The provider, its settings, its users, their tokens, and the record of changes."""

import json
from datetime import UTC, datetime

import pytest
from django.db import connection
from support.management_site import ManagementSite

from tallygate.catalog.models import AccessToken, AuditEntry, User
from tallygate.catalog.sections import SECTIONS
from tallygate.catalog.sign_in import sign_in


def test_the_provider_is_read_and_changed(site: ManagementSite) -> None:
    shown = site.get("provider")["account"]
    assert (shown["org_name"], shown["timezone"]) == ("Acme", "UTC")
    changed = site.put(
        "provider", **{**shown, "site_access_code": "open sesame", "timezone": "Asia/Kolkata"}
    )["account"]
    assert (changed["site_access_code"], changed["timezone"]) == ("open sesame", "Asia/Kolkata")
    assert site.refused("PUT", "provider", timezone="Moon/Base", from_email="x", org_name="") == {
        "from_email": ["must be an e-mail address"],
        "org_name": ["can't be blank"],
        "timezone": ["is not a known time zone"],
    }
    assert site.provider.provider_key not in json.dumps(shown)


def test_a_providers_window_for_late_reports_reaches_the_listener(site: ManagementSite) -> None:
    """All its products have it; null gives it back to the installation."""
    product = site.post("services", name="API")["service"]["id"]

    def published() -> tuple[int | None, int | None]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT past_window_s, future_window_s FROM registry_service WHERE id = %s",
                [str(product)],
            )
            return cursor.fetchone()  # type: ignore[no-any-return]

    assert published() == (None, None)
    shown = site.put("provider", past_window_s=86_400 * 400, future_window_s="60")["account"]
    assert (shown["past_window_s"], shown["future_window_s"]) == published() == (34_560_000, 60)
    site.put("provider", past_window_s=None)
    assert published() == (None, 60)
    assert site.refused("PUT", "provider", past_window_s=-1, future_window_s=10**12).keys() == {
        "past_window_s",
        "future_window_s",
    }


def test_settings_are_read_and_changed(site: ManagementSite) -> None:
    settings = site.get("settings")["settings"]
    assert settings["signups_enabled"] is True
    assert settings["change_account_plan_permission"] == "request"
    changed = site.put("settings", signups_enabled="false", account_approval_required=True)
    assert changed["settings"]["signups_enabled"] is False
    assert changed["settings"]["account_approval_required"] is True
    assert site.post("signup", org_name="A", username="ada")["account"]["state"] == "pending"
    wrong = {"change_account_plan_permission": "x", "public_search": "x"}
    assert site.refused("PUT", "settings", **wrong) == {name: ["is invalid"] for name in wrong}


def test_a_new_user_waits_to_be_activated_and_then_signs_in(site: ManagementSite) -> None:
    given = {"username": "ada", "email": "ada@example.com", "password": "a long password"}
    user = site.post("users", **given)["user"]
    assert (user["state"], user["role"]) == ("pending", "member")
    assert "password" not in user
    path = f"users/{user['id']}"
    assert site.put(f"{path}/activate")["user"]["state"] == "active"
    assert sign_in("ada", "a long password", "127.0.0.1").pk == user["id"]
    assert site.put(f"{path}/admin")["user"]["role"] == "admin"
    assert site.put(f"{path}/member")["user"]["role"] == "member"
    assert site.put(f"{path}/suspend")["user"]["state"] == "suspended"
    assert site.put(f"{path}/unsuspend")["user"]["state"] == "active"
    assert len(site.json("GET", "users", {"role": "admin"})["users"]) == 1
    site.delete(path)


def test_wrong_users_are_told(site: ManagementSite) -> None:
    assert site.refused("POST", "users") == {
        "email": ["can't be blank"],
        "username": ["can't be blank"],
    }
    given = {"username": "admin", "email": "x@example.com"}
    refused = site.refused("POST", "users", **given, password="12345")
    assert sorted(refused) == ["password", "username"]
    assert refused["password"] == ["is too short (minimum is 6 characters)"]
    long = site.refused("POST", "users", **given, password="x" * 1025)
    assert long["password"] == ["is too long (maximum is 1024 characters)"]


def test_programs_may_make_users_with_passwords_of_six_characters(site: ManagementSite) -> None:
    """As those written for 3scale do; the portal's forms and the command line ask for more."""
    given = {"username": "ada", "email": "ada@example.com", "password": "123456"}
    user = site.post("users", **given)["user"]
    site.put(f"users/{user['id']}/activate")
    assert sign_in("ada", "123456", "127.0.0.1").pk == user["id"]


def test_an_admin_neither_goes_nor_is_demoted_while_they_are_the_last(site: ManagementSite) -> None:
    path = f"users/{site.admin.pk}"
    assert site.refused("DELETE", path, 403) == {"base": ["You cannot delete yourself"]}
    assert site.refused("PUT", f"{path}/member") == {"role": [User.LAST_ADMIN]}
    assert site.refused("PUT", f"{path}/suspend") == {"state": [User.LAST_ADMIN]}


def test_permissions_of_a_member(site: ManagementSite) -> None:
    """Empty lists, none, and all, as JSON and as scripts put them into forms."""
    path = f"users/{site.ids['user_id']}/permissions"
    shown = site.get(path)["permissions"]
    assert (shown["allowed_sections"], shown["allowed_service_ids"]) == ([], None)
    given = {"allowed_sections": ["plans", "monitoring"], "allowed_service_ids": [site.product.pk]}
    changed = site.put(path, **given)["permissions"]
    assert changed["allowed_sections"] == ["monitoring", "plans"]
    assert changed["allowed_service_ids"] == [site.product.pk]
    assert site.xml(path).findtext("allowed_sections/allowed_section") == "monitoring"
    assert site.xml(path).findtext("allowed_service_ids/allowed_service_id") == str(site.product.pk)

    def form(body: str) -> list[int] | None:
        answer = site.client.put(
            f"/admin/api/{path}.json?access_token={site.token}",
            body,
            content_type="application/x-www-form-urlencoded",
        )
        assert answer.status_code == 200, answer.content
        return json.loads(answer.content)["permissions"]["allowed_service_ids"]

    assert form("allowed_service_ids[]=[]") == []
    assert form("allowed_service_ids[]=") is None
    assert form(f"allowed_service_ids[]={site.product.pk}&allowed_sections[]=[]") == [
        site.product.pk
    ]
    assert form("allowed_service_ids") is None
    assert site.get(path)["permissions"]["allowed_sections"] == []
    assert site.refused("PUT", path, allowed_sections=["moon"]) == {
        "allowed_sections": [f"must be a list of {', '.join(SECTIONS)}"]
    }
    assert site.refused("PUT", path, allowed_service_ids=["x"]) == {
        "allowed_service_ids": ["is not a number"]
    }


def test_an_admin_has_all_permissions_and_keeps_them(site: ManagementSite) -> None:
    path = f"users/{site.admin.pk}/permissions"
    shown = site.get(path)["permissions"]
    assert (shown["role"], shown["allowed_sections"]) == ("admin", sorted(SECTIONS))
    assert shown["allowed_service_ids"] is None
    assert site.refused("PUT", path, 403, allowed_sections=[]) == {"status": "Forbidden"}


def test_a_member_reads_and_changes_themselves_alone(site: ManagementSite) -> None:
    member = site.user("bob", allowed_sections=["partners"])
    token = site.issue(member)
    own = site.call("PUT", f"users/{member.pk}.json", {"first_name": "Bob"}, token=token)
    assert own.status_code == 200
    assert site.call("GET", f"users/{site.admin.pk}.json", token=token).status_code == 404
    grab = {"allowed_sections": [*SECTIONS]}
    assert site.call("PUT", f"users/{member.pk}/permissions.json", grab, token=token).status_code == 403  # fmt: skip
    assert site.call("PUT", f"users/{member.pk}/admin.json", {}, token=token).status_code == 403
    member.refresh_from_db()
    assert (member.first_name, member.role, member.allowed_sections) == ("Bob", "member", ["partners"])  # fmt: skip


def test_a_tokens_value_is_shown_once_and_works(site: ManagementSite) -> None:
    given = {"name": "ci", "permission": "ro", "scopes": ["account_management"]}
    token = site.post("personal/access_tokens", **given)["access_token"]
    assert list(token) == ["id", "name", "scopes", "permission", "expires_at", "value"]
    assert len(token["value"]) == 96
    assert site.call("GET", "services.json", token=token["value"]).status_code == 200
    path = f"personal/access_tokens/{token['id']}"
    assert "value" not in site.get(path)["access_token"]
    assert site.get(f"personal/access_tokens/{token['value']}")["access_token"]["id"] == token["id"]
    listed = site.json("GET", "personal/access_tokens", {"name": "ci"})["access_tokens"]
    assert [each["access_token"]["id"] for each in listed] == [token["id"]]
    assert token["value"] not in json.dumps(site.get("personal/access_tokens"))
    site.delete(f"personal/access_tokens/{token['value']}")
    assert site.call("GET", "services.json", token=token["value"]).status_code == 403
    wrapped = {"token": {**given, "scopes": ["stats"]}}
    assert site.post(f"users/{site.admin.pk}/access_tokens", **wrapped)["access_token"]["value"]


def test_tokens_of_others_are_not_found_and_not_made(site: ManagementSite) -> None:
    other = site.user("bob", role="admin")
    site.issue(other)
    theirs = AccessToken.objects.get(user=other).pk
    assert site.json("GET", f"personal/access_tokens/{theirs}", status=404)
    assert site.json("DELETE", f"personal/access_tokens/{theirs}", status=404)
    given = {"name": "x", "permission": "rw", "scopes": ["stats"]}
    assert site.refused("POST", f"users/{other.pk}/access_tokens", 403, **given) == {
        "status": "Forbidden"
    }


ISO8601 = "Date must follow ISO8601 format"
EXAMPLE = "Example: 2030-01-31T12:00:00Z"


@pytest.mark.parametrize(
    ("wrong", "problems"),
    [
        ({"scopes": []}, {"scopes": ["can't be blank"]}),
        ({"scopes": ["moon"]}, {"scopes": ["must be a list of account_management, stats, finance, policy_registry, cms"]}),
        ({"permission": "x"}, {"permission": ["is invalid"]}),
        ({"expires_at": "tomorrow"}, {"expires_at": [f"{ISO8601}. {EXAMPLE}"]}),
        ({"expires_at": "2001-01-01T00:00:00Z"}, {"expires_at": [f"{ISO8601} and be future. {EXAMPLE}"]}),
    ],
)  # fmt: skip
def test_wrong_tokens_are_told(
    site: ManagementSite, wrong: dict[str, object], problems: dict[str, list[str]]
) -> None:
    given = {"name": "ci", "permission": "ro", "scopes": ["stats"], **wrong}
    assert site.refused("POST", "personal/access_tokens", **given) == problems
    assert AccessToken.objects.filter(name="ci").count() == 0


def test_a_token_may_end(site: ManagementSite) -> None:
    given = {"name": "ci", "permission": "ro", "scopes": ["stats"]}
    token = site.post("personal/access_tokens", **given, expires_at="2999-01-31T13:00:00+01:00")
    assert token["access_token"]["expires_at"] == "2999-01-31T12:00:00Z"
    stored = AccessToken.objects.get(name="ci").expires_at
    assert stored == datetime(2999, 1, 31, 12, tzinfo=UTC)


def test_notification_preferences_are_changed_one_by_one(site: ManagementSite) -> None:
    path = "personal/notification_preferences"
    before = site.get(path)["notification_preferences"]
    assert (before["daily_report"], before["limit_alert_reached_provider"]) == (False, True)
    changed = site.put(path, daily_report=True)["notification_preferences"]
    assert changed == {**before, "daily_report": True}
    nested = site.put(path, notification_preferences={"daily_report": "false"})
    assert nested["notification_preferences"] == before
    assert site.refused("PUT", path, moon=True) == {"moon": ["is unknown"]}
    assert site.refused("PUT", path, daily_report="perhaps") == {"daily_report": ["is invalid"]}


def test_whether_an_object_is_still_there_is_told(site: ManagementSite) -> None:
    def status(kind: str, key: object) -> int:
        given = {"object_type": kind, "object_id": key}
        return site.call("GET", "objects/status.json", given).status_code

    assert status("service", site.product.pk) == status("account", site.ids["account_id"]) == 200
    assert status("backend_api", site.backend.pk) == status("proxy", site.product.proxy.pk) == 200
    assert status("service", 987654) == status("service", "x") == 404
    assert status("user", site.admin.pk) == 403


def test_every_change_is_on_record_and_can_be_read(site: ManagementSite) -> None:
    AuditEntry.objects.all().delete()
    path = f"services/{site.product.pk}"
    site.put(path, name="Renamed")
    site.get(path)
    site.refused("PUT", path, name="")
    site.put(f"accounts/{site.ids['account_id']}/applications/{site.application.pk}/suspend")
    site.delete(f"services/{site.product.pk}/features/{site.ids['feature_id']}")
    entries = [each["audit_entry"] for each in site.get("audit_log")["audit_entries"]]
    assert [(each["action"], each["kind"]) for each in entries] == [
        ("delete", "feature"),
        ("update", "application"),
        ("update", "product"),
    ]
    assert entries[1]["before"] == {"state": "live"}
    assert entries[1]["after"] == {"state": "suspended"}
    assert {(each["actor_name"], each["via"]) for each in entries} == {("admin", "api")}
    only = site.json("GET", "audit_log", {"kind": "product", "record_id": site.product.pk})
    assert len(only["audit_entries"]) == 1
    assert site.json("GET", "audit_log", {"actor_id": 987654})["audit_entries"] == []


def test_a_change_with_the_provider_key_is_on_record_too(site: ManagementSite) -> None:
    key = site.provider.provider_key
    answer = site.client.put(
        f"/admin/api/services/{site.product.pk}.json?provider_key={key}", {"name": "Renamed"},
        content_type="application/json",
    )  # fmt: skip
    assert answer.status_code == 200
    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor_name, entry.actor_id) == ("provider key", None)
