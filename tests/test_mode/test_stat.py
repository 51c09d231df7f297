"""What was counted in a period, as of any time: as the protocol's counters would have it."""

import pytest
from support.driven_server import DrivenServer, utc_s

pytestmark = pytest.mark.service


@pytest.fixture
def used(server: DrivenServer) -> DrivenServer:
    """Provisioned."""
    server.provision()
    return server


def test_every_period_of_an_application_and_of_the_service_has_a_value(used: DrivenServer) -> None:
    """By a metric's id or its name, with what rolls up from its children."""
    used.authrep("a", child=2)
    used.authrep("b", hits=3)
    used.set_clock("2010-05-12 13:30")
    used.authrep("a", hits=10)
    for period, (of_a, of_all) in {
        "minute": (10, 10), "hour": (10, 10), "day": (12, 15), "week": (12, 15), "month": (12, 15), "year": (12, 15),
        "eternity": (12, 15),
    }.items():  # fmt: skip
        for metric in ("hits", "30", 30):
            assert used.stat(app="a", metric=metric, period=period) == of_a
            assert used.stat(metric=metric, period=period) == of_all
    assert used.stat(app="a", metric="child") == 2
    assert used.stat(metric="other") is None
    assert used.stat(app="c", metric="hits") is None
    assert used.test("stat", service="11", metric="hits", period="day") == {"value": None}


@pytest.mark.parametrize(
    "at",
    [
        "2010-05-12T12:59:59", "2010-05-12 12:00:00Z", "2010-05-12T14:00:00+02:00",
        [utc_s("2010-05-12 12:30"), 5], utc_s("2010-05-12 12:30"), utc_s("2010-05-12 12:30") + 0.5,
    ],
)  # fmt: skip
def test_a_time_may_be_given_in_many_forms(used: DrivenServer, at: object) -> None:
    used.authrep(hits=1)
    used.set_clock("2011-01-01 00:00")
    assert used.stat(metric="hits", period="hour", at=at) == 1
    assert used.stat(metric="hits", period="hour", at=None) is None
    assert used.stat(metric="hits", period="hour") is None


def test_a_set_is_the_value_in_each_period_that_contains_its_time(used: DrivenServer) -> None:
    """The service is the sum over its applications."""
    used.report({"hits": 4, "timestamp": "2010-05-12 11:00:00"}, {"hits": 5})
    used.authrep("b", hits=100)
    used.report({"hits": "#7", "timestamp": "2010-05-12 11:30:00"})
    assert used.stat(app="a", metric="hits", period="hour", at="2010-05-12 11:00") == 7
    assert used.stat(app="a", metric="hits", period="hour") == 5
    for period in ("day", "week", "month", "year", "eternity"):
        assert used.stat(app="a", metric="hits", period=period) == 7
        assert used.stat(metric="hits", period=period) == 107
    used.authrep(hits=1)
    assert used.stat(app="a", metric="hits") == 8


def test_a_child_that_is_set_sets_its_parent(used: DrivenServer) -> None:
    used.authrep(hits=3)
    used.authrep(child="#6")
    assert (used.stat(metric="child"), used.stat(metric="hits")) == (6, 6)


def test_there_is_no_value_after_a_set_to_nought(used: DrivenServer) -> None:
    """In the periods that contain its time; until something is counted again."""
    used.report({"hits": 4, "timestamp": "2010-05-11 13:00:00"}, {"hits": 5})
    used.authrep("b", hits=1)
    used.authrep(hits="#0")
    for period in ("minute", "hour", "day", "week", "eternity"):
        assert used.stat(app="a", metric="hits", period=period) is None
    assert used.stat(app="a", metric="hits", at="2010-05-11") == 4
    assert used.stat(metric="hits") == 1
    used.authrep("b", hits="#0")
    assert used.stat(metric="hits") is None
    used.authrep(hits=2)
    assert used.stat(app="a", metric="hits", period="eternity") == 2


def test_what_was_denied_or_dropped_or_is_nought_has_no_value(used: DrivenServer) -> None:
    used.internal("PUT", "/services/10/plans/p/usagelimits/30/day", {"usagelimit": {"day": 1}})
    assert used.authrep(hits=2)[0] == 409
    used.report({"hits": 1}, {"nope": 1})
    used.report({"hits": 0})
    used.authrep(hits=0, code=200)
    assert used.stat(metric="hits", period="eternity") is None
    assert used.stat(code="2XX", period="eternity") is None


def test_response_codes_have_values_by_code_and_by_class(used: DrivenServer) -> None:
    """One for each transaction, whatever its usage."""
    used.report({"hits": 5, "code": 200}, {"hits": 1, "code": 201}, {"hits": 1, "code": 404})
    used.report(
        {"hits": 1, "code": 503, "timestamp": "2010-05-12 11:00:00"}, {"hits": 1, "code": "x"}
    )
    used.authrep("b", hits=1, code=404)
    for code, value in {200: 1, "201": 1, "2XX": 2, "2xx": 2, 404: 2, "4XX": 2, 503: 1, "5XX": 1}.items():  # fmt: skip
        assert used.stat(code=code) == value
    assert used.stat(app="a", code="4XX") == 1
    assert used.stat(code="5XX", period="hour") is None
    assert used.stat(code="3XX", period="eternity") is None


def test_a_metric_that_is_gone_is_still_known_by_its_id(used: DrivenServer) -> None:
    used.authrep(hits=2)
    used.internal("DELETE", "/services/10/metrics/30")
    assert used.stat(metric="30") == 2
    assert used.stat(metric="hits") is None


def test_a_service_whose_stats_are_deleted_has_no_values(used: DrivenServer) -> None:
    """Until something is counted again."""
    used.authrep(hits=2, code=200)
    used.internal("DELETE", "/services/10/stats")
    assert used.stat(metric="hits", period="eternity") is None
    assert used.stat(code=200) is None
    used.authrep(hits=1)
    assert used.stat(metric="hits") == 1
