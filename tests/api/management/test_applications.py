"""Applications, their credentials and their plans, as the wire has them."""

import random
import string
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.db import connection
from support import catalog_data as made
from support.management_site import ManagementSite

from tallygate.catalog.models import Account, Application


def applications(site: ManagementSite) -> str:
    return f"accounts/{site.ids['account_id']}/applications"


def new(site: ManagementSite, **given: Any) -> Any:
    named = {"plan_id": site.plan.pk, "name": "New", "description": "Newly made", **given}
    return site.post(applications(site), **named)["application"]


def mode(site: ManagementSite, backend_version: str) -> None:
    site.put(f"services/{site.product.pk}", backend_version=backend_version)


def test_an_application_as_json(site: ManagementSite) -> None:
    made = new(site, user_key="my-key")
    assert [link["rel"] for link in made.pop("links")] == [
        "self", "service", "account", "plan", "keys", "referrer_filters",
    ]  # fmt: skip
    assert made.pop("created_at").endswith("Z")
    del made["updated_at"]
    assert made == {
        "id": made["id"],
        "state": "live",
        "enabled": True,
        "service_id": site.product.pk,
        "service_name": "Echo",
        "plan_id": site.plan.pk,
        "plan_name": "Basic",
        "account_id": site.ids["account_id"],
        "org_name": "Consumer",
        "user_key": "my-key",
        "name": "New",
        "description": "Newly made",
    }


def test_which_credentials_an_application_shows_follows_from_the_product(
    site: ManagementSite,
) -> None:
    path = f"{applications(site)}/{site.application.pk}"
    assert {"user_key", "application_id", "client_id"} & set(site.get(path)["application"]) == {
        "user_key"
    }
    mode(site, "2")
    assert {"user_key", "application_id", "client_id"} & set(site.get(path)["application"]) == {
        "application_id"
    }
    mode(site, "oidc")
    shown = site.get(path)["application"]
    assert shown["client_id"] == shown["application_id"] == site.application.application_id
    assert (shown["client_secret"], shown["redirect_url"]) == (site.ids["key"], "")


def test_an_application_in_xml_holds_its_plan_and_keys(site: ManagementSite) -> None:
    path = f"{applications(site)}/{site.application.pk}"
    by_key = site.xml(path)
    assert by_key.findtext("user_key") == site.application.user_key
    assert by_key.findtext("plan/name") == "Basic"
    assert by_key.findtext("user_account_id") == str(site.ids["account_id"])
    mode(site, "2")
    by_id = site.xml(path)
    assert by_id.findtext("application_id") == site.application.application_id
    assert by_id.findtext("keys/key") == site.ids["key"]
    assert by_id.find("user_key") is None


def test_keys_are_given_made_or_left_out(site: ManagementSite) -> None:
    mode(site, "2")

    def keys(made: Any) -> list[str]:
        listed = site.get(f"{applications(site)}/{made['id']}/keys")["keys"]
        return [each["key"]["value"] for each in listed]

    (only,) = keys(new(site))
    assert len(only) == 32
    assert keys(new(site, application_key="first-key")) == ["first-key"]
    assert keys(new(site, application_key=["first-key", "other-key"])) == ["first-key", "other-key"]
    site.put(f"services/{site.product.pk}", mandatory_app_key=False)
    assert keys(new(site)) == []
    assert site.refused(
        "POST", applications(site), name="N", plan_id=site.plan.pk, application_key=["x"]
    ) == {"application_key": ["is too short (minimum is 5 characters)"]}
    assert Application.objects.count() == 5


def test_a_key_of_any_characters_is_added_and_removed(site: ManagementSite) -> None:
    """As it stands percent-encoded in the path, slashes, dots and a format's name included."""
    path = f"{applications(site)}/{site.application.pk}/keys"
    generator = random.Random(7)
    alphabet = string.ascii_uppercase + string.digits + string.punctuation
    wild = ["".join(generator.choices(alphabet, k=255)) for _ in range(5)]
    for value in [*wild, "a/b.json", "../../..", "key.xml", "%2F%2F+", ".json.json"]:
        answered = site.post(path, key=value)["application"]
        assert answered["id"] == site.application.pk
        assert site.get(path)["keys"][-1]["key"]["value"] == value
        each = f"{path}/{quote_plus(value)}"
        assert site.call("GET", f"{each}.json").status_code == 405
        site.delete(each)
        assert site.json("DELETE", each, status=404) == {"status": "Not found"}


