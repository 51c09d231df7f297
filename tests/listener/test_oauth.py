"""GET oauth_authorize and oauth_authrep, on the wire. Service 3 is one of OpenID Connect, `oauth` in the protocol."""

from urllib.parse import quote

import pytest
from support.running_listener import DECLARATION, RunningListener, error_body

pytestmark = pytest.mark.service

ENDPOINTS = ("oauth_authorize", "oauth_authrep")
BACK = "https://client.example.org/back?a=1&b=2"


def shown(app_id: str, key: str = "", url: str = "", name: str = "redirect_url") -> str:
    """The element about the application."""
    return f"<application><id>{app_id}</id><key>{key}</key><{name}>{url}</{name}></application>"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
class TestBoth:
    def test_the_application_stands_before_the_plan(
        self, listener: RunningListener, endpoint: str
    ) -> None:
        """Its id, one of its keys and its redirect URL, escaped; in denials too, and only at these endpoints."""
        app = listener.application(
            "3", application_id=f"<{endpoint}>", keys=["se&cret"], redirect_url=BACK
        )
        query = f"{app.by_id}&app_key=se%26cret"
        element = shown(f"&lt;{endpoint}&gt;", "se&amp;cret", BACK.replace("&", "&amp;"))
        answer = listener.get(endpoint, query)
        assert (answer.status, answer.body) == (
            200,
            f"{DECLARATION}<status><authorized>true</authorized>{element}<plan>Basic</plan></status>",
        )
        denied = listener.get(endpoint, f"{app.by_id}&app_key=wrong")
        assert denied.status == 409
        assert f"</reason>{element}<plan>" in denied.body
        assert "<application>" not in listener.authorize(query).body

    def test_without_keys_and_redirect_url_their_elements_are_empty(
        self, listener: RunningListener, endpoint: str
    ) -> None:
        app = listener.application("3")
        assert shown(app.id) in listener.get(endpoint, app.by_id).body

    @pytest.mark.parametrize(
        ("parameters", "name", "passes"),
        [
            ("", "redirect_url", True),
            ("redirect_url=", "redirect_url", True),
            ("redirect_uri=", "redirect_uri", True),
            (f"redirect_url={quote(BACK)}", "redirect_url", True),
            (f"redirect_uri={quote(BACK)}", "redirect_uri", True),
            ("redirect_url=https://evil.example.org", "redirect_url", False),
            ("redirect_uri=https://evil.example.org", "redirect_uri", False),
            (f"redirect_uri={quote(BACK)}&redirect_url=https://evil.example.org", "redirect_url", False),
            (f"redirect_url={quote(BACK)}&redirect_uri=https://evil.example.org", "redirect_url", True),
            ("redirect_url=&redirect_uri=https://evil.example.org", "redirect_url", True),
        ],
    )  # fmt: skip
    def test_a_redirect_must_be_the_one_of_the_application(
        self, listener: RunningListener, endpoint: str, parameters: str, name: str, passes: bool
    ) -> None:
        """The old name goes before the new one; the one that was used names the element and the denial."""
        app = listener.application("3", redirect_url=BACK)
        answer = listener.get(endpoint, f"{app.by_id}&{parameters}", "rejection_reason_header=1")
        assert f"<{name}>{BACK.replace('&', '&amp;')}</{name}>" in answer.body
        if passes:
            assert answer.status == 200
        else:
            assert answer.status == 409
            assert answer.headers["3scale-rejection-reason"] == f"{name}_invalid"
            assert answer.reason == f'{name} "https://evil.example.org" is invalid'

    @pytest.mark.parametrize("service", ["2", "5", "6"])
    def test_a_service_of_another_kind_denies(
        self, listener: RunningListener, endpoint: str, service: str
    ) -> None:
        """Before anything else could."""
        app = listener.application(service, keys=["k"], state="suspended")
        answer = listener.get(endpoint, f"{app.by_id}&usage[nope]=x", "rejection_reason_header=1")
        assert (answer.status, answer.reason) == (409, "oauth is not enabled")
        assert answer.headers["3scale-rejection-reason"] == "oauth_not_enabled"

    def test_the_application_must_be_named_by_its_id(
        self, listener: RunningListener, endpoint: str
    ) -> None:
        """Asked for once the service is known, and before anything else; a service of user keys always fails."""
        app, of_keys = listener.application("3"), listener.application("1")
        missing = error_body("application_not_found", "application id is missing")
        for query in (app.by_key, "provider_key=pk&service_id=3", "provider_key=pk&app_id=%20"):
            answer = listener.get(endpoint, query)
            assert (answer.status, answer.body) == (404, missing)
        assert "service_id_invalid" in listener.get(endpoint, "provider_key=pk&service_id=99").body
        for query, code in (
            (of_keys.by_key, "application_not_found"),
            (of_keys.by_id, "user_key_invalid"),
            (f"{of_keys.by_id}&user_key={of_keys.user_key}", "authentication_error"),
        ):
            assert f'code="{code}"' in listener.get(endpoint, query).body

    @pytest.mark.parametrize(
        ("keys", "given", "passes"),
        [
            (["k"], "", True),
            (["k"], "&app_key=k", True),
            (["k"], "&app_key=", False),
            (["k"], "&app_key=other", False),
            ([], "&app_key=", False),
            ([], "&app_key=any", False),
            ([], "", True),
        ],
    )
    def test_an_app_key_may_be_left_out_but_not_be_wrong(
        self, listener: RunningListener, endpoint: str, keys: list[str], given: str, passes: bool
    ) -> None:
        app = listener.application("3", keys=keys)
        assert (listener.get(endpoint, f"{app.by_id}{given}").status == 200) == passes

    def test_a_wrong_key_is_told_before_a_wrong_redirect_and_that_before_the_state(
        self, listener: RunningListener, endpoint: str
    ) -> None:
        app = listener.application("3", keys=["k"], state="suspended")
        wrong = f"{app.by_id}&redirect_url=x"
        for query, reason in (
            (f"{wrong}&app_key=no", 'application key "no" is invalid'),
            (wrong, 'redirect_url "x" is invalid'),
            (app.by_id, "application is not active"),
        ):
            assert listener.get(endpoint, query).reason == reason

    def test_no_body_and_head_leave_out_the_body(
        self, listener: RunningListener, endpoint: str
    ) -> None:
        app = listener.application("3")
        assert listener.get(endpoint, app.by_id, "no_body=1").body == ""
        head = listener.request("HEAD", f"/transactions/{endpoint}.xml?{app.by_id}")
        assert (head.status, head.body) == (200, "")


def test_authrep_counts_within_its_limits_and_authorize_counts_nothing(
    listener: RunningListener,
) -> None:
    app = listener.application("3", limits={("hits", "eternity"): 2})
    call = f"{app.by_id}&usage[child]=1"
    assert [listener.get("oauth_authorize", call).status for _ in range(3)] == [200] * 3
    answers = [listener.get("oauth_authrep", call) for _ in range(3)]
    assert [each.status for each in answers] == [200, 200, 409]
    assert [each.values["hits", "eternity"] for each in answers] == [1, 2, 2]
    assert listener.counted(app) == 2
