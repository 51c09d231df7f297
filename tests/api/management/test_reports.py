"""Who gets which report is set by API, and what became of them is read there."""

from support.management_site import ManagementSite

from tallygate.reports.models import Delivery


def test_a_report_is_subscribed_to_changed_and_ended(site: ManagementSite) -> None:
    given = {"period": "week", "weekday": 4, "hour": 17, "service_id": site.product.pk}
    made = site.post("personal/reports", **given)["report"]
    assert {name: made[name] for name in given} == given
    assert made["time_zone"] == site.provider.time_zone
    path = f"personal/reports/{made['id']}"
    assert site.put(path, time_zone="Asia/Tokyo", hour=9)["report"]["hour"] == 9
    assert site.get(path)["report"]["time_zone"] == "Asia/Tokyo"
    site.delete(path)
    assert site.json("GET", path, status=404) == {"status": "Not found"}


def test_what_makes_no_sense_is_refused_field_by_field(site: ManagementSite) -> None:
    assert site.refused("POST", "personal/reports") == {"period": ["can't be blank"]}
    for given, field in (
        ({"period": "hour"}, "period"),
        ({"period": "week", "hour": 24}, "hour"),
        ({"period": "week", "weekday": 7}, "weekday"),
        ({"period": "month", "monthday": 29}, "monthday"),
        ({"period": "month", "monthday": 0}, "monthday"),
        ({"period": "month", "time_zone": "Mars"}, "time_zone"),
    ):
        assert set(site.refused("POST", "personal/reports", **given)) == {field}, given
    assert site.refused("POST", "personal/reports", period="day") == {
        "base": ["there is such a report already"]
    }


def test_an_admin_sets_the_reports_of_others(site: ManagementSite) -> None:
    """Of those who may see the numbers."""
    user = site.user("eve", allowed_sections=["monitoring"])
    path = f"users/{user.pk}/reports"
    assert site.post(path, period="day")["report"]["user_id"] == user.pk
    assert len(site.get(path)["reports"]) == 1
    stranger = site.user("bob")
    assert site.refused("POST", f"users/{stranger.pk}/reports", period="day") == {
        "user": ["may not see these numbers"]
    }


def test_the_preference_is_a_subscription(site: ManagementSite) -> None:
    """Set by one API it is seen by the other, and ended there it is unset here."""
    preferences = "personal/notification_preferences"
    site.put(preferences, weekly_report=True)
    (found,) = [each["report"] for each in site.get("personal/reports")["reports"] if each["report"]["period"] == "week"]  # fmt: skip
    assert found["by_preference"]
    site.delete(f"personal/reports/{found['id']}")
    assert site.get(preferences)["notification_preferences"]["weekly_report"] is False


def test_a_report_is_sent_when_somebody_asks(site: ManagementSite) -> None:
    """It waits for the scheduler, about the last whole day; asked again, it is sent again."""
    answer = site.post(f"personal/reports/{site.ids['report_id']}/send")["report_delivery"]
    assert answer["state"] == "waiting"
    Delivery.objects.filter(pk=answer["id"]).update(state="failed", reason="550 no")
    again = f"personal/report_deliveries/{answer['id']}/send"
    assert site.post(again)["report_delivery"]["state"] == "waiting"
    listed = site.get("personal/report_deliveries")["report_deliveries"]
    assert answer["id"] in {each["report_delivery"]["id"] for each in listed}