def test_keys_have_a_form_and_a_number(site: ManagementSite) -> None:
    path = f"{applications(site)}/{site.application.pk}/keys"
    assert site.refused("POST", path, key="a b") == {
        "value": [
            "must be printable ASCII without spaces",
            "is too short (minimum is 5 characters)",
        ]
    }
    assert site.refused("POST", path, key=site.ids["key"].upper()) == {
        "value": ["has already been taken"]
    }
    for _ in range(4):
        site.post(path)
    assert site.refused("POST", path) == {"base": ["Limit reached"]}
    assert site.xml(path).find("key/value").text == site.ids["key"]


def test_referrer_filters_are_added_and_removed(site: ManagementSite) -> None:
    path = f"{applications(site)}/{site.application.pk}/referrer_filters"
    assert site.post(path, referrer_filter="*.example.com")["application"]["name"] == "App"
    listed = site.get(path)["referrer_filters"]
    assert [each["referrer_filter"]["value"] for each in listed] == ["example.com", "*.example.com"]
    assert site.refused("POST", path, referrer_filter="a/b") == {
        "referrer_filter": ["may have letters, digits, '*', '.' and '-'"]
    }
    assert site.refused("POST", path) == {"referrer_filter": ["can't be blank"]}
    site.delete(f"{path}/{listed[0]['referrer_filter']['id']}")
    assert len(site.get(path)["referrer_filters"]) == 1


def test_an_application_is_changed_but_for_its_id(site: ManagementSite) -> None:
    path = f"{applications(site)}/{site.application.pk}"
    whole = site.get(path)["application"]
    other = site.post("services", name="Other")["service"]["id"]
    changed = site.put(
        path,
        **{**whole, "name": "Renamed", "user_key": "renewed", "service_id": other, "state": "x"},
        application_id="other-id",
    )["application"]
    assert (changed["name"], changed["user_key"]) == ("Renamed", "renewed")
    assert (changed["service_id"], changed["state"]) == (site.product.pk, "live")
    stored = Application.objects.get(pk=site.application.pk)
    assert stored.application_id == site.application.application_id
    site.delete(path)
    assert site.json("GET", path, status=404)


@pytest.mark.parametrize(
    ("wrong", "problems"),
    [
        ({"name": ""}, {"name": ["can't be blank"]}),
        ({"user_key": "a b"}, {"user_key": ["may have letters, digits, '_', '.' and '-', or be base64 without '/'"]}),
        ({"user_key": "x" * 257}, {"user_key": ["is too long (maximum is 256 characters)"]}),
        ({"application_id": "abc"}, {"application_id": ["is too short (minimum is 4 characters)"]}),
        ({"plan_id": "x"}, {"plan_id": ["is not a number"]}),
        ({"plan_id": None}, {"plan_id": ["can't be blank"]}),
    ],
)  # fmt: skip
def test_wrong_applications_are_told(
    site: ManagementSite, wrong: dict[str, Any], problems: Any
) -> None:
    given = {"plan_id": site.plan.pk, "name": "New", **wrong}
    assert site.refused("POST", applications(site), **given) == problems


def test_a_credential_is_one_applications_alone(site: ManagementSite) -> None:
    given = {"plan_id": site.plan.pk, "name": "New"}
    taken = {
        "user_key": site.application.user_key,
        "application_id": site.application.application_id,
    }
    for name, value in taken.items():
        assert site.refused("POST", applications(site), **given, **{name: value}) == {
            name: ["has already been taken"]
        }


def test_an_application_goes_through_its_states(site: ManagementSite) -> None:
    path = f"{applications(site)}/{site.application.pk}"
    assert site.put(f"{path}/suspend")["application"]["state"] == "suspended"
    assert site.refused("PUT", f"{path}/suspend") == {"state": ['cannot transition via "suspend"']}
    assert site.put(f"{path}/resume")["application"]["state"] == "live"
    site.put(f"services/{site.product.pk}/application_plans/{site.plan.pk}", approval_required=True)
    pending = new(site)
    assert (pending["state"], pending["enabled"]) == ("pending", False)
    accepted = site.put(f"{applications(site)}/{pending['id']}/accept")["application"]
    assert (accepted["state"], accepted["enabled"]) == ("live", True)


