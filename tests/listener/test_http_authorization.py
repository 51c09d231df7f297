"""Authentication modes, app keys, referrers and states: what denies a call, and in which words."""

from urllib.parse import quote

import pytest
from support.running_listener import DECLARATION, RunningListener

from tallygate.registry.records import Application

pytestmark = pytest.mark.service

MISSING = "application key is missing"


@pytest.mark.parametrize(
    ("service", "keys", "app_key", "reason"),
    [
        ("2", [], None, None),
        ("2", [], "anything", None),
        ("2", ["k1", "k2"], "k1", None),
        ("2", ["k1", "k2"], "k2", None),
        ("2", ["k1"], "+k1+", None),
        ("2", ["k1"], "K1", 'application key "K1" is invalid'),
        ("2", ["k1"], None, MISSING),
        ("2", ["k1"], "", MISSING),
        ("2", ["k1"], "+", MISSING),
        ("6", ["k1"], "k1", None),
        ("6", ["k1"], None, MISSING),
        ("3", [], None, None),
        ("3", ["k1"], None, None),
        ("3", ["k1"], "k1", None),
        ("3", ["k1"], "", MISSING),
        ("3", ["k1"], "no", 'application key "no" is invalid'),
        ("3", [], "any", 'application key "any" is invalid'),
        ("3", [], "", MISSING),
        ("2", ["k1"], "%3C%26%3E", 'application key "&lt;&amp;&gt;" is invalid'),
    ],
)
def test_an_app_key_is_asked_for_as_the_mode_of_the_service_says(
    listener: RunningListener, service: str, keys: list[str], app_key: str | None, reason: str | None
) -> None:  # fmt: skip
    """Mode 2 asks for one if the application has any; OAuth judges what was sent, an empty one too."""
    app = listener.application(service, keys=keys)
    query = app.by_id + ("" if app_key is None else f"&app_key={app_key}")
    for endpoint in ("authorize", "authrep"):
        answer = listener.get(endpoint, query, "rejection_reason_header=1")
        assert (answer.reason, answer.status) == (reason, 409 if reason else 200)
        expected = "application_key_invalid" if reason else None
        assert answer.headers.get("3scale-rejection-reason") == expected


@pytest.mark.parametrize("mode", ["1", "01", "1.5", " 1", "1x"])
def test_mode_1_finds_applications_by_user_key_and_never_asks_for_an_app_key(
    listener: RunningListener, mode: str
) -> None:
    listener.service("7", mode)
    app = listener.application("7", keys=["k1"])
    assert listener.authorize(app.by_key).status == 200
    assert listener.authorize(f"{app.by_key}&app_key=wrong").status == 200
    assert listener.authorize(app.by_id).status == 403


@pytest.mark.parametrize("mode", ["2", "", "oauth", "10", "11", "two"])
def test_any_other_mode_finds_applications_by_id(listener: RunningListener, mode: str) -> None:
    listener.service("8", mode)
    app = listener.application("8")
    assert listener.authorize(app.by_id).status == 200
    assert listener.authorize(app.by_key).status == 404


def test_without_a_service_id_the_default_service_is_meant(listener: RunningListener) -> None:
    app = listener.application("1")
    other = listener.application("20")
    assert listener.authrep(f"provider_key=pk&user_key={app.user_key}&usage[hits]=1").status == 200
    assert listener.authrep(f"provider_key=pk2&app_id={other.id}&usage[hits]=1").status == 200
    assert listener.authrep(f"provider_key=pk&service_id=+&user_key={app.user_key}").status == 200
    assert (listener.counted(app), listener.counted(other)) == (1, 1)


@pytest.mark.parametrize(
    ("filters", "referrer", "allowed"),
    [
        (["example.org"], "example.org", True),
        (["example.org"], "example.orgs", False),
        (["example.org"], "exampleXorg", False),
        (["*.example.org"], "a.b.example.org", True),
        (["*.example.org"], "example.org", False),
        (["194.179.*.10"], "194.179..10", True),
        (["194.179.*.10"], "194.179.1.100", False),
        (["a", "b*c"], "bc", True),
        (["b*b"], "b", False),
        (["*"], "anything", True),
        (["example.org"], "*", True),
        (["a*c"], "a\nc", False),
        (["*a*a*a*a*a*a*a*a*a*a*b"], "a" * 20_000, False),
        (["A.org"], "a.org", False),
        ([], "anything", True),
    ],
)
def test_a_referrer_matches_a_filter_from_end_to_end(
    listener: RunningListener, filters: list[str], referrer: str, allowed: bool
) -> None:
    """A star is any run of characters; all else is literal; a caller that says `*` passes. Never slow."""
    app = listener.application("5", filters=filters)
    answer = listener.authorize(
        f"{app.by_id}&referrer={quote(referrer)}", "rejection_reason_header=1"
    )
    assert answer.status == (200 if allowed else 409)
    if not allowed:
        assert answer.reason == f'referrer "{referrer}" is not allowed'
        assert answer.headers["3scale-rejection-reason"] == "referrer_not_allowed"


