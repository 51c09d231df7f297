"""Who is told of an incident, and what a receiver that fails, stalls or lies can do."""

import hashlib
import hmac
import json

import pytest
from msgspec.structs import replace
from support.mail_server import MailBox
from support.receiver import Receiver
from support.report_site import ReportSite

from tallygate.alerting import webhook
from tallygate.alerting.models import AlertRule, Notice
from tallygate.alerting.targets import Forbidden, parse, resolve
from tallygate.alerting.telling import Teller, replay
from tallygate.alerting.watching import Watcher
from tallygate.mail import read

NOW_S = 1_584_526_800
LOOPBACK = "127.0.0.0/8"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests wait one second for a receiver that never answers."""
    monkeypatch.setattr(webhook.post, "__defaults__", (1.0,))


def incident(site: ReportSite, **ways: object) -> AlertRule:
    made = AlertRule.objects.create(product=site.product, name="Too <many>", kind="total", threshold=1, **ways)  # fmt: skip
    site.count(NOW_S)
    Watcher(lambda: site.history).watch(NOW_S)
    return made


def tell(site: ReportSite, mail: str = "", allowed: str = LOOPBACK) -> list[Notice]:
    settings = replace(site.settings, webhook_hosts=allowed)
    Teller(settings, site.clock, read(mail) if mail else None).tell(site.clock.now_s())
    return list(Notice.objects.order_by("pk"))


def test_a_webhook_is_signed_and_says_what_happened(site: ReportSite) -> None:
    with Receiver() as receiver:
        made = incident(site, webhook_url=receiver.url)
        (notice,) = tell(site)
        tell(site)
    assert (notice.state, notice.reason) == ("sent", "answered 204")
    ((headers, body),) = receiver.requests
    said = json.loads(body)
    assert said["message"] == "Echo: 1 hits this day, 1 were expected at most"
    assert (said["type"], said["value"], said["product"]["name"]) == ("alert", 1, "Echo")
    assert said["at"] == "2020-03-18T10:20:00Z"
    assert headers["tallygate-id"] == said["id"] == notice.key
    time, mac = (part.partition("=")[2] for part in headers["tallygate-signature"].split(","))
    expected = hmac.new(made.webhook_secret.encode(), f"{time}.".encode() + body, hashlib.sha256)
    assert hmac.compare_digest(mac, expected.hexdigest())


def test_slack_gets_a_text_in_which_names_do_no_harm(site: ReportSite) -> None:
    site.product.name = "<!channel> & co"
    site.product.save()
    with Receiver() as receiver:
        incident(site, slack_url=receiver.url)
        assert tell(site)[0].state == "sent"
    text = json.loads(receiver.requests[0][1])["text"]
    assert "&lt;!channel&gt; &amp; co" in text


def test_people_get_a_mail(site: ReportSite) -> None:
    """Those who are named, and the developers whose application it is."""
    site.application.account.developers.create(
        username="dev", email="dev@consumer.example", state="active", provider=site.provider
    )
    with MailBox() as box:
        incident(site, emails="ada@acme.example,bob@acme.example", tell_developers=True, application=site.application)  # fmt: skip
        tell(site, box.url)
    assert sorted(box.inbox.recipients) == [
        "ada@acme.example", "bob@acme.example", "dev@consumer.example",
    ]  # fmt: skip
    assert "Weather app: 1 hits this day" in box.inbox.messages[0]["Subject"]


@pytest.mark.parametrize(
    ("mood", "state", "reason"),
    [
        ("fails", "waiting", "answered 503"),
        ("gone", "failed", "answered 410"),
        ("stalls", "waiting", "no answer within 1 s"),
        ("drips", "waiting", "no answer within 1 s"),
        ("lies", "waiting", "no answer: it speaks no HTTP"),
        ("redirects", "waiting", "answered 302"),
        ("breaks", "waiting", "no answer"),
    ],
)
def test_each_misbehaviour_ends_in_time_and_is_tried_again(
    site: ReportSite, mood, state: str, reason: str
) -> None:
    """What the receiver says beyond its status is neither kept nor followed."""
    with Receiver(mood) as receiver:
        incident(site, webhook_url=receiver.url)
        (notice,) = tell(site)
        assert notice.state == state
        assert reason in notice.reason
        assert "secret" not in notice.reason
        receiver.mood = "takes"
        if state == "waiting":
            assert tell(site)[0].state == "waiting", "not before its time"
            site.advance(30)
            assert tell(site)[0].state == "sent"
            keys = {headers["tallygate-id"] for headers, _ in receiver.requests}
            assert len(keys) == 1
            assert len({body for _, body in receiver.requests}) == 1


def test_one_that_stalls_does_not_hold_up_the_others(site: ReportSite) -> None:
    with Receiver("stalls") as slow, Receiver() as quick:
        AlertRule.objects.create(product=site.product, name="Slow", kind="total", threshold=1, webhook_url=slow.url)  # fmt: skip
        incident(site, webhook_url=quick.url)
        states = {each.target: each.state for each in tell(site)}
    assert states == {slow.url: "waiting", quick.url: "sent"}


def test_a_receiver_that_is_away_for_days_is_given_up(site: ReportSite) -> None:
    incident(site, webhook_url="http://127.0.0.1:1/")
    for _ in range(120):
        tell(site)
        site.advance(3_600)
    (notice,) = Notice.objects.all()
    assert notice.state == "failed"
    assert notice.attempts < 40


def test_a_notice_can_be_replayed_under_its_id(site: ReportSite) -> None:
    with Receiver() as receiver:
        incident(site, webhook_url=receiver.url)
        (notice,) = tell(site)
        replay(notice, NOW_S)
        tell(site)
    assert len(receiver.requests) == 2
    assert len({headers["tallygate-id"] for headers, _ in receiver.requests}) == 1


def test_a_process_that_ends_leaves_its_notices_to_others(site: ReportSite) -> None:
    with Receiver() as receiver:
        incident(site, webhook_url=receiver.url)
        Teller(site.settings, site.clock, None)._take(NOW_S)
        assert tell(site)[0].state == "waiting"
        site.advance(601)
        assert tell(site)[0].state == "sent"
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/", "https://192.168.1.1:8443/", "https://0.0.0.0/",
        "https://[::ffff:127.0.0.1]/", "https://[fd00::1]/", "https://2130706433/",
        "https://100.64.0.1/", "https://224.0.0.1/", "http://93.184.215.14/",
    ],
)  # fmt: skip
def test_private_places_are_not_called(url: str) -> None:
    """Neither this machine nor its neighbours, however they are written; nor anybody without TLS."""
    with pytest.raises(Forbidden):
        resolve(parse(url), "")


def test_a_name_that_leads_to_a_private_place_is_not_called(site: ReportSite) -> None:
    """The address is what counts, and the same one is called that was looked at."""
    with Receiver() as receiver:
        incident(site, webhook_url=f"http://localhost:{receiver.port}/")
        (notice,) = tell(site, allowed="")
        assert (notice.state, receiver.requests) == ("failed", [])
        assert notice.reason.startswith("not called: the URL")
        replay(notice, NOW_S)
        assert tell(site, allowed="localhost")[0].state == "sent"


def test_networks_and_hosts_may_be_allowed() -> None:
    assert resolve(parse("http://127.0.0.1:8080/x"), "10.0.0.0/8, 127.0.0.0/8") == "127.0.0.1"
    assert resolve(parse("http://localhost/"), "localhost") in ("127.0.0.1", "::1")
    with pytest.raises(Forbidden):
        resolve(parse("http://127.0.0.1/"), "10.0.0.0/8,localhost")