def test_plans_are_changed_and_made_ones_own(site: ManagementSite) -> None:
    path = f"{applications(site)}/{site.application.pk}"
    gold = site.post(f"services/{site.product.pk}/application_plans", name="Gold")[
        "application_plan"
    ]
    assert site.put(f"{path}/change_plan", plan_id=gold["id"])["application_plan"]["name"] == "Gold"
    own = site.put(f"{path}/customize_plan")["application_plan"]
    assert (own["custom"], own["name"]) == (True, "Gold (custom)")
    assert site.get(path)["application"]["plan_id"] == own["id"]
    assert site.put(f"{path}/decustomize_plan")["application_plan"]["id"] == gold["id"]
    other = made.plan(made.product(site.provider))
    assert site.refused("PUT", f"{path}/change_plan", plan_id=other.pk) == {
        "plan_id": ["not allowed in this context"]
    }
    assert site.refused("PUT", f"{path}/change_plan") == {"plan_id": ["can't be blank"]}


def test_an_application_is_found_by_its_credential_or_number(site: ManagementSite) -> None:
    app = site.application

    def found(**given: Any) -> int:
        return int(site.json("GET", "applications/find", given)["application"]["id"])

    assert found(user_key=app.user_key) == app.pk
    assert found(application_id=app.pk) == found(id=app.pk) == app.pk
    assert found(user_key=app.user_key, service_id=site.product.pk) == app.pk
    for nothing in ({}, {"app_id": app.application_id}, {"user_key": "x"}, {"id": app.pk, "service_id": 9}):  # fmt: skip
        assert site.refused("GET", "applications/find", 404, **nothing) == {"status": "Not found"}
    other = Account.objects.create(provider=site.provider, org_name="Other")
    for account, status in ((app.account_id, 200), (other.pk, 404)):
        path = f"accounts/{account}/applications/find"
        site.json("GET", path, {"user_key": app.user_key}, status)
    mode(site, "2")
    assert found(app_id=app.application_id) == app.pk
    assert site.refused("GET", "applications/find", 404, user_key=app.user_key)


def test_applications_are_listed_by_what_is_asked_for(site: ManagementSite) -> None:
    paid = made.plan(site.product, name="Paid", cost_per_month=1)
    other = Account.objects.create(provider=site.provider, org_name="Other")
    second = made.application(paid, account=other, name="Second", state="suspended")

    def names(**given: Any) -> list[str]:
        listed = site.json("GET", "applications", given)["applications"]
        return [each["application"]["name"] for each in listed]

    assert names() == ["App", "Second"]
    assert names(service_id=site.product.pk) == ["App", "Second"]
    assert names(plan_id=paid.pk) == names(account=other.pk) == ["Second"]
    assert names(plan_type="paid") == ["App", "Second"]  # the first plan has a price per unit
    site.plan.pricing_rules.all().delete()
    assert (names(plan_type="paid"), names(plan_type="free")) == (["Second"], ["App"])
    assert names(state="suspended") == names(name="seco") == ["Second"]
    assert names(user_key=second.user_key) == ["Second"]
    assert names(service_id="x") == names(state="nonsense") == []
    refused = site.refused("GET", "applications", active_since="2026-01-01")
    assert refused == {"active_since": ["is not supported; the Analytics API tells of traffic"]}


def test_a_change_is_in_the_registry_when_it_is_answered(site: ManagementSite) -> None:
    """And so holds for the listener's very next call."""

    def registry(table: str, columns: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {columns} FROM registry_{table} ORDER BY 1, 2")
            return list(cursor.fetchall())

    made = new(site, user_key="fresh", application_id="fresh-id")
    service = str(site.product.pk)
    assert (service, "fresh", "fresh-id") in registry(
        "user_key", "service_id, user_key, application_id"
    )
    path = f"{applications(site)}/{made['id']}"
    site.put(f"{path}/suspend")
    assert ("fresh-id", "suspended") in registry("application", "id, state")
    site.post(f"application_plans/{site.plan.pk}/metrics/{site.product.hits.pk}/limits", period="year", value=5)  # fmt: skip
    assert ("year", 5) in registry("limit", "period, value")
    site.delete(path)
    assert "fresh-id" not in [each for each, _ in registry("application", "id, state")]
