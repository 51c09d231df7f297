"""XML bodies, to the byte."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from tallygate.domain.limits import epoch_at
from tallygate.listener.document import StatusDocument, app_keys, error_document
from tallygate.registry.records import PERIODS, Application, Limit, Metric, Service
from tallygate.registry.views import ApplicationView, ServiceView

EPOCH = epoch_at(1_707_915_296)  # 2024-02-14 12:54:56 UTC, a Wednesday
HEAD = '<?xml version="1.0" encoding="UTF-8"?><status>'


def view_of(*limits: tuple[str, str, int], names: tuple[str, ...] = ("hits",)) -> ServiceView:
    metrics = [Metric("10", str(n), name, "" if n == 1 else "1") for n, name in enumerate(names, 1)]
    return ServiceView(
        Service("10", "pk"), (), metrics, [Limit("10", "p", *each) for each in limits]
    )


def document(view: ServiceView, plan: str = "Basic", hierarchy: bool = False) -> StatusDocument:
    return StatusDocument(view, plan, view.limits("p"), hierarchy)


def test_without_limits_there_are_no_reports() -> None:
    expected = f"{HEAD}<authorized>true</authorized><plan>Basic</plan></status>"
    assert expected == document(view_of()).authorized(EPOCH, ())
    assert expected == document(view_of()).render(EPOCH, (), None)


def test_a_plan_without_a_name_is_an_empty_element() -> None:
    assert "<plan></plan>" in document(view_of(), "").authorized(EPOCH, ())


def test_each_period_shows_its_start_and_its_end_in_utc() -> None:
    """Weeks begin on Monday; eternity has neither start nor end; the longest period comes first."""
    view = view_of(*(("1", period, 600) for period in PERIODS))
    body = document(view).authorized(EPOCH, (7, 6, 5, 4, 3, 2, 1))
    expected = f"{HEAD}<authorized>true</authorized><plan>Basic</plan><usage_reports>"
    for period, start, end, value in (
        ("eternity", "", "", 7),
        ("year", "2024-01-01 00:00:00", "2025-01-01 00:00:00", 6),
        ("month", "2024-02-01 00:00:00", "2024-03-01 00:00:00", 5),
        ("week", "2024-02-12 00:00:00", "2024-02-19 00:00:00", 4),
        ("day", "2024-02-14 00:00:00", "2024-02-15 00:00:00", 3),
        ("hour", "2024-02-14 12:00:00", "2024-02-14 13:00:00", 2),
        ("minute", "2024-02-14 12:54:00", "2024-02-14 12:55:00", 1),
    ):
        span = f"<period_start>{start} +0000</period_start><period_end>{end} +0000</period_end>"
        expected += (
            f'<usage_report metric="hits" period="{period}">{span if start else ""}'
            f"<max_value>600</max_value><current_value>{value}</current_value></usage_report>"
        )
    assert f"{expected}</usage_reports></status>" == body


def test_a_denial_has_its_reason_before_the_plan() -> None:
    body = document(view_of()).render(EPOCH, (), "usage limits are exceeded")
    assert (
        f"{HEAD}<authorized>false</authorized><reason>usage limits are exceeded</reason>"
        "<plan>Basic</plan></status>" == body
    )


def test_only_a_value_above_its_limit_is_marked_as_exceeded() -> None:
    view = view_of(("1", "eternity", 2), ("1", "year", 2))
    body = document(view).render(EPOCH, (3, 2), None)
    assert (
        '<usage_report metric="hits" period="eternity" exceeded="true"><max_value>2</max_value>'
        in body
    )
    assert '<usage_report metric="hits" period="year"><period_start>' in body


def test_the_hierarchy_names_the_children_of_each_limited_metric() -> None:
    """Once for each limit; leaves have none."""
    view = view_of(("1", "day", 1), ("1", "hour", 1), ("2", "day", 1), names=("hits", "a", "b"))
    assert (
        document(view, hierarchy=True)
        .render(EPOCH, (0, 0, 0), None)
        .endswith(
            '</usage_reports><hierarchy><metric name="hits" children="a b"/><metric name="hits" children="a b"/>'
            '<metric name="a" children=""/></hierarchy></status>'
        )
    )
    assert "<hierarchy></hierarchy></status>" in document(view_of(), hierarchy=True).render(
        EPOCH, (), None
    )


def test_keys_are_listed_between_reports_and_hierarchy_and_no_more_than_256() -> None:
    view = view_of()
    application = ApplicationView(Application("10", "app"), ["k2", "k1"], [])
    keys = app_keys(view, application)
    assert keys == '<app_keys app="app" svc="10"><key id="k1"/><key id="k2"/></app_keys>'
    body = document(view, hierarchy=True).render(EPOCH, (), None, keys)
    assert f"<plan>Basic</plan>{keys}<hierarchy>" in body
    many = ApplicationView(Application("10", "app"), (f"k{n}" for n in range(300)), [])
    assert app_keys(view, many).count("<key ") == 256
    none = ApplicationView(Application("10", "app"), [], [])
    assert app_keys(view, none) == '<app_keys app="app" svc="10"></app_keys>'


def test_an_error_keeps_quotes_and_escapes_the_rest() -> None:
    assert (
        error_document("metric_invalid", 'metric "a&b<c>" is invalid')
        == '<?xml version="1.0" encoding="UTF-8"?><error code="metric_invalid">'
        'metric "a&amp;b&lt;c&gt;" is invalid</error>'
    )


def test_percent_signs_stay_what_they_are() -> None:
    """In plan, metric names and hierarchy, through every way in which a body is put together."""
    view = view_of(("1", "eternity", 5), names=("100%d", "%s"))
    for body in (
        document(view, "50% %(x)s", hierarchy=True).authorized(EPOCH, (1,)),
        document(view, "50% %(x)s", hierarchy=True).render(EPOCH, (1,), None),
    ):
        root = ElementTree.fromstring(body)
        assert root.findtext("plan") == "50% %(x)s"
        assert root.find("usage_reports/usage_report").attrib["metric"] == "100%d"
        assert root.find("hierarchy/metric").attrib == {"name": "100%d", "children": "%s"}


@given(
    plan=st.text(),
    name=st.text(min_size=1),
    key=st.text(),
    reason=st.text(),
    value=st.integers(0, 2**63),
)
def test_every_body_is_well_formed_whatever_stands_in_it(
    plan: str, name: str, key: str, reason: str, value: int
) -> None:
    """Names, keys and reasons come out of a parser as they are, but for characters that XML cannot hold."""
    view = view_of(("1", "eternity", 5), names=(name,))
    application = ApplicationView(Application("10", key), [key], [])
    shown = document(view, plan, hierarchy=True)
    bodies = (
        shown.render(EPOCH, (value,), reason, app_keys(view, application)),
        shown.authorized(EPOCH, (value,)),
        error_document("metric_invalid", reason),
    )
    roots = [ElementTree.fromstring(body.encode()) for body in bodies]
    assert [root.tag for root in roots] == ["status", "status", "error"]
    assert roots[0].findtext("usage_reports/usage_report/current_value") == str(value)
    if plan.isprintable():
        assert roots[0].findtext("plan") == roots[1].findtext("plan") == plan
    if name.isprintable():
        assert roots[0].find("hierarchy/metric").attrib["name"] == name
