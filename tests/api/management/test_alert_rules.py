"""Rules for alerts, what they noticed and who was told, by API."""

from support import catalog_data as made
from support.management_site import ManagementSite

from tallygate.alerting.models import Notice


def test_a_rule_is_made_changed_and_deleted(site: ManagementSite) -> None:
    path = f"services/{site.product.pk}/alert_rules"
    given = {
        "name": "Errors", "kind": "codes", "threshold": 5.5, "codes": "5XX", "minutes": 15, "at_least": 100,
        "emails": "ada@acme.example", "webhook_url": "https://hooks.example.com/x",
    }  # fmt: skip
    rule = site.post(path, **given)["alert_rule"]
    assert {name: rule[name] for name in given} == given
    assert rule["webhook_secret"]
    each = f"{path}/{rule['id']}"
    assert (
        site.put(each, threshold=7, plan_id=site.plan.pk)["alert_rule"]["plan_id"] == site.plan.pk
    )
    site.delete(each)
    assert rule["id"] not in [each["alert_rule"]["id"] for each in site.get(path)["alert_rules"]]


def test_what_makes_no_sense_is_refused(site: ManagementSite) -> None:
    path = f"services/{site.product.pk}/alert_rules"
    assert set(site.refused("POST", path)) == {"name", "kind", "threshold"}
    for given, field in (
        ({"kind": "guess"}, "kind"),
        ({"threshold": -1}, "threshold"),
        ({"webhook_url": "file:///etc/passwd"}, "webhook_url"),
        ({"begin_hour": 25}, "begin_hour"),
    ):
        wrong = {"name": "Rule", "kind": "total", "threshold": 1} | given
        assert set(site.refused("POST", path, **wrong)) == {field}, given
    assert site.json("POST", path, {"name": "R", "kind": "total", "threshold": 1, "application_id": 99_999}, status=404)  # fmt: skip


def test_who_was_told_is_told_again_when_somebody_asks(site: ManagementSite) -> None:
    (incident,) = site.get("alert_incidents")["alert_incidents"]
    number = incident["alert_incident"]["id"]
    (notice,) = site.get(f"alert_incidents/{number}/notices")["alert_notices"]
    Notice.objects.update(state="failed", attempts=9)
    again = site.post(f"alert_notices/{notice['alert_notice']['id']}/send")["alert_notice"]
    assert (again["state"], again["attempts"], again["key"]) == ("waiting", 0, notice["alert_notice"]["key"])  # fmt: skip


def test_another_provider_sees_nothing_of_it(site: ManagementSite) -> None:
    other = made.provider(name="Other")
    token = site.issue(site.user("stranger", other, role="admin"))
    for method, path in (
        ("GET", f"alert_incidents/{site.ids['incident_id']}/notices"),
        ("POST", f"alert_notices/{site.ids['notice_id']}/send"),
        ("GET", f"services/{site.product.pk}/alert_rules"),
    ):
        assert site.call(method, f"{path}.json", token=token).status_code == 404, path
