"""Pages of alert rules: made, changed, deleted; what was noticed, who was told, and told again."""

from support.portal_pages import commands

from tallygate.alerting.measuring import Measured
from tallygate.alerting.models import AlertRule, Notice
from tallygate.alerting.watching import note

GIVEN = {
    "name": "Errors", "kind": "codes", "threshold": "5", "period": "day", "minutes": "15", "codes": "5XX",
    "at_least": "10", "hysteresis": "10", "days": ["0", "4"], "begin_hour": "9", "end_hour": "18",
    "time_zone": "", "emails": "ada@acme.example", "webhook_url": "https://hooks.example.com/",
    "slack_url": "", "enabled": "on", "metric": "", "plan": "",
}  # fmt: skip


def test_a_rule_is_added_changed_and_deleted(portal):
    home = f"/products/{portal.product.pk}/alert-rules"
    assert portal.client.post(f"{home}/new", GIVEN).status_code == 302
    rule = AlertRule.objects.get()
    assert (rule.days, rule.begin_hour, rule.codes) == ("04", 9, "5XX")
    assert "Share of response codes: 5%" in portal.get(home).content.decode()
    assert (
        portal.client.post(f"{home}/{rule.pk}/edit", GIVEN | {"threshold": "7"}).status_code == 302
    )
    assert AlertRule.objects.get().threshold == 7
    assert commands(portal.get(f"{home}/{rule.pk}/edit"))
    portal.client.post(f"{home}/{rule.pk}/delete")
    assert not AlertRule.objects.exists()


def test_what_is_wrong_stands_beside_the_field(portal):
    home = f"/products/{portal.product.pk}/alert-rules"
    answer = portal.client.post(
        f"{home}/new", GIVEN | {"webhook_url": "ftp://x", "emails": "nobody"}
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Webhook must begin with https://" in text
    assert "which is no address" in text


def test_what_was_noticed_is_shown_and_told_again(portal):
    rule = AlertRule.objects.create(
        product=portal.product, name="Many", kind="total", threshold=1, emails="ada@acme.example"
    )
    note(rule, [Measured("", "", 2, "day", "2 <hits>")], 1_431_943_503)
    Notice.objects.update(state="failed", reason="550 no such user")
    home = f"/products/{portal.product.pk}/alert-rules"
    page = portal.get(f"{home}/incidents").content.decode()
    assert "2 &lt;hits&gt;" in page
    assert "550 no such user" in page
    portal.client.post(f"{home}/notices/{Notice.objects.get().pk}/send")
    assert Notice.objects.get().state == "waiting"
