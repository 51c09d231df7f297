"""Each report is sent once: by one or two schedulers, through crashes, clock changes and a year of days."""

import random
from collections import Counter
from datetime import UTC, datetime

import pytest
from support.mail_server import MailBox
from support.report_site import ReportSite

from tallygate.domain.calendar import find_zone
from tallygate.mail import MailServer, read
from tallygate.reports import planner
from tallygate.reports.models import Delivery, Subscription
from tallygate.reports.outbox import LEASE_S, Outbox, send_again
from tallygate.reports.preferences import end

ZONES = ("UTC", "Europe/Madrid", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu")


def utc_s(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize("zone", ZONES)
def test_over_a_year_of_days_each_report_is_planned_once(site: ReportSite, zone: str) -> None:
    """Two schedulers look at odd times, with hours in between at random, over a whole year: none twice, none left out."""
    site.clock.set(utc_s("2018-01-01 12:00") * 1000)
    user = site.user()
    for period in Subscription.Period:
        site.subscribe(user, period, time_zone=zone, hour=2, minute=30, weekday=6, monthday=28)
    dice = random.Random(zone)
    planner.plan(site.clock.now_s())
    end_s = utc_s("2019-01-01 12:00")
    while site.clock.now_s() < end_s:
        site.advance(dice.choice((40, 3_000, 20_000, 90_000)))
        for _ in range(dice.choice((1, 2))):
            planner.plan(site.clock.now_s())
    found = Counter(Delivery.objects.values_list("period", "first_day"))
    assert set(found.values()) == {1}
    days = Counter(period for period, _ in found)
    assert (days["month"], days["week"]) == (12, 52)
    assert 364 <= days["day"] <= 366
    first = sorted(day for period, day in found if period == "day")
    assert (first[-1] - first[0]).days + 1 == len(first)
    for delivery in Delivery.objects.filter(period="day"):
        reading = find_zone(zone).local(delivery.due_s)
        assert (reading.hour, reading.minute) in {(2, 30), (3, 0)}


def test_what_became_due_while_nothing_ran_arrives_later(site: ReportSite, box: MailBox) -> None:
    site.subscribe(site.user())
    site.scheduler(box.url).look()
    site.advance(2.5 * 86_400)
    site.scheduler(box.url).look()
    days = Delivery.objects.order_by("first_day").values_list("first_day", flat=True)
    assert [str(day) for day in days] == ["2020-03-18", "2020-03-19"]
    assert len(box.inbox.raw) == 2


def test_a_new_subscription_gets_no_report_of_the_past(site: ReportSite) -> None:
    site.subscribe(site.user(), hour=8)
    planner.plan(site.clock.now_s())
    site.advance(3_600)
    planner.plan(site.clock.now_s())
    assert not Delivery.objects.exists()


def test_a_changed_hour_sends_nothing_twice_and_leaves_nothing_out(site: ReportSite) -> None:
    """Yesterday's report came at 8; at noon its hour is changed, to later, then to earlier."""
    subscription = site.subscribe(site.user(), time_zone="UTC")
    planner.plan(site.clock.now_s())
    site.advance(86_400)
    planner.plan(site.clock.now_s())
    for hour in (12, 7, 9):
        subscription.refresh_from_db()
        subscription.hour = hour
        subscription.save()
        planner.plan(site.clock.now_s())
        site.advance(3_600 * 3)
        planner.plan(site.clock.now_s())
    days = list(Delivery.objects.order_by("first_day").values_list("first_day", flat=True))
    assert [str(day) for day in days] == ["2020-03-18"]
    site.advance(86_400)
    planner.plan(site.clock.now_s())
    assert Delivery.objects.count() == 2


def test_who_ends_and_begins_again_gets_no_second_one(site: ReportSite) -> None:
    user = site.user()
    first = site.subscribe(user, time_zone="UTC")
    planner.plan(site.clock.now_s())
    site.advance(86_400)
    planner.plan(site.clock.now_s())
    end(first)
    site.subscribe(user, time_zone="UTC", hour=23)
    planner.plan(site.clock.now_s())
    site.advance(13 * 3_600)
    planner.plan(site.clock.now_s())
    assert Delivery.objects.filter(first_day="2020-03-18").count() == 1


def test_two_schedulers_share_the_work(site: ReportSite, box: MailBox) -> None:
    """What one has taken the other leaves alone, whoever comes first."""
    for number in range(30):
        site.subscribe(site.user(f"user{number}"))
    planner.plan(site.clock.now_s())
    site.advance(86_400)
    planner.plan(site.clock.now_s())
    one, two = Outbox(), Outbox()
    taken = one.take(site.clock.now_s(), 20)
    others = two.take(site.clock.now_s(), 20)
    assert len(taken) == 20
    assert len(others) == 10
    assert not {each.pk for each in taken} & {each.pk for each in others}
    one.put_back(taken)
    two.put_back(others)
    for scheduler in (site.scheduler(box.url), site.scheduler(box.url)):
        scheduler.look()
    assert sorted(Counter(box.inbox.recipients).values()) == [1] * 30


def due_delivery(site: ReportSite) -> None:
    """A report that is due now."""
    site.subscribe(site.user())
    planner.plan(site.clock.now_s())
    site.advance(86_400)
    planner.plan(site.clock.now_s())


def test_a_process_that_ends_before_handing_over_is_replaced(
    site: ReportSite, box: MailBox
) -> None:
    """After its lease another one sends what it had taken."""
    due_delivery(site)
    Outbox().take(site.clock.now_s(), 10)
    site.scheduler(box.url).look()
    assert box.inbox.raw == []
    site.advance(LEASE_S + 1)
    site.scheduler(box.url).look()
    assert site.states() == ["sent"]
    assert len(box.inbox.raw) == 1


def test_a_process_that_ends_after_handing_over_makes_no_second_mail(
    site: ReportSite, box: MailBox
) -> None:
    """The mail server has it; that it may have arrived is in the log, and somebody may have it sent again."""
    due_delivery(site)
    outbox = Outbox()
    (delivery,) = outbox.take(site.clock.now_s(), 10)
    assert outbox.hand_over(delivery)
    site.advance(LEASE_S + 1)
    site.scheduler(box.url).look()
    assert site.states() == ["unclear"]
    assert box.inbox.raw == []
    assert send_again(delivery, site.clock.now_s())
    site.scheduler(box.url).look()
    assert site.states() == ["sent"]
    assert len(box.inbox.raw) == 1


def test_a_slow_process_that_lost_its_lease_does_not_send(site: ReportSite, box: MailBox) -> None:
    """Its clock was suspended; meanwhile another has sent. The last moment before handing over tells."""
    due_delivery(site)
    slow = Outbox()
    (delivery,) = slow.take(site.clock.now_s(), 10)
    site.advance(LEASE_S + 1)
    site.scheduler(box.url).look()
    assert len(box.inbox.raw) == 1
    assert not slow.hand_over(delivery)
    with MailServer(read(box.url)):
        slow.retry(delivery, "too late", site.clock.now_s())
    assert site.states() == ["sent"]


def test_a_clock_that_jumps_ahead_sends_nothing_before_its_time(
    site: ReportSite, box: MailBox
) -> None:
    """It is not believed until it has gone steadily; set right before that, each report comes at its time."""
    site.subscribe(site.user(), time_zone="UTC")
    scheduler = site.scheduler(box.url)
    scheduler.look()
    site.clock.advance(30 * 86_400)
    for _ in range(5):
        site.advance(60)
        scheduler.look()
    site.clock.advance(-30 * 86_400)
    for _ in range(24 * 60):
        site.advance(60)
        scheduler.look()
    assert [str(each.first_day) for each in Delivery.objects.all()] == ["2020-03-18"]
    assert len(box.inbox.raw) == 1


def test_a_clock_that_goes_back_sends_nothing_twice(site: ReportSite, box: MailBox) -> None:
    site.subscribe(site.user(), time_zone="UTC")
    scheduler = site.scheduler(box.url)
    scheduler.look()
    for _ in range(2):
        for _ in range(30):
            site.advance(3_600)
            scheduler.look()
        site.clock.advance(-20 * 3_600)
    site.advance(700)
    scheduler.look()
    sent = Counter(str(each.first_day) for each in Delivery.objects.all())
    assert set(sent.values()) == {1}
    assert len(box.inbox.raw) == len(sent)
    assert sorted(sent)[0] == "2020-03-18"
    site.advance(86_400)
    scheduler.look()
    site.advance(700)
    scheduler.look()
    days = sorted(Delivery.objects.values_list("first_day", flat=True))
    assert (days[-1] - days[0]).days + 1 == len(days), "none is left out"
