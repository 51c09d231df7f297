"""What the commands of a home ask of its console."""

import pytest
from support.analytics_site import AnalyticsSite, utc_s

from tallygate.domain.errors import HistoryUnavailable
from tallygate.settings import Settings, load_secrets
from tallygate.web import runtime


@pytest.fixture
def bearer(catalog: Settings) -> dict[str, str]:
    """The header that lets a command in."""
    return {"Authorization": f"Bearer {load_secrets(catalog.home).internal_token}"}


def test_verify_tells_every_difference(site: AnalyticsSite, bearer: dict[str, str]) -> None:
    site.hit("2020-03-18 01:00")
    answer = site.client.post("/internal/verify", headers=bearer)
    assert (answer.status_code, answer.json()) == (200, {"differences": []})
    t = utc_s("2020-03-18 02:15")
    runtime.history()._engine.insert("history.usage_quarter", [("m:1", "2", "", t, 5)])
    assert site.client.post("/internal/verify", headers=bearer).json() == {
        "differences": [
            {
                "table": "history.usage_quarter",
                "series": "m:1",
                "product": "2",
                "application": "",
                "t": t,
                "expected": 0,
                "found": 5,
            }
        ]
    }


def test_the_rows_of_a_product_are_told(site: AnalyticsSite, bearer: dict[str, str]) -> None:
    """Also of one that exists nowhere but in the history."""
    site.hit("2020-03-18 01:00")
    for product, count in ((site.product.service_id, 1), ("elsewhere", 0)):
        answer = site.client.post(
            "/internal/rows", {"product": product}, "application/json", headers=bearer
        )
        assert (answer.status_code, answer.json()["rows"]["history.raw"]) == (200, count)
        assert list(answer.json()["rows"]) == [
            "history.raw",
            "history.usage_minute",
            "history.usage_quarter",
        ]


def test_the_rows_of_nothing_are_not_told(site: AnalyticsSite, bearer: dict[str, str]) -> None:
    answer = site.client.post("/internal/rows", {}, "application/json", headers=bearer)
    assert (answer.status_code, "product" in answer.json()["error"]) == (400, True)


def usage_asked(site: AnalyticsSite, **given: object) -> dict[str, object]:
    """A question for the usage of the site's application, as the listener asks it."""
    return {
        "product": site.product.service_id,
        "application": site.application.application_id,
        "metric": str(site.product.hits.pk),
        "codes": None,
        "now_s": site.clock.now_s(),
        "window": {"period": "day", "since": "2020-03-18"},
        **given,
    }


def test_usage_is_told_in_the_providers_zone_unless_another_is_named(
    site: AnalyticsSite, bearer: dict[str, str]
) -> None:
    site.provider.time_zone = "Asia/Tokyo"
    site.provider.save()
    site.hit("2020-03-17 15:00", "2020-03-18 14:59", "2020-03-18 15:00")

    def ask(**given: object) -> tuple[str, int]:
        asked = usage_asked(site, **given)
        answer = site.client.post("/internal/usage", asked, "application/json", headers=bearer)
        assert answer.status_code == 200
        return answer.json()["period"]["timezone"], answer.json()["total"]

    assert ask() == ("Asia/Tokyo", 2)
    window = {"period": "day", "since": "2020-03-18", "timezone": "Etc/UTC"}
    assert ask(window=window) == ("Etc/UTC", 2)
    for unknown in ("elsewhere", "0", "007", "9" * 30, "²"):
        assert ask(product=unknown, application=None) == ("Etc/UTC", 0)


@pytest.mark.parametrize(
    "given", [{"window": {"period": "decade"}}, {"window": {}}, {"now_s": "now"}, {"window": 5}]
)
def test_a_question_that_makes_no_sense_is_told(
    site: AnalyticsSite, bearer: dict[str, str], given: dict[str, object]
) -> None:
    asked = usage_asked(site, **given)
    answer = site.client.post("/internal/usage", asked, "application/json", headers=bearer)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", "Bearer é", "Basic eDp5"])
def test_without_the_homes_token_nothing_is_told(site: AnalyticsSite, given: str) -> None:
    for path in ("verify", "rows", "usage"):
        answer = site.client.post(f"/internal/{path}", headers={"Authorization": given})
        assert (answer.status_code, answer.json()) == (403, {"error": "Access denied"})


def test_verify_is_not_a_get(site: AnalyticsSite, bearer: dict[str, str]) -> None:
    assert site.client.get("/internal/verify", headers=bearer).status_code == 405


def test_without_the_history_verify_is_503_with_the_reason(
    site: AnalyticsSite, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise HistoryUnavailable("the disk is full")

    monkeypatch.setattr(runtime, "history", gone)
    answer = site.client.post("/internal/verify", headers=bearer)
    assert (answer.status_code, answer.json()) == (503, {"error": "the disk is full"})
