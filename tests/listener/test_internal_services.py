"""Services, their tokens and their provider's key through the Internal API."""

import json

import pytest
from support.internal_api import InternalClient
from support.running_listener import RunningListener

pytestmark = pytest.mark.service


def test_a_service_is_created_and_read(internal: InternalClient) -> None:
    """Given values come back with the types with which they were given; what is read is text and booleans."""
    given = {"id": 7001, "provider_key": "s1", "backend_version": 2, "unknown": "ignored"}
    assert internal.text("POST", "/services/", {"service": given}) == (
        201,
        '{"service":{"id":7001,"state":"active","provider_key":"s1","backend_version":2,'
        '"referrer_filters_required":null,"default_service":true},"status":"created"}',
    )
    assert internal.text("GET", "/services/7001") == (
        200,
        '{"status":"found","service":{"id":"7001","state":"active","provider_key":"s1",'
        '"backend_version":"2","referrer_filters_required":false,"default_service":true}}',
    )


def test_an_unknown_service_is_not_found(internal: InternalClient) -> None:
    assert internal.text("GET", "/services/nowhere") == (404, '{"error":"not_found"}')


def test_without_a_service_nothing_is_created(internal: InternalClient) -> None:
    for given in ({}, {"service": None}):
        for method, path in (("POST", "/services/"), ("PUT", "/services/7009")):
            told = internal.text(method, path, given)
            assert told == (400, '{"status":"error","error":"missing parameter \'service\'"}')
    assert internal.post("/services/", {"service": [1]})[0] == 400
    assert internal.get("/services/7009")[0] == 404


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"provider_key": "x"}, "id"),
        ({"id": " ", "provider_key": "x"}, "id"),
        ({"id": "7008"}, "provider_key"),
        ({"id": "7008", "provider_key": ""}, "provider_key"),
    ],
)
def test_a_new_service_needs_an_id_and_a_provider_key(
    internal: InternalClient, given: dict[str, str], named: str
) -> None:
    """Inside the object, also where the path has an id."""
    for method, path in (("POST", "/services/"), ("PUT", "/services/7008")):
        told = internal.call(method, path, {"service": given})
        assert told == (400, {"status": "error", "error": f"missing parameter '{named}'"})


@pytest.mark.parametrize(
    "wrong",
    [{"id": "a/b"}, {"state": ["x"]}, {"provider_key": {}}, {"referrer_filters_required": "maybe"}, {"default_service": 2}],
)  # fmt: skip
def test_attributes_that_make_no_sense_are_refused(
    internal: InternalClient, wrong: dict[str, object]
) -> None:
    """And nothing of the call is kept."""
    given = {"id": "7007", "provider_key": "s7", **wrong}
    (name,) = wrong
    told = internal.post("/services/", {"service": given})
    assert told == (400, {"status": "error", "error": f"invalid parameter '{name}'"})
    assert internal.get("/services/7007")[0] == 404


def test_of_an_existing_service_only_what_is_given_is_changed(internal: InternalClient) -> None:
    made = {"id": "7010", "provider_key": "s2", "backend_version": "oauth", "referrer_filters_required": True}  # fmt: skip
    internal.post("/services/", {"service": made})
    changed = {"id": 7010, "state": "paused", "backend_version": None}
    assert internal.text("PUT", "/services/7010", {"service": changed}) == (
        200,
        '{"service":{"id":7010,"state":"suspended","provider_key":"s2","backend_version":"oauth",'
        '"referrer_filters_required":true,"default_service":true},"status":"ok"}',
    )
    found = internal.get("/services/7010")[1]["service"]
    assert (found["state"], found["referrer_filters_required"]) == ("suspended", True)
    assert internal.put("/services/7010", {"service": {"state": "active"}})[0] == 200
    assert internal.get("/services/7010")[1]["service"]["state"] == "active"


def test_put_creates_a_service_that_does_not_exist(internal: InternalClient) -> None:
    """Under the id in the object; the one in the path does not count."""
    told = internal.put("/services/7021", {"service": {"id": "7020", "provider_key": "s3"}})
    assert told[0] == 200
    assert internal.get("/services/7020")[0] == 200
    assert internal.get("/services/7021")[0] == 404


