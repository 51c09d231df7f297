"""Plans, limits, prices, and how a plan shows a metric."""

import pytest
from support import catalog_data as made
from support.management_site import ManagementSite

from tallygate.catalog.models import Limit, PricingRule


def test_an_application_plan_as_json_and_xml(site: ManagementSite) -> None:
    path = f"services/{site.product.pk}/application_plans"
    plan = site.post(path, name="Gold", setup_fee=50.0, cost_per_month="12.5", trial_period_days=7)[
        "application_plan"
    ]
    assert plan["links"].pop()["rel"] == "self"
    del plan["links"], plan["created_at"], plan["updated_at"]
    assert plan == {
        "id": plan["id"],
        "name": "Gold",
        "state": "hidden",
        "setup_fee": 50.0,
        "cost_per_month": 12.5,
        "trial_period_days": 7,
        "cancellation_period": 0,
        "approval_required": False,
        "default": False,
        "custom": False,
        "system_name": "gold",
        "description": "",
        "buyers_see_analytics": True,
    }
    site.put(f"{path}/{plan['id']}/default")
    xml = site.xml(f"{path}/{plan['id']}")
    assert (xml.tag, xml.attrib) == ("plan", {"custom": "false", "default": "true"})
    assert (xml.findtext("type"), xml.findtext("cost_per_month")) == ("application_plan", "12.5")
    assert xml.findtext("service_id") == str(site.product.pk)
    assert [each.tag for each in site.xml(path)] == ["plan", "plan"]
    assert len(site.get("application_plans")["plans"]) == 2


def test_a_plan_is_published_and_hidden_by_events(site: ManagementSite) -> None:
    path = f"services/{site.product.pk}/application_plans/{site.plan.pk}"
    assert site.put(path, state_event="publish")["application_plan"]["state"] == "published"
    assert site.refused("PUT", path, state_event="publish") == {
        "state_event": ["cannot transition when published"]
    }
    assert (
        site.put(path, state_event="hide", state="nonsense")["application_plan"]["state"]
        == "hidden"
    )


def test_a_plan_is_copied_with_its_terms(site: ManagementSite) -> None:
    path = f"services/{site.product.pk}/application_plans/{site.plan.pk}/copy"
    copy = site.post(path)["application_plan"]
    assert (copy["name"], copy["state"]) == ("Basic (copy)", "hidden")
    limits = site.get(f"application_plans/{copy['id']}/limits")["limits"]
    assert [limit["limit"]["value"] for limit in limits] == [9]


def test_a_plan_in_use_is_not_deleted(site: ManagementSite) -> None:
    path = f"services/{site.product.pk}/application_plans"
    assert site.refused("DELETE", f"{path}/{site.plan.pk}", 403) == {
        "base": ["This application plan cannot be deleted! At least one application depends on it."]
    }
    free = site.post(path, name="Free")["application_plan"]["id"]
    site.delete(f"{path}/{free}")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"cost_per_month": -1}, "must be greater than or equal to 0"),
        ({"cost_per_month": "many"}, "is not a number"),
        ({"cost_per_month": "1.23456"}, "maximum decimals is 4."),
        ({"cost_per_month": 10**20}, "has too many digits"),
        ({"trial_period_days": -1}, "must be greater than or equal to 0"),
        ({"trial_period_days": 1.5}, "is not a number"),
        ({"approval_required": "perhaps"}, "is invalid"),
        ({"system_name": "a b"}, "must have two or more letters"),
    ],
)
def test_wrong_plans_are_told(site: ManagementSite, wrong: dict[str, object], said: str) -> None:
    path = f"services/{site.product.pk}/application_plans"
    refused = site.refused("POST", path, name="Gold", **wrong)
    assert list(refused) == list(wrong)
    assert any(said in message for message in refused[next(iter(wrong))]), refused


