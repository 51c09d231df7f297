"""What a report says, and that it says so in every form."""

import csv
from datetime import UTC, datetime
from io import BytesIO, StringIO
from types import SimpleNamespace

import pypdfium2
import pytest
from django.test import Client
from PIL import Image
from support import catalog_data
from support.mail_server import MailBox
from support.report_site import CONSOLE, ReportSite

from tallygate.catalog.access import for_user
from tallygate.catalog.models import AccessToken, Application
from tallygate.reports.models import Delivery
from tallygate.web import runtime

DAY_S = 86_400
MIDNIGHT_S = int(datetime(2020, 3, 17, 23, tzinfo=UTC).timestamp())
"""When 18 March begins in Madrid."""


def sent(site: ReportSite, box: MailBox, user, period: str = "day", product=None):
    """The mail about the 18th, or its week or month, that the user gets."""
    site.subscribe(user, period, product=product, time_zone="Europe/Madrid")
    site.scheduler(box.url).look()
    ahead = {"day": DAY_S, "week": 6 * DAY_S, "month": 15 * DAY_S}[period]
    site.clock.advance(ahead)
    site.elapsed_s += ahead
    site.scheduler(box.url).look()
    assert site.states() == ["sent"], Delivery.objects.values_list("reason", flat=True)
    return box.inbox.messages[-1]


def parts(mail):
    """Its parts by their content type; of HTML and text the text."""
    found = {}
    for part in mail.walk():
        if not part.is_multipart():
            found[part.get_content_type()] = part.get_content()
    return SimpleNamespace(
        html=found["text/html"], text=found["text/plain"].replace("\r\n", "\n"), png=found["image/png"],
        pdf=found["application/pdf"], csv=found["text/csv"],
    )  # fmt: skip


def fill(site: ReportSite) -> None:
    """Two days of traffic of three applications: one grows, one falls silent, one name is a formula in HTML's clothes."""
    quiet = catalog_data.application(site.plan, name="Gone <b>quiet</b>")
    fresh = catalog_data.application(site.plan, name='=HYPERLINK("x")')
    for hour in range(24):
        site.count(MIDNIGHT_S + hour * 3_600 + 60, value=10 + hour, code=200)
        site.count(MIDNIGHT_S - DAY_S + hour * 3_600, value=10, code=200)
    site.count(MIDNIGHT_S - DAY_S + 30, value=77, application=quiet)
    site.count(MIDNIGHT_S + 7_200, value=5, code=500, application=fresh)


def test_a_mail_has_html_with_its_chart_text_pdf_and_csv(site: ReportSite, box: MailBox) -> None:
    fill(site)
    mail = sent(site, box, site.user(), product=site.product)
    assert mail["Subject"] == "Echo: daily report, Wednesday, 18 Mar 2020"
    assert mail["From"] == "Tallygate <tallygate@portal.acme.example>"
    assert mail["To"] == "ada@acme.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"]
    found = parts(mail)
    assert 'src="cid:chart@tallygate"' in found.html
    assert "most of them at 18 Mar 2020, 23:00: 33" in found.html
    assert Image.open(BytesIO(found.png)).size == (1200, 360)
    assert found.pdf.startswith(b"%PDF-")
    names = [part.get_filename() for part in mail.iter_attachments()]
    assert names == ["echo-day-2020-03-18.pdf", "echo-day-2020-03-18.csv"]