@pytest.mark.parametrize(("method", "path"), [("POST", "/services/"), ("PUT", "/services/7028")])
def test_a_service_is_replaced_by_one_of_the_same_id(
    internal: InternalClient, method: str, path: str
) -> None:
    """What is not given is as for a new one, but for the authentication mode; the default stays the default."""
    former = {
        "id": "7027",
        "provider_key": "s27",
        "backend_version": "1",
        "state": "suspended",
        "referrer_filters_required": True,
    }
    internal.post("/services/", {"service": former})
    internal.post("/services/", {"service": {"id": "7029", "provider_key": "s27"}})
    internal.call(method, path, {"service": {"id": "7027", "provider_key": "s27"}})
    assert internal.get("/services/7027")[1]["service"] == {
        "id": "7027",
        "state": "active",
        "provider_key": "s27",
        "backend_version": "1",
        "referrer_filters_required": False,
        "default_service": True,
    }


def test_a_service_may_have_a_window_of_time_of_its_own(internal: InternalClient) -> None:
    """It is told where it is set, kept by changes that do not name it, and taken away by null."""
    given = {"id": "7090", "provider_key": "s90", "past_window_s": 34_560_000}
    internal.post("/services/", {"service": given})

    def told() -> dict[str, int]:
        found = internal.get("/services/7090")[1]["service"]
        return {name: value for name, value in found.items() if name.endswith("_window_s")}

    assert told() == {"past_window_s": 34_560_000}
    internal.put("/services/7090", {"service": {"state": "active", "future_window_s": "0"}})
    assert told() == {"past_window_s": 34_560_000, "future_window_s": 0}
    internal.put("/services/7090", {"service": {"past_window_s": None}})
    assert told() == {"future_window_s": 0}
    for wrong in (-1, 1.5, "soon", [], 10**12):
        answer = internal.put("/services/7090", {"service": {"past_window_s": wrong}})
        assert answer == (400, {"status": "error", "error": "invalid parameter 'past_window_s'"})


def test_the_first_service_is_the_default_until_another_is_made_it(
    internal: InternalClient,
) -> None:
    """False unsets nothing; the former default reads false."""

    def default(service_id: str) -> bool:
        return bool(internal.get(f"/services/{service_id}")[1]["service"]["default_service"])

    for service_id in ("7030", "7031"):
        internal.post("/services/", {"service": {"id": service_id, "provider_key": "s4"}})
    assert (default("7030"), default("7031")) == (True, False)
    internal.put("/services/7030", {"service": {"default_service": False}})
    assert (default("7030"), default("7031")) == (True, False)
    internal.put("/services/7031", {"service": {"id": "7031", "default_service": True}})
    assert (default("7030"), default("7031")) == (False, True)


def test_the_default_service_is_deleted_last(internal: InternalClient) -> None:
    for service_id in ("7040", "7041"):
        internal.post("/services/", {"service": {"id": service_id, "provider_key": "s5"}})
    assert internal.text("DELETE", "/services/7040") == (
        400,
        '{"error":"Service id=\\"7040\\" is the default service, cannot be removed"}',
    )
    for service_id in ("7041", "7040"):
        assert internal.text("DELETE", f"/services/{service_id}") == (200, '{"status":"deleted"}')
    assert internal.text("DELETE", "/services/7040") == (
        404,
        '{"status":"not_found","error":"service id \\"7040\\" is invalid"}',
    )


def test_a_deleted_service_takes_everything_with_it(internal: InternalClient) -> None:
    """A service that is made anew under its id has nothing of the former."""
    service = {"service": {"id": "7045", "provider_key": "s45"}}
    internal.post("/services/", service)
    internal.post("/services/7045/applications/a", {"application": {"state": "active"}})
    internal.post("/services/7045/metrics/1", {"metric": {"name": "hits"}})
    internal.post("/services/7045/alert_limits/", {"alert_limit": {"value": 50}})
    internal.post("/service_tokens/", {"service_tokens": {"t45": {"service_id": "7045"}}})
    internal.delete("/services/7045")
    internal.post("/services/", service)
    assert internal.get("/services/7045/applications/a")[0] == 404
    assert internal.get("/services/7045/metrics/1")[0] == 404
    assert internal.get("/services/7045/alert_limits/")[1]["alert_limits"] == []
    assert internal.get("/service_tokens/t45/7045/provider_key")[0] == 404


