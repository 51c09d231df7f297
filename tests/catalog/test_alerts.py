"""Which alerts of the ledger are kept for the provider."""

from datetime import UTC, datetime

import pytest
from support.catalog_data import application, plan, product

from tallygate.catalog import alerts
from tallygate.catalog.alerts import Raised
from tallygate.catalog.models import Alert

pytestmark = pytest.mark.usefixtures("catalog")
NOW_S = 1_431_943_503


@pytest.fixture
def app():
    of = product(notification_settings={"web_provider": [80, "100"], "email_provider": [50]})
    return application(plan(of), name="Shop", application_id="shop")


def raised(app, level, at_s=NOW_S, **changed):
    values = {
        "service": app.product.service_id, "application": app.application_id, "at_s": at_s,
        "level": level, "metric": "hits", "period": "day", "value": level, "maximum": 100,
    }  # fmt: skip
    return Raised(**values | changed)


def kept():
    return [(alert.application.name, alert.level, str(alert)) for alert in Alert.objects.all()]


def test_levels_that_pages_are_to_tell_are_kept_and_no_others(app):
    alerts.take_in([raised(app, level) for level in (50, 80, 100, 120)])
    assert kept() == [
        ("Shop", 100, "100% of hits per day: 100/100"),
        ("Shop", 80, "80% of hits per day: 80/100"),
    ]
    assert Alert.objects.first().at == datetime.fromtimestamp(NOW_S, UTC)
    assert [(each.is_violation, each.percent) for each in Alert.objects.all()] == [(True, 100), (False, 80)]  # fmt: skip


def test_an_alert_that_comes_again_is_kept_once_also_when_it_was_read_or_deleted(app):
    alerts.take_in([raised(app, 80)])
    Alert.objects.update(read=True, deleted=True)
    alerts.take_in([raised(app, 80), raised(app, 100)])
    assert list(Alert.objects.order_by("level").values_list("level", "read", "deleted")) == [
        (80, True, True),
        (100, False, False),
    ]


def test_what_the_catalog_does_not_know_is_left_out(app):
    """Another control plane looks after it; an application's id is unique in its product only."""
    other = application(plan(product(app.product.provider, name="Other")), application_id="shop")
    assert other.product.notification_settings == {}
    odd = [
        raised(app, 80, service=service)
        for service in (other.product.service_id, "no number", "9" * 30, "", "99")
    ]
    alerts.take_in([*odd, raised(app, 80, application="unknown")])
    assert kept() == []
    alerts.take_in([])


def test_alerts_go_when_their_time_is_over(app):
    day_s = 86_400
    alerts.take_in([raised(app, 80, NOW_S - 10 * day_s - 1), raised(app, 80, NOW_S - 10 * day_s)])
    alerts.forget_before(NOW_S, 10)
    assert Alert.objects.count() == 1


def test_alerts_go_with_their_application_and_their_product(app):
    other = application(app.plan, name="Other", account=app.account)
    alerts.take_in([raised(app, 80), raised(other, 80)])
    app.delete()
    assert [name for name, _, _ in kept()] == ["Other"]
    other.product.delete()
    assert kept() == []
