"""What rules notice, once each, and what they leave alone."""

import pytest
from django.core.exceptions import ValidationError
from support import catalog_data
from support.report_site import ReportSite

from tallygate.alerting.models import AlertRule, Incident
from tallygate.alerting.watching import Watcher
from tallygate.catalog.models import Limit

NOW_S = 1_584_526_800


def rule(site: ReportSite, kind: str, threshold: float = 1, **values) -> AlertRule:
    return AlertRule.objects.create(
        product=site.product, name="Rule", kind=kind, threshold=threshold, **values
    )


def look(site: ReportSite, seconds: float = 0) -> list[str]:
    """What is noticed after so many seconds."""
    site.advance(seconds)
    before = set(Incident.objects.values_list("pk", flat=True))
    Watcher(lambda: site.history).watch(site.clock.now_s())
    new = Incident.objects.exclude(pk__in=before).order_by("pk")
    return [each.message for each in new]


def test_a_total_is_told_once_in_each_period(site: ReportSite) -> None:
    rule(site, "total", 100, period="day")
    site.count(NOW_S, 99)
    assert look(site) == []
    site.count(NOW_S, 1)
    assert look(site, 60) == ["Echo: 100 hits this day, 100 were expected at most"]
    site.count(NOW_S, 500)
    assert look(site, 60) == []
    site.count(NOW_S + 86_400, 100)
    assert len(look(site, 86_400)) == 1
    assert Incident.objects.filter(ended_s=None).count() == 1


def test_a_share_of_a_limit_is_told_of_each_application(site: ReportSite) -> None:
    """By the plan's own limit, once in the limit's period."""
    Limit.objects.create(plan=site.plan, metric=site.product.hits, period="day", value=1_000)
    other = catalog_data.application(site.plan, name="Quiet app")
    rule(site, "limit", 80)
    site.count(NOW_S, 801)
    site.count(NOW_S, 500, application=other)
    assert look(site) == ["Echo, Weather app: 80.1% of 1,000 hits per day are used (801)"]
    assert look(site, 120) == []
    site.count(NOW_S, 400, application=other)
    assert look(site, 120) == ["Echo, Quiet app: 90% of 1,000 hits per day are used (900)"]


def test_a_share_of_codes_has_hysteresis(site: ReportSite) -> None:
    """It is told again only after it had come back."""
    rule(site, "codes", 10, minutes=10, codes="5XX", at_least=10)

    def minute(failed: int, good: int) -> list[str]:
        for code, number in ((500, failed), (200, good)):
            for _ in range(number):
                site.count(site.clock.now_s(), code=code)
        return look(site, 600)

    assert minute(5, 4) == [], "too few calls say nothing"
    assert minute(2, 18) == ["Echo: 10% of 20 calls in 10 minutes were answered 5XX"]
    assert minute(3, 17) == []
    assert minute(19, 181) == [], "9.5% is not far enough below"
    assert minute(2, 18) == []
    assert minute(0, 20) == []
    assert len(minute(4, 16)) == 1


@pytest.mark.parametrize(("kind", "before", "after", "word"), [("rise", 10, 25, "more"), ("fall", 25, 10, "less")])  # fmt: skip
def test_a_change_is_told(site: ReportSite, kind: str, before: int, after: int, word: str) -> None:
    rule(site, kind, 50, minutes=30)
    site.count(NOW_S - 45 * 60, before)
    site.count(NOW_S - 15 * 60, after)
    (message,) = look(site)
    assert f"% {word} hits than in the 30 minutes before ({after} after {before})" in message


def test_silence_is_told_in_business_hours_only(site: ReportSite) -> None:
    """Of who had called before: an hour without a hit at noon is worth a word, at night it is not."""
    rule(site, "silence", 0, minutes=30, days="01234", begin_hour=9, end_hour=18, time_zone="UTC")
    assert look(site) == [], "who has never called is not silent"
    site.count(NOW_S, 5)
    assert look(site, 600) == []
    assert look(site, 2_400) == ["Echo: No hits for 30 minutes"]
    assert look(site, 600) == []
    site.count(site.clock.now_s() + 30, 1)
    assert look(site, 60) == []
    assert Incident.objects.get().ended_s
    assert len(look(site, 3_600)) == 1
    site.count(site.clock.now_s(), 1)
    look(site, 60)
    site.clock.set((NOW_S + 10 * 3_600) * 1000)
    assert look(site) == []


def test_quiet_times_put_an_alert_off(site: ReportSite) -> None:
    """What still holds when they end is told then."""
    rule(site, "total", 10, period="day", begin_hour=12, end_hour=18, time_zone="UTC")
    site.count(NOW_S, 10)
    assert look(site) == []
    assert len(look(site, 2 * 3_600)) == 1


def test_two_who_look_at_once_note_one_incident(site: ReportSite) -> None:
    rule(site, "total", 10)
    rule(site, "codes", 10)
    for _ in range(10):
        site.count(NOW_S - 60, code=500)
    one, two = (Watcher(lambda: site.history) for _ in range(2))
    assert one.watch(NOW_S) == 2
    assert two.watch(NOW_S) == 0


def test_each_application_may_be_watched_by_itself(site: ReportSite) -> None:
    """Of one plan only, if one is named."""
    gold = catalog_data.plan(site.product, name="Gold")
    rich = catalog_data.application(gold, name="Rich app")
    rule(site, "total", 10, each_application=True, plan=gold)
    site.count(NOW_S, 50)
    site.count(NOW_S, 50, application=rich)
    assert look(site) == ["Echo, Rich app: 50 hits this day, 10 were expected at most"]


def test_a_disabled_rule_notices_nothing(site: ReportSite) -> None:
    rule(site, "total", 1, enabled=False)
    site.count(NOW_S)
    assert look(site) == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"threshold": 0}, "threshold"),
        ({"codes": "6XX"}, "codes"),
        ({"codes": "abc"}, "codes"),
        ({"days": "7"}, "days"),
        ({"time_zone": "Mars"}, "time_zone"),
        ({"emails": "ada@acme.example, nobody"}, "emails"),
        ({"emails": ",".join(f"a{n}@acme.example" for n in range(21))}, "emails"),
        ({"webhook_url": "ftp://example.com"}, "webhook_url"),
        ({"webhook_url": "https://user:pass@example.com"}, "webhook_url"),
        ({"slack_url": "https://example.com/\r\nX: y"}, "slack_url"),
        ({"minutes": 1}, "minutes"),
    ],
)
def test_what_makes_no_sense_is_refused(site: ReportSite, values: dict, field: str) -> None:
    with pytest.raises(ValidationError) as error:
        rule(site, "codes", **values)
    assert field in error.value.message_dict


def test_a_rule_is_about_its_products_own_records(site: ReportSite) -> None:
    elsewhere = catalog_data.product(site.provider, name="Other")
    theirs = catalog_data.application(catalog_data.plan(elsewhere))
    for values in ({"application": theirs}, {"plan": theirs.plan}, {"metric": elsewhere.hits}):
        with pytest.raises(ValidationError):
            rule(site, "total", **values)