def test_a_provider_key_is_changed_for_all_services(
    listener: RunningListener, internal: InternalClient
) -> None:
    """The default stays the default, and the very next call knows the new key only."""
    for service_id in ("7050", "7051"):
        internal.post("/services/", {"service": {"id": service_id, "provider_key": "old/key"}})
    assert "application" in listener.authorize("provider_key=old/key&app_id=x").body
    told = internal.text("PUT", "/services/change_provider_key/old%2Fkey", {"new_key": "new-key"})
    assert told == (200, '{"status":"ok"}')
    assert 'code="provider_key_invalid' in listener.authorize("provider_key=old/key&app_id=x").body
    assert "application" in listener.authorize("provider_key=new-key&app_id=x").body
    found = [internal.get(f"/services/{each}")[1]["service"] for each in ("7050", "7051")]
    assert [(each["provider_key"], each["default_service"]) for each in found] == [
        ("new-key", True),
        ("new-key", False),
    ]


@pytest.mark.parametrize(
    ("former", "given", "message"),
    [
        ("s6", {}, "Provider keys are not valid, must be not nil and different"),
        ("s6", {"new_key": ""}, "Provider keys are not valid, must be not nil and different"),
        ("s6", {"new_key": "s6"}, "Provider keys are not valid, must be not nil and different"),
        ("nobody", {"new_key": "s6"}, 'Provider key="s6" already exists'),
        ("nobody", {"new_key": "free"}, 'Provider key="nobody" does not exist'),
    ],
)
def test_a_provider_key_that_cannot_be_changed_is_told(
    internal: InternalClient, former: str, given: dict[str, str], message: str
) -> None:
    """The first of the reasons, in the protocol's order."""
    internal.post("/services/", {"service": {"id": "7060", "provider_key": "s6"}})
    told = internal.text("PUT", f"/services/change_provider_key/{former}", given)
    assert told == (400, json.dumps({"error": message}, separators=(",", ":")))


def test_service_tokens_are_created_asked_for_and_deleted(internal: InternalClient) -> None:
    internal.post("/services/", {"service": {"id": "7070", "provider_key": "s7"}})
    tokens = {"t/1": {"service_id": "7070"}, "t2": {"service_id": 7099}}
    told = internal.text("POST", "/service_tokens/", {"service_tokens": tokens})
    assert told == (201, '{"status":"created"}')
    for path, status in (("t%2F1/7070", 200), ("t2/7099", 200), ("t2/7070", 404), ("no/7070", 404)):
        answer = internal.raw("HEAD", f"/service_tokens/{path}/", None)
        assert (answer.status, answer.body) == (status, "")
    assert internal.text("GET", "/service_tokens/t%2F1/7070/provider_key") == (
        200,
        '{"status":"found","provider_key":"s7"}',
    )
    assert internal.text("GET", "/service_tokens/t2/7099/provider_key") == (
        200,
        '{"status":"found","provider_key":null}',
    )
    assert internal.text("GET", "/service_tokens/no/7070/provider_key") == (
        404,
        '{"status":"not_found","error":"token/service combination not found"}',
    )
    pairs = [{"service_token": token, "service_id": of["service_id"]} for token, of in tokens.items()]  # fmt: skip
    pairs.append({"service_token": "no", "service_id": "7070"})
    for count in (2, 0):
        told = internal.text("DELETE", "/service_tokens/", {"service_tokens": pairs})
        assert told == (200, f'{{"status":"deleted","count":{count}}}')


def test_tokens_are_created_all_or_none(internal: InternalClient) -> None:
    """The blank token is told before the blank service."""
    good = {"t3": {"service_id": "7080"}}
    for wrong, message in (
        ({"": {"service_id": "1"}, "x": {}}, "Service token cannot be blank"),
        ({"x": {"service_id": " "}}, "Service ID cannot be blank"),
        ({"x": None}, "Service ID cannot be blank"),
    ):
        told = internal.call("POST", "/service_tokens/", {"service_tokens": {**good, **wrong}})
        assert told == (422, {"status": "error", "error": message})
    assert internal.raw("HEAD", "/service_tokens/t3/7080/", None).status == 404


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_without_tokens_nothing_is_done(internal: InternalClient, method: str) -> None:
    missing = '{"error":"missing parameter \'service_tokens\'"}'
    assert internal.text(method, "/service_tokens/", {}) == (400, missing)
    assert internal.call(method, "/service_tokens/", {"service_tokens": "x"})[0] == 400


def test_an_empty_set_of_tokens_is_no_mistake(internal: InternalClient) -> None:
    assert internal.post("/service_tokens/", {"service_tokens": {}}) == (201, {"status": "created"})
    told = internal.delete("/service_tokens/", {"service_tokens": []})
    assert told == (200, {"status": "deleted", "count": 0})
