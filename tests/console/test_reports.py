"""Pages of reports: who gets which, what became of them, what is missing; and the link that ends one."""

import pytest
from django.conf import settings
from django.test import Client
from msgspec.structs import replace
from support.mail_server import MailBox
from support.portal_pages import commands, member

from tallygate.catalog.models import User
from tallygate.reports.models import Delivery, Subscription
from tallygate.reports.ordering import order_again

GIVEN = {
    "period": "week", "weekday": "4", "monthday": "1", "hour": "17", "minute": "30",
    "time_zone": "Asia/Tokyo", "product": "",
}  # fmt: skip


def admin() -> User:
    user = User.objects.get(username="admin")
    user.email = "ada@acme.example"
    user.save()
    return user


def test_a_report_is_made_changed_and_ended(portal):
    answer = portal.client.post("/reports/new", GIVEN)
    assert (answer.status_code, answer["Location"]) == (302, "/reports")
    report = Subscription.objects.get()
    assert (report.weekday, report.hour, report.minute, report.time_zone) == (
        4,
        17,
        30,
        "Asia/Tokyo",
    )
    page = portal.get("/reports").content.decode()
    assert "Weekly: all products" in page
    assert "Fridays at 17:30" in page
    portal.client.post(f"/reports/{report.pk}/edit", GIVEN | {"period": "day"})
    assert Subscription.objects.get().period == "day"
    assert commands(portal.get(f"/reports/{report.pk}/edit"))
    portal.client.post(f"/reports/{report.pk}/delete")
    assert not Subscription.objects.exists()


def test_what_is_wrong_stands_beside_the_field(portal):
    answer = portal.client.post("/reports/new", GIVEN | {"period": "hour", "minute": "60"})
    assert answer.status_code == 422
    assert not Subscription.objects.exists()


def test_a_member_sees_their_own_reports_only(portal):
    """Admins see everybody's."""
    mine = Subscription.objects.create(user=admin(), period="day")
    client = member(portal, "monitoring")
    for path in (f"/reports/{mine.pk}/edit", f"/reports/log/{order_again(mine, 1_431_943_503).pk}"):
        assert client.get(path).status_code == 404
    assert client.post("/reports/new", GIVEN).status_code == 302
    assert "Weekly: all products" in portal.get("/reports").content.decode()


def test_a_report_can_be_read_and_downloaded(portal):
    report = Subscription.objects.create(user=admin(), product=portal.product, period="day")
    hits = portal.product.hits
    portal.count(1_431_943_503 - 86_400, hits, value=42)
    portal.client.post(f"/reports/{report.pk}/send")
    delivery = Delivery.objects.get()
    page = portal.get(f"/reports/log/{delivery.pk}").content.decode()
    assert "42 hits" in page
    assert portal.get(f"/reports/log/{delivery.pk}/report.pdf").content.startswith(b"%PDF-")
    assert b"total,Hits,,42,0" in portal.get(f"/reports/log/{delivery.pk}/report.csv").content
    assert portal.get(f"/reports/log/{delivery.pk}/report.png").content[1:4] == b"PNG"
    assert portal.get(f"/reports/log/{delivery.pk}/report.exe").status_code == 404


def test_the_log_tells_why_and_sends_again(portal):
    report = Subscription.objects.create(user=admin(), period="day")
    delivery = order_again(report, 1_431_943_503)
    Delivery.objects.update(state="failed", reason="550 no such user")
    page = portal.get("/reports/log").content.decode()
    assert "550 no such user" in page
    assert "Failed" in page
    portal.client.post(f"/reports/log/{delivery.pk}/send")
    assert Delivery.objects.get().state == "waiting"


def test_without_a_mail_server_the_pages_say_so(portal):
    assert "No mail is sent yet" in portal.get("/reports").content.decode()
    page = portal.get("/reports/mail").content.decode()
    assert "TALLYGATE_SMTP_URL" in page
    assert "disabled" in page
    answer = portal.client.post("/reports/mail/test", follow=True)
    assert "a mail server is missing" in answer.content.decode()


@pytest.mark.parametrize("mood", ["takes", "refuses"])
def test_a_test_message_tells_what_the_server_says(portal, monkeypatch, mood):
    admin()
    with MailBox(mood) as box:
        url = f"{box.url}&from=reports@acme.example"
        monkeypatch.setattr(settings, "TALLYGATE", replace(settings.TALLYGATE, smtp_url=url))
        answer = portal.client.post("/reports/mail/test", follow=True).content.decode()
        if mood == "takes":
            assert "The mail server has taken a message to ada@acme.example" in answer
            assert box.inbox.messages[0]["From"] == "Tallygate <reports@acme.example>"
        else:
            assert "550 5.1.1 no such user here" in answer
        assert "Not set" in portal.get("/reports/mail").content.decode()


def test_the_link_in_a_mail_ends_the_report(portal):
    """Without signing in and without a form of ours; whoever only follows it, as scanners do, ends nothing."""
    report = Subscription.objects.create(user=admin(), period="day")
    stranger = Client(enforce_csrf_checks=True)
    link = f"/unsubscribe/{report.token}"
    assert "Get this report no more?" in stranger.get(link).content.decode()
    assert Subscription.objects.exists()
    answer = stranger.post(link, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert not Subscription.objects.exists()
    assert "has ended" in stranger.post(link).content.decode()
    assert stranger.post("/unsubscribe/nonsense").status_code == 200