def test_a_missing_referrer_is_told_as_missing(listener: RunningListener) -> None:
    app = listener.application("5", filters=["a"])
    for referrer in ("", "&referrer", "&referrer=", "&referrer=+", "&referrer[]=a"):
        assert listener.authorize(app.by_id + referrer).reason == "referrer is missing"


def test_filters_do_not_matter_where_the_service_does_not_require_them(
    listener: RunningListener,
) -> None:
    app = listener.application("2", filters=["a"])
    assert listener.authorize(app.by_id).status == 200


@pytest.mark.parametrize("state", ["suspended", "pending", "weird", ""])
def test_only_an_active_application_may_call(listener: RunningListener, state: str) -> None:
    app = listener.application(state=state)
    answer = listener.authrep(f"{app.by_id}&usage[hits]=1", "rejection_reason_header=1")
    assert (answer.status, answer.reason) == (409, "application is not active")
    assert answer.headers["3scale-rejection-reason"] == "application_not_active"
    assert listener.entries(app) == []


def test_a_suspended_service_denies_every_call(listener: RunningListener) -> None:
    app = listener.application("4")
    answer = listener.authrep(f"{app.by_id}&usage[hits]=1", "rejection_reason_header=1")
    assert (answer.status, answer.reason) == (409, "service is not active")
    assert answer.headers["3scale-rejection-reason"] == "service_not_active"
    assert listener.entries(app) == []


def test_denials_come_in_the_order_of_the_protocol(listener: RunningListener) -> None:
    """Key before referrer before state of the application before that of the service before limits."""
    listener.service("9", "2", referrer_filters_required=True, state="suspended")
    app = listener.application(
        "9", keys=["k"], filters=["r"], state="suspended", limits={("hits", "eternity"): 0}
    )
    call = f"{app.by_id}&usage[hits]=1"
    assert listener.authrep(call).reason == MISSING
    assert listener.authrep(f"{call}&app_key=k").reason == "referrer is missing"
    full = f"{call}&app_key=k&referrer=r"
    assert listener.authrep(full).reason == "application is not active"
    listener.registry.put_application(Application(app.service, app.id))
    assert listener.authrep(full).reason == "service is not active"


def test_a_denial_is_a_whole_status_document(listener: RunningListener) -> None:
    """With the plan and the reports as they stand; nothing is counted."""
    app = listener.application(
        keys=["k"], limits={("hits", "eternity"): 5}, plan_name='A < B & "C"'
    )
    assert listener.authrep(f"{app.by_id}&app_key=k&usage[hits]=2").status == 200
    answer = listener.authrep(f"{app.by_id}&usage[hits]=1")
    assert answer.body == (
        f"{DECLARATION}<status><authorized>false</authorized><reason>{MISSING}</reason>"
        '<plan>A &lt; B &amp; "C"</plan><usage_reports><usage_report metric="hits" period="eternity">'
        "<max_value>5</max_value><current_value>2</current_value></usage_report></usage_reports></status>"
    )


def test_an_application_without_a_plan_has_an_empty_one(listener: RunningListener) -> None:
    app = listener.application(plan_name="")
    expected = f"{DECLARATION}<status><authorized>true</authorized><plan></plan></status>"
    assert listener.authorize(app.by_id).body == expected
    assert listener.authrep(app.by_id).body == expected


@pytest.mark.parametrize("identity", ["50%25%d%s", "a b", "a+b", "<&>\"'", "\u0416", "x" * 300])
def test_ids_of_any_characters_are_counted_as_themselves(
    listener: RunningListener, identity: str
) -> None:
    app = listener.application(
        limits={("hits", "eternity"): 2}, keys=["k"], application_id=identity, plan_name=identity
    )
    query = f"provider_key=pk&service_id=2&app_id={quote(identity)}&app_key=k&usage[hits]=1"
    statuses = [listener.authrep(query, "list_app_keys=1").status for _ in range(3)]
    assert (statuses, listener.counted(app)) == ([200, 200, 409], 2)


def test_a_change_of_the_registry_holds_for_the_very_next_call(listener: RunningListener) -> None:
    """For calls of the very same text, which were answered from memory before."""
    app = listener.application(keys=["k"])
    query = f"{app.by_id}&app_key=k&usage[hits]=1"
    assert [listener.authrep(query).status for _ in range(2)] == [200, 200]
    listener.registry.delete_application_key("2", app.id, "k")
    listener.registry.put_application_key("2", app.id, "new")
    assert listener.authrep(query).status == 409
    listener.registry.put_application_key("2", app.id, "k")
    assert listener.authrep(query).status == 200
    listener.registry.delete_application("2", app.id)
    assert listener.authrep(query).status == 404