def test_every_form_tells_the_same_numbers_as_the_api(
    site: ReportSite, box: MailBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Total, total before and each bucket are those of `usage.json` for the same period."""
    fill(site)
    user = site.user()
    mail = sent(site, box, user, product=site.product)
    monkeypatch.setattr(runtime, "history", lambda: site.history)
    monkeypatch.setattr(runtime, "clock", lambda: site.clock)
    _, token = AccessToken.issue(user, "test", ["stats"], "ro")
    answer = Client().get(
        f"/stats/services/{site.product.pk}/usage.json",
        {
            "access_token": token, "metric_name": "hits", "period": "day", "since": "2020-03-18",
            "timezone": "Europe/Madrid", "skip_change": "false",
        },
    ).json()  # fmt: skip
    total = f"{answer['total']:,}"
    assert total == "521"
    found = parts(mail)
    text = pdf_text(found.pdf)
    for form in (found.html, found.text, text):
        assert f"{total} hits" in form
        assert f"({answer['previous_total']:,})" in form
        assert f"{answer['change']:.1f}%" in form
    rows = list(csv.DictReader(StringIO(decoded(found.csv))))
    hits = [row for row in rows if row["section"] == "hits"]
    assert [int(row["value"]) for row in hits] == answer["values"]
    (row,) = [row for row in rows if row["section"] == "total"]
    assert (int(row["value"]), int(row["previous"])) == (answer["total"], answer["previous_total"])


def decoded(content) -> str:
    text = content if isinstance(content, str) else content.decode()
    return text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")


def pdf_text(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def test_names_that_others_chose_do_no_harm(site: ReportSite, box: MailBox) -> None:
    """In HTML they are text, in a spreadsheet no formula, in a header no second line."""
    fill(site)
    site.product.name = "Echo\r\nBcc: eve@evil.example"
    site.product.save()
    mail = sent(site, box, site.user(), product=site.product)
    assert mail["Bcc"] is None
    found = parts(mail)
    assert "Gone <b>" not in found.html
    assert "Gone &lt;b&gt;quiet&lt;/b&gt;" in found.html
    names = {row["name"] for row in csv.DictReader(StringIO(decoded(found.csv)))}
    assert '\'=HYPERLINK("x")' in names
    assert not {name for name in names if name.startswith("=")}


def test_it_tells_who_grows_who_fell_silent_and_what_failed(site: ReportSite, box: MailBox) -> None:
    fill(site)
    text = parts(sent(site, box, site.user(), product=site.product)).text
    assert "NEWLY SILENT\n  Gone <b>quiet</b> (Consumer): hits before 77" in text
    assert "GROWING FASTEST\n  Weather app (Consumer): hits 516, before 240, change +115%" in text
    assert "500: calls 5, share 1.0%" in text
    assert "1.0% of the calls with a reported code failed." in text


def test_new_applications_and_plans_are_named(site: ReportSite, box: MailBox) -> None:
    made_at = datetime(2020, 3, 18, 12, tzinfo=UTC)
    Application.objects.filter(pk=site.application.pk).update(created_at=made_at)
    type(site.plan).objects.filter(pk=site.plan.pk).update(created_at=made_at)
    text = parts(sent(site, box, site.user())).text
    assert "NEW APPLICATIONS\n  Weather app (Consumer · Basic · Echo)" in text
    assert "NEW PLANS\n  Basic (hidden · Echo)" in text


@pytest.mark.parametrize(
    ("period", "subject"),
    [
        ("week", "Acme: weekly report, 16 Mar \N{EN DASH} 22 Mar 2020"),
        ("month", "Acme: monthly report, March 2020"),
    ],
)
def test_weeks_and_months_have_reports_too(
    site: ReportSite, box: MailBox, period: str, subject: str
) -> None:
    fill(site)
    mail = sent(site, box, site.user(), period)
    assert mail["Subject"] == subject
    assert "Echo (echo): hits 838" in parts(mail).text


def test_a_member_sees_their_products_only(site: ReportSite, box: MailBox) -> None:
    """A report on everything is on everything that its reader may see, and its total is of that alone."""
    fill(site)
    other = catalog_data.product(site.provider, name="Secret project")
    elsewhere = catalog_data.application(catalog_data.plan(other), name="Other app")
    site.count(MIDNIGHT_S + 100, value=1_000, application=elsewhere)
    member = site.user(
        "eve", role="member", allowed_sections=["monitoring"], allowed_product_ids=[site.product.pk]
    )
    found = parts(sent(site, box, member))
    assert "521 hits" in found.text
    assert "Secret project" not in found.text + found.html + decoded(found.csv)


def test_who_may_no_longer_see_it_gets_nothing(site: ReportSite, box: MailBox) -> None:
    member = site.user("eve", role="member", allowed_sections=["monitoring"])
    site.subscribe(member)
    site.scheduler(box.url).look()
    member.allowed_sections = []
    member.save()
    site.advance(DAY_S)
    site.scheduler(box.url).look()
    assert site.states() == ["withheld"]
    assert "may not see" in Delivery.objects.get().reason
    assert box.inbox.raw == []


def test_recipients_of_the_same_numbers_share_one_report(
    site: ReportSite, box: MailBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history is asked once, however many get it; each has a link of their own to end it."""
    for name in ("ada", "bob", "eve"):
        site.subscribe(site.user(name))
    site.scheduler(box.url).look()
    site.advance(DAY_S)
    asked = []
    snapshot = site.history.snapshot

    def counted():
        asked.append(1)
        return snapshot()

    monkeypatch.setattr(site.history, "snapshot", counted)
    site.scheduler(box.url).look()
    assert len(box.inbox.raw) == 3
    assert len(asked) == 1
    links = {mail["List-Unsubscribe"].strip() for mail in box.inbox.messages}
    assert len(links) == 3
    assert all(link.startswith(f"<{CONSOLE}/unsubscribe/") for link in links)
    assert {mail["List-Unsubscribe-Post"] for mail in box.inbox.messages} == {
        "List-Unsubscribe=One-Click"
    }


def test_without_a_mail_server_reports_are_kept(site: ReportSite) -> None:
    site.subscribe(site.user())
    site.scheduler(None).look()
    site.advance(DAY_S)
    site.scheduler(None).look()
    assert site.states() == ["kept"]
    assert "TALLYGATE_SMTP_URL" in Delivery.objects.get().reason


def test_who_has_no_address_is_told_in_the_log(site: ReportSite, box: MailBox) -> None:
    site.subscribe(site.user(email=""))
    site.scheduler(box.url).look()
    site.advance(DAY_S)
    site.scheduler(box.url).look()
    assert (site.states(), Delivery.objects.get().reason) == (
        ["withheld"],
        "the recipient has no e-mail address",
    )


@pytest.mark.parametrize(
    ("mood", "state", "reason"),
    [
        ("greylists", "waiting", "451"),
        ("full", "waiting", "452"),
        ("refuses", "failed", "550"),
        ("breaks", "unclear", "closed"),
        ("slow", "waiting", "no answer"),
    ],
)
def test_each_refusal_is_in_the_log_with_its_reason(
    site: ReportSite, mood, state: str, reason: str
) -> None:
    """What may come right is tried again later, what will not is given up."""
    site.subscribe(site.user())
    with MailBox(mood) as box:
        site.scheduler(box.url).look()
        site.advance(DAY_S)
        site.scheduler(box.url).look()
        delivery = Delivery.objects.get()
        assert (delivery.state, delivery.attempts) == (state, 1)
        assert reason in delivery.reason
        box.inbox.mood = "takes"
        site.scheduler(box.url).look()
        assert Delivery.objects.get().state == state, "not before its time"
        site.advance(400)
        site.scheduler(box.url).look()
        assert Delivery.objects.get().state == ("sent" if state == "waiting" else state)
        assert len(box.inbox.raw) == (1 if state == "waiting" else 0)


def test_a_server_that_is_away_for_a_day_is_given_up(site: ReportSite) -> None:
    """Attempts become rarer, and after a day the log has the last reason."""
    site.subscribe(site.user())
    nowhere = "smtp://127.0.0.1:1"
    site.scheduler(nowhere).look()
    site.advance(DAY_S)
    for _ in range(200):
        site.scheduler(nowhere).look()
        site.advance(600)
    delivery = Delivery.objects.order_by("pk")[0]
    assert delivery.state == "failed"
    assert delivery.attempts < 20
    assert "given up after a day" in delivery.reason
    assert "Connection refused" in delivery.reason


def test_preferences_and_subscriptions_say_the_same(site: ReportSite) -> None:
    """`daily_report` of the API is a subscription to a report on everything, and goes with it."""
    user = site.user()
    user.notifications = {"daily_report": True}
    user.save()
    assert [each.period for each in user.report_subscriptions.all()] == ["day"]
    assert for_user(user).may("see_analytics")
    user.notifications = {"daily_report": False}
    user.save()
    assert not user.report_subscriptions.exists()