def test_limits_of_a_plan_and_a_metric(site: ManagementSite) -> None:
    """Of this plan only, unlike 3scale, which lists the metric's limits in all plans."""
    other = made.plan(site.product, name="Other")
    Limit.objects.create(plan=other, metric=site.product.hits, period="day", value=1)
    path = f"application_plans/{site.plan.pk}/metrics/{site.product.hits.pk}/limits"
    limit = site.post(path, period="minute", value="10")["limit"]
    assert (limit["period"], limit["value"]) == ("minute", 10)
    assert (limit["metric_id"], limit["plan_id"]) == (site.product.hits.pk, site.plan.pk)
    assert [each["limit"]["period"] for each in site.get(path)["limits"]] == ["day", "minute"]
    assert site.put(f"{path}/{limit['id']}", value=None)["limit"]["value"] == 0
    assert site.put(f"{path}/{limit['id']}", value=-5)["limit"]["value"] == 0
    assert site.refused("PUT", f"{path}/{limit['id']}", value=2**63, period="decade") == {
        "period": ["is invalid"],
        "value": ["must be less than or equal to 9223372036854775807"],
    }
    for listing in (
        f"application_plans/{site.plan.pk}/limits",
        f"services/{site.product.pk}/application_plans/{site.plan.pk}/limits",
    ):
        assert len(site.get(listing)["limits"]) == 2
    xml = site.xml(f"{path}/{limit['id']}")
    assert [element.tag for element in xml] == ["id", "metric_id", "plan_id", "period", "value"]
    site.delete(f"{path}/{limit['id']}")


def test_limits_on_a_metric_of_a_backend_end_with_its_use(site: ManagementSite) -> None:
    hits = site.backend.metrics.get(parent=None)
    path = f"application_plans/{site.plan.pk}/metrics/{hits.pk}/limits"
    site.post(path, period="day", value=3)
    site.delete(f"services/{site.product.pk}/backend_usages/{site.usage.pk}")
    assert site.json("GET", path, status=404) == {"status": "Not found"}
    assert not Limit.objects.filter(metric=hits).exists()


def test_prices_of_a_plan_and_a_metric(site: ManagementSite) -> None:
    path = f"application_plans/{site.plan.pk}/metrics/{site.ids['method_id']}/pricing_rules"
    rule = site.post(path, min=10, max=100, cost_per_unit=20)["pricing_rule"]
    assert (rule["min"], rule["max"], rule["cost_per_unit"]) == (10, 100, "20.0")
    endless = site.post(path, min="101", cost_per_unit="0.0025")["pricing_rule"]
    assert (endless["max"], endless["cost_per_unit"]) == (None, "0.0025")
    assert site.put(f"{path}/{rule['id']}", cost_per_unit="1.50")["pricing_rule"]["cost_per_unit"] == "1.5"  # fmt: skip
    assert site.refused("POST", path, min=50, max=60, cost_per_unit=1) == {
        "min": ["overlaps with another pricing rule"]
    }
    assert site.refused("POST", path, min=9, max=3, cost_per_unit="1.23456") == {
        "cost_per_unit": ["maximum decimals is 4."],
        "max": ["must be greater than or equal to min"],
    }
    assert len(site.get(f"application_plans/{site.plan.pk}/pricing_rules")["pricing_rules"]) == 3
    site.delete(f"{path}/{rule['id']}")
    assert PricingRule.objects.filter(metric=site.ids["method_id"]).count() == 1


def test_how_a_plan_shows_a_metric_is_read_and_set(site: ManagementSite) -> None:
    path = f"application_plans/{site.plan.pk}/metrics/{site.ids['method_id']}"
    as_by_default = {"visible": True, "limits_only_text": True, "enabled": True}
    assert site.get(path)["plan_metric"].items() >= as_by_default.items()
    changed = site.put(path, visible=False, enabled=False)["plan_metric"]
    assert (changed["visible"], changed["enabled"]) == (False, False)
    limits = site.get(f"{path}/limits")["limits"]
    assert [(each["limit"]["period"], each["limit"]["value"]) for each in limits] == [
        ("eternity", 0)
    ]
    assert site.put(path, enabled=True)["plan_metric"]["enabled"] is True
    assert site.get(f"{path}/limits") == {"limits": []}


def test_account_plans_and_their_default(site: ManagementSite) -> None:
    plan = site.post("account_plans", name="Gold", approval_required=True)["account_plan"]
    assert (plan["default"], plan["approval_required"], plan["system_name"]) == (
        False,
        True,
        "gold",
    )
    assert site.put(f"account_plans/{plan['id']}/default")["account_plan"]["default"] is True
    assert [each["account_plan"]["default"] for each in site.get("account_plans")["plans"]] == [False, True]  # fmt: skip
    assert site.xml(f"account_plans/{plan['id']}").findtext("type") == "account_plan"
    used = site.ids["account_plan_id"]
    assert site.refused("DELETE", f"account_plans/{used}", 403) == {
        "base": ["This account plan cannot be deleted! At least one account depends on it."]
    }
    site.delete(f"account_plans/{plan['id']}")
