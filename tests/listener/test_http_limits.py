"""Limits on the wire: what is denied, what is shown, and that it is exact."""

import http.client
import threading
from collections import Counter

import pytest
from support.running_listener import App, RunningListener, away_from_the_end_of_a_minute

from tallygate.registry.records import PERIODS, Limit

pytestmark = pytest.mark.service


@pytest.mark.parametrize("period", PERIODS)
def test_a_limit_of_three_lets_three_calls_pass(listener: RunningListener, period: str) -> None:
    """In each period; the answer shows the value with this call in it, the denial the value as it stands."""
    away_from_the_end_of_a_minute()
    app = listener.application(limits={("hits", period): 3})
    answers = [listener.authrep(f"{app.by_id}&usage[hits]=1") for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 409, 409]
    assert [answer.values["hits", period] for answer in answers] == [1, 2, 3, 3, 3]
    assert {answer.reason for answer in answers[3:]} == {"usage limits are exceeded"}
    assert not any(answer.exceeded for answer in answers)
    assert listener.counted(app) == 3


def test_the_tightest_of_several_limits_decides(listener: RunningListener) -> None:
    app = listener.application(limits={("hits", "eternity"): 9, ("hits", "year"): 5, ("hits", "month"): 7})  # fmt: skip
    statuses = [listener.authrep(f"{app.by_id}&usage[hits]=2").status for _ in range(3)]
    assert statuses == [200, 200, 409]
    assert listener.authorize(app.by_id).values == {
        ("hits", "eternity"): 4,
        ("hits", "year"): 4,
        ("hits", "month"): 4,
    }


def test_authorize_predicts_and_counts_nothing(listener: RunningListener) -> None:
    app = listener.application(limits={("hits", "eternity"): 5})
    for _ in range(3):
        answer = listener.authorize(f"{app.by_id}&usage[hits]=5")
        assert (answer.status, answer.values["hits", "eternity"]) == (200, 0)
    assert listener.authorize(f"{app.by_id}&usage[hits]=6").status == 409
    assert listener.entries(app) == []


def test_a_method_counts_on_its_parents_and_is_held_by_their_limits(
    listener: RunningListener,
) -> None:
    """Two of a child whose limit is three pass once; the parent shows the two as well."""
    app = listener.application(limits={("hits", "eternity"): 9, ("child", "eternity"): 3})
    answers = [listener.authrep(f"{app.by_id}&usage[child]=2") for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 409]
    for answer in answers:
        assert answer.values == {("hits", "eternity"): 2, ("child", "eternity"): 2}
    by_parent = listener.application(limits={("hits", "eternity"): 3})
    statuses = [listener.authrep(f"{by_parent.by_id}&usage[deep]=2").status for _ in range(2)]
    assert statuses == [200, 409]
    assert [listener.counted(by_parent, name) for name in ("hits", "child", "deep")] == [2, 2, 2]


def test_limits_of_other_metrics_do_not_hold_a_call_with_usage(listener: RunningListener) -> None:
    """Not even when they are exceeded; a call that names no usage is held by every limit that is exceeded."""
    app = listener.application(limits={("hits", "eternity"): 5, ("other", "eternity"): 1})
    listener.report_of(app, {"usage][other": "2"})
    answer = listener.authrep(f"{app.by_id}&usage[hits]=1")
    assert (answer.status, answer.exceeded) == (200, {("other", "eternity")})
    assert listener.authorize(app.by_id).status == 409
    assert listener.authrep(app.by_id).status == 409


def test_a_call_without_usage_passes_until_a_limit_is_exceeded(listener: RunningListener) -> None:
    """Standing at the limit is no excess; a limit of zero without traffic neither."""
    app = listener.application(limits={("hits", "eternity"): 2, ("other", "eternity"): 0})
    assert listener.authrep(app.by_id).status == 200
    listener.report_of(app, {"usage][hits": "2"})
    assert listener.authrep(app.by_id).status == 200
    listener.report_of(app, {"usage][hits": "1"})
    assert listener.authrep(app.by_id).status == 409


def test_a_limit_of_zero_denies_all_usage_of_the_metric_and_of_its_descendants(
    listener: RunningListener,
) -> None:
    app = listener.application(limits={("hits", "eternity"): 0})
    assert listener.authrep(f"{app.by_id}&usage[hits]=1").status == 409
    assert listener.authrep(f"{app.by_id}&usage[deep]=1").status == 409
    assert listener.authrep(f"{app.by_id}&usage[other]=1").status == 200
    assert listener.authrep(f"{app.by_id}&usage[hits]=0").status == 200


def test_a_usage_of_zero_is_held_by_the_limits_of_its_ancestors(listener: RunningListener) -> None:
    app = listener.application(limits={("hits", "eternity"): 1})
    listener.report_of(app, {"usage][hits": "2"})
    for usage in ("usage[hits]=0", "usage[deep]=0"):
        assert listener.authrep(f"{app.by_id}&{usage}").status == 409
    assert listener.counted(app) == 2


def test_a_report_over_the_limit_is_counted_and_then_denies(listener: RunningListener) -> None:
    app = listener.application(limits={("hits", "eternity"): 5, ("hits", "year"): 7})
    assert listener.report_of(app, {"usage][hits": "7"}).status == 202
    for answer in (listener.authorize(app.by_id), listener.authrep(f"{app.by_id}&usage[hits]=1")):
        assert (answer.status, answer.reason) == (409, "usage limits are exceeded")
        assert answer.values == {("hits", "eternity"): 7, ("hits", "year"): 7}
        assert answer.exceeded == {("hits", "eternity")}


