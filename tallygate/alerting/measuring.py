"""What a rule compares with its threshold: one or two questions of the history for each rule."""

from collections.abc import Callable, Iterator
from math import floor
from typing import NamedTuple

from tallygate.alerting.models import AlertRule
from tallygate.catalog.models import Application, Limit
from tallygate.console.wording import count, percent, plural
from tallygate.domain import limits
from tallygate.domain.calendar import Granularity, Window, find_zone, floor_s, next_s, running
from tallygate.history import (
    Line,
    Question,
    Ranking,
    Snapshot,
    change_percent,
    code_series,
    codes_series,
    metric_series,
)
from tallygate.history.series import CODES

MOST = 2_000
"""So many applications of a product are looked at: those with most."""
BEFORE_S = 14 * 86_400
"""Who has called in this time and does no more has fallen silent; who has not never began."""

_ALL_CODES = tuple(code_series(code) for code in CODES)
_LIMIT_PERIODS = tuple(name for name in limits.PERIOD_BY_NAME if name != "minute")
"""A minute is over before anybody has read of it."""


class Measured(NamedTuple):
    """A value of a rule.

    Attributes:
        subject: Of whom and what; stays the same from one look to the next.
        key: The protocol id of the application; '' = the product as a whole.
        period: What there is one incident of at most; '' = one follows another.
        text: What is told if it fires.
    """

    subject: str
    key: str
    value: float
    period: str
    text: str


def measure(snapshot: Snapshot, rule: AlertRule, now_s: int) -> list[Measured]:
    """The values of all whom the rule watches that are worth a look.

    Raises:
        HistoryUnavailable: The history cannot answer now.
        QuestionError: The rule asks for what is not kept.
    """
    return list(_KINDS[rule.kind](snapshot, rule, now_s))


def _series(rule: AlertRule) -> str:
    return metric_series(str((rule.metric or rule.product.hits).pk))


def _unit(rule: AlertRule) -> str:
    return plural((rule.metric or rule.product.hits).unit)


def _application(rule: AlertRule) -> str | None:
    return rule.application.application_id if rule.application else None


def _watched(rule: AlertRule, key: str) -> bool:
    """Whether the rule is about the application; plans have few enough to be asked one by one."""
    if rule.plan_id is None:
        return True
    found = Application.objects.filter(product=rule.product_id, application_id=key)
    return found.filter(plan=rule.plan_id).exists()


def _window(*edges_s: int) -> Window:
    return Window(find_zone("UTC"), Granularity.DAY, edges_s, edges_s[-1] - 1)


def _lines(
    snapshot: Snapshot, rule: AlertRule, series: tuple[str, ...], window: Window
) -> Iterator[tuple[str, Line]]:
    """A line for each that is watched, by the application's protocol id; '' for the product as a whole."""
    product = rule.product.service_id
    if not rule.by_application:
        yield "", snapshot.ask(Question(series, window, product, split=())).lines[0]
        return
    question = Question(
        series, window, product, _application(rule), split=("application",), top=MOST
    )
    for line in snapshot.ask(question).lines:
        if line.application and _watched(rule, line.application):
            yield line.application, line


def _limit(snapshot: Snapshot, rule: AlertRule, now_s: int) -> Iterator[Measured]:
    metric, unit = rule.metric or rule.product.hits, _unit(rule)
    found = Limit.objects.filter(
        metric=metric, plan__product=rule.product_id, value__gt=0, period__in=_LIMIT_PERIODS
    )
    if rule.plan_id is not None:
        found = found.filter(plan=rule.plan_id)
    by_period: dict[str, dict[int, int]] = {}
    for limit in found:
        by_period.setdefault(limit.period, {})[limit.plan_id] = limit.value
    for period, values in by_period.items():
        window = running(period, now_s)
        question = Question(
            (_series(rule),),
            window,
            rule.product.service_id,
            _application(rule),
            split=("application",),
        )
        least = max(
            floor(min(values.values()) * rule.threshold / 100 * (1 - rule.hysteresis / 100)), 1
        )
        places = {
            each.names[0]: each.total
            for each in snapshot.rank(Ranking(question, most=MOST, least=least))
        }
        plans = dict(
            Application.objects.filter(
                product=rule.product_id, application_id__in=places
            ).values_list("application_id", "plan_id")
        )
        for key, used in places.items():
            maximum = values.get(plans.get(key, 0))
            if maximum:
                share = used / maximum * 100
                text = f"{percent(share)} of {count(maximum)} {unit} per {period} are used ({count(used)})"
                yield Measured(f"{key} {period}", key, share, f"{period} {window.since_s}", text)


def _total(snapshot: Snapshot, rule: AlertRule, now_s: int) -> Iterator[Measured]:
    zone, granularity = find_zone(rule.zone_name), Granularity(rule.period)
    since_s = floor_s(zone, granularity, now_s)
    window = _window(since_s, next_s(zone, granularity, now_s))
    for key, line in _lines(snapshot, rule, (_series(rule),), window):
        text = f"{count(line.total)} {_unit(rule)} this {rule.period}, {count(round(rule.threshold))} were expected at most"
        yield Measured(key, key, line.total, f"{rule.period} {since_s}", text)


def _change(snapshot: Snapshot, rule: AlertRule, now_s: int) -> Iterator[Measured]:
    end_s, length_s = now_s // 60 * 60, rule.minutes * 60
    window = _window(end_s - 2 * length_s, end_s - length_s, end_s)
    for key, line in _lines(snapshot, rule, (_series(rule),), window):
        before, after = line.values
        if max(before, after) >= max(rule.at_least, 1):
            change = change_percent(after, before)
            word = "more" if change >= 0 else "less"
            text = (
                f"{percent(abs(change))} {word} {_unit(rule)} than in the {rule.minutes} minutes"
                f" before ({count(after)} after {count(before)})"
            )
            yield Measured(key, key, change, "", text)


def _codes(snapshot: Snapshot, rule: AlertRule, now_s: int) -> Iterator[Measured]:
    end_s = now_s // 60 * 60
    window = _window(end_s - rule.minutes * 60, end_s)
    calls = dict(_lines(snapshot, rule, _ALL_CODES, window))
    wanted = dict(_lines(snapshot, rule, codes_series(rule.codes), window))
    for key, line in calls.items():
        if line.total >= max(rule.at_least, 1):
            found = wanted[key].total if key in wanted else 0
            share = found / line.total * 100
            text = f"{percent(share)} of {count(line.total)} calls in {rule.minutes} minutes were answered {rule.codes.upper()}"
            yield Measured(key, key, share, "", text)


def _silence(snapshot: Snapshot, rule: AlertRule, now_s: int) -> Iterator[Measured]:
    end_s, length_s = now_s // 60 * 60, rule.minutes * 60
    if not rule.hours.include_all(end_s - length_s, end_s):
        return
    window = _window(end_s - BEFORE_S, end_s - length_s, end_s)
    for key, line in _lines(snapshot, rule, (_series(rule),), window):
        before, after = line.values
        if before:
            yield Measured(key, key, after, "", f"No {_unit(rule)} for {rule.minutes} minutes")


_KINDS: dict[str, Callable[[Snapshot, AlertRule, int], Iterator[Measured]]] = {
    AlertRule.Kind.LIMIT: _limit,
    AlertRule.Kind.TOTAL: _total,
    AlertRule.Kind.RISE: _change,
    AlertRule.Kind.FALL: _change,
    AlertRule.Kind.CODES: _codes,
    AlertRule.Kind.SILENCE: _silence,
}