class TestSets:
    def test_a_set_replaces_the_value_in_every_period(self, listener: RunningListener) -> None:
        app = listener.application(limits={("hits", "eternity"): 9, ("hits", "year"): 9})
        for usage, value in (("3", 3), ("#7", 7), ("1", 8), ("#0", 0), ("2", 2)):
            answer = listener.authrep(f"{app.by_id}&usage[hits]={usage.replace('#', '%23')}")
            assert answer.values == {("hits", "eternity"): value, ("hits", "year"): value}

    def test_a_set_above_the_limit_is_denied_and_one_below_heals(
        self, listener: RunningListener
    ) -> None:
        """Also when the value stands above the limit already."""
        app = listener.application(limits={("hits", "eternity"): 5})
        listener.report_of(app, {"usage][hits": "9"})
        assert listener.authrep(f"{app.by_id}&usage[hits]=%236").status == 409
        assert listener.authrep(f"{app.by_id}&usage[hits]=1").status == 409
        healed = listener.authrep(f"{app.by_id}&usage[hits]=%235")
        assert (healed.status, healed.values["hits", "eternity"]) == (200, 5)

    def test_a_set_child_sets_its_parents(self, listener: RunningListener) -> None:
        app = listener.application(limits={("hits", "eternity"): 99, ("child", "eternity"): 99})
        listener.authrep(f"{app.by_id}&usage[hits]=40&usage[other]=1")
        answer = listener.authrep(f"{app.by_id}&usage[deep]=%236")
        assert answer.values == {("hits", "eternity"): 6, ("child", "eternity"): 6}

    def test_a_reported_set_is_what_the_next_call_sees(self, listener: RunningListener) -> None:
        app = listener.application(limits={("hits", "eternity"): 99})
        listener.report_of(app, {"usage][hits": "5"}, {"usage][hits": "#3"}, {"usage][hits": "4"})
        assert listener.authorize(app.by_id).values["hits", "eternity"] == 7


def test_a_changed_limit_holds_at_once_and_for_what_was_counted_before(
    listener: RunningListener,
) -> None:
    app = listener.application(limits={("hits", "eternity"): 2})
    call = f"{app.by_id}&usage[hits]=1"
    assert [listener.authrep(call).status for _ in range(3)] == [200, 200, 409]
    plan = f"plan{app.id.removeprefix('app')}"
    listener.registry.put_limit(Limit("2", plan, "21", "eternity", 3))
    listener.registry.put_limit(Limit("2", plan, "21", "year", 9))
    answers = [listener.authrep(call) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 409]
    assert answers[1].values == {("hits", "eternity"): 3, ("hits", "year"): 3}


def test_a_response_code_is_recorded_with_the_usage_it_came_with(listener: RunningListener) -> None:
    """Without usage, or with none but zero, nothing is recorded; a code that is none is dropped."""
    app = listener.application()
    for query in (
        "usage[hits]=1&log[code]=404&log[request]=x",
        "usage[hits]=1&log[code]=nope",
        "usage[hits]=1&log=200",
        "log[code]=200",
        "usage[hits]=0&log[code]=200",
    ):
        assert listener.authrep(f"{app.by_id}&{query}").status == 200
    assert [each.code for each in listener.entries(app)] == [404, 0, 0]


class TestExactness:
    LIMIT, CALLS, CALLERS = 50, 240, 12

    def statuses(self, listener: RunningListener, app: App, usages: list[str]) -> Counter[int]:
        """Of CALLS calls made by CALLERS at once, each over its own kept connection."""
        found: Counter[int] = Counter()
        at_once = threading.Barrier(self.CALLERS)

        def caller(usage: str) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=20)
            at_once.wait()
            mine: Counter[int] = Counter()
            for _ in range(self.CALLS // self.CALLERS):
                connection.request("GET", f"/transactions/authrep.xml?{app.by_id}&{usage}")
                answer = connection.getresponse()
                answer.read()
                mine[answer.status] += 1
            connection.close()
            found.update(mine)

        callers = [
            threading.Thread(target=caller, args=(usages[number % len(usages)],))
            for number in range(self.CALLERS)
        ]
        for each in callers:
            each.start()
        for each in callers:
            each.join()
        return found

    def test_a_limit_of_fifty_lets_exactly_fifty_parallel_calls_pass(
        self, listener: RunningListener
    ) -> None:
        app = listener.application(limits={("hits", "eternity"): self.LIMIT})
        found = self.statuses(listener, app, ["usage[hits]=1"])
        assert found == {200: self.LIMIT, 409: self.CALLS - self.LIMIT}
        assert listener.counted(app) == self.LIMIT

    def test_it_is_exact_for_calls_that_reach_the_limit_from_different_metrics(
        self, listener: RunningListener
    ) -> None:
        """Methods, their parent and different query strings share one limit."""
        app = listener.application(limits={("hits", "eternity"): self.LIMIT})
        usages = ["usage[hits]=1", "usage[child]=1", "usage[deep]=1&x=y"]
        assert self.statuses(listener, app, usages)[200] == self.LIMIT
        assert listener.counted(app) == self.LIMIT
        assert listener.authorize(app.by_id).values["hits", "eternity"] == self.LIMIT

    def test_calls_of_more_than_one_never_overshoot(self, listener: RunningListener) -> None:
        app = listener.application(limits={("hits", "eternity"): self.LIMIT})
        found = self.statuses(listener, app, ["usage[hits]=7"])
        assert (found[200], listener.counted(app)) == (7, 49)
