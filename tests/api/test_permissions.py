"""Who may ask what: every kind of caller x every report x every format x every product and what belongs to it."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.http import HttpResponse
from support import catalog_data
from support.analytics_site import AnalyticsSite

from tallygate.api import urls as stats_urls
from tallygate.api.stats import FORMATS
from tallygate.api.v1 import urls as v1_urls
from tallygate.api.v1.answers import FORMS
from tallygate.catalog.models import Application, Backend, Product, Provider, User

WINDOW = {"metric_name": "hits", "response_code": "200", "period": "day", "since": "2020-03-18"}


@dataclass
class World:
    """Two products of the provider and one of another's, each with an application and traffic of its own."""

    site: AnalyticsSite
    products: dict[str, Product]
    applications: dict[str, Application]
    backends: dict[str, Backend]


@pytest.fixture
def world(site: AnalyticsSite) -> World:
    other = Provider.objects.create(name="Other")
    products = {
        "given": site.product,
        "not given": catalog_data.product(site.provider, name="Hidden"),
        "another's": catalog_data.product(other, name="Theirs"),
    }
    applications = {
        name: site.application
        if product == site.product
        else catalog_data.application(catalog_data.plan(product))
        for name, product in products.items()
    }
    for value, (name, product) in enumerate(products.items(), 1):
        site.hit("2020-03-18 01:00", application=applications[name], metric=product.hits, value=10**value, code=200)  # fmt: skip
    backends = {"given": catalog_data.backend(site.provider), "another's": catalog_data.backend(other)}  # fmt: skip
    return World(site, products, applications, backends)


def member(site: AnalyticsSite, *sections: str, products: list[int] | None = None) -> User:
    return site.person("member", allowed_sections=list(sections), allowed_product_ids=products)


CALLERS: dict[str, tuple[Callable[[World], dict[str, str]], set[str]]] = {
    "nobody": (lambda world: {"access_token": ""}, set()),
    "a wrong key": (lambda world: {"provider_key": "wrong"}, set()),
    "the provider key": (
        lambda world: {"provider_key": world.site.provider.provider_key},
        {"given", "not given"},
    ),
    "another provider's key": (
        lambda world: {"provider_key": world.products["another's"].provider.provider_key},
        {"another's"},
    ),
    "an admin": (lambda world: {"access_token": world.site.token}, {"given", "not given"}),
    "an admin's token of another scope": (
        lambda world: {"access_token": world.site.issue(world.site.user, "account_management")},
        set(),
    ),
    "a member with analytics": (
        lambda world: {"access_token": world.site.issue(member(world.site, "monitoring"))},
        {"given", "not given"},
    ),
    "a member with analytics of one product": (
        lambda world: {
            "access_token": world.site.issue(
                member(world.site, "monitoring", products=[world.site.product.pk])
            )
        },
        {"given"},
    ),
    "a member with everything but analytics": (
        lambda world: {
            "access_token": world.site.issue(
                member(world.site, "portal", "finance", "settings", "partners", "plans", "policy_registry")
            )
        },
        set(),
    ),
}  # fmt: skip
"""How they call, and of which products they may learn."""
MAY_NOTHING = {name for name, (_, seen) in CALLERS.items() if not seen}
every_caller = pytest.mark.parametrize("caller", CALLERS)


def reports(kind: str) -> list[str]:
    """Of the family that 3scale has: the names of those there are of products, applications or backends."""
    paths = (str(pattern.pattern) for pattern in stats_urls.urlpatterns)
    return [path.split("/")[-1].removesuffix(".<form>") for path in paths if path.startswith(kind)]


@every_caller
@pytest.mark.parametrize("form", FORMATS)
def test_every_report_of_3scales_family_is_for_who_may_see_its_product(
    world: World, caller: str, form: str
) -> None:
    how, seen = CALLERS[caller]
    credentials = how(world)
    for name, product in world.products.items():
        of_application = f"applications/{world.applications[name].pk}"
        for path, kind in ((f"services/{product.pk}", "services"), (of_application, "applications")):  # fmt: skip
            for report in reports(kind):
                answer = world.site.client.get(f"/stats/{path}/{report}.{form}", WINDOW | credentials)  # fmt: skip
                if name in seen:
                    expected = {200}
                elif caller in MAY_NOTHING:
                    expected = {403}
                else:
                    expected = {403, 404}
                assert answer.status_code in expected, (name, path, report)
                assert name in seen or str(product.name) not in answer.content.decode()


@every_caller
@pytest.mark.parametrize("form", FORMATS)
def test_every_report_of_a_backend_is_for_who_may_see_analytics_of_its_provider(
    world: World, caller: str, form: str
) -> None:
    how, seen = CALLERS[caller]
    credentials = how(world)
    for name, backend in world.backends.items():
        allowed = name in seen or (name == "given" and "not given" in seen)
        for report in reports("backend_apis"):
            answer = world.site.client.get(
                f"/stats/backend_apis/{backend.pk}/{report}.{form}", WINDOW | credentials
            )
            refused = {403} if caller in MAY_NOTHING else {404}
            assert answer.status_code in ({200} if allowed else refused)


def told(answer: HttpResponse) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@every_caller
@pytest.mark.parametrize("form", FORMS)
def test_every_report_of_v1_is_for_who_may_see_its_product(
    world: World, caller: str, form: str
) -> None:
    """Named in any way; what may not be seen is answered like what does not exist."""
    how, seen = CALLERS[caller]
    credentials = how(world)
    for report in v1_urls.PARAMETERS:
        given = {"format": form, **({"by": "hour"} if report == "averages" else {}), **credentials}

        def ask(report: str = report, given: dict[str, str] = given, **more: object) -> HttpResponse:  # fmt: skip
            return world.site.client.get(f"/analytics/v1/{report}", given | more)

        if caller in MAY_NOTHING:
            assert ask().status_code == 403
        for name, product in world.products.items():
            application = world.applications[name]
            ways: list[dict[str, object]] = [
                {"product": product.pk},
                {"application": application.pk},
                {"plan": application.plan.pk},
            ]
            for way in ways:
                answer = ask(**way)
                if name in seen:
                    assert answer.status_code == 200
                    told(answer)
                elif caller in MAY_NOTHING:
                    assert answer.status_code == 403
                else:
                    (parameter, number), missing = *way.items(), ask(**dict.fromkeys(way, 10**9))
                    assert answer.status_code == missing.status_code == 400
                    assert answer.json() == {"error": f"{parameter} {number} not found"}


@pytest.mark.parametrize("caller", [name for name in CALLERS if name not in MAY_NOTHING])
@pytest.mark.parametrize("split", ["product", "application", "account", "plan", "class", "method"])
def test_totals_and_lines_have_nothing_of_what_may_not_be_seen(
    world: World, caller: str, split: str
) -> None:
    how, seen = CALLERS[caller]
    answer = world.site.client.get("/analytics/v1/usage", {"last": "1d", "split": split, **how(world)})  # fmt: skip
    allowed = [n for n, name in enumerate(world.products, 1) if name in seen]
    expected = len(allowed) if split == "class" else sum(10**n for n in allowed)
    assert sum(line["total"] for line in answer.json()["lines"]) == expected
    assert sum(line["total"] for line in answer.json()["totals"]) == expected


def test_of_a_backend_a_member_learns_what_was_counted_in_their_products(world: World) -> None:
    backend = world.backends["given"]
    for value, name in ((3, "given"), (40, "not given")):
        world.site.hit("2020-03-18 02:00", metric=backend.metrics.get(), application=world.applications[name], value=value)  # fmt: skip
    for caller, expected in (("an admin", 43), ("a member with analytics of one product", 3)):
        given = {"last": "1d", "backend": backend.pk, "split": "application"}
        answer = world.site.client.get("/analytics/v1/usage", given | CALLERS[caller][0](world))
        body = answer.json()
        assert body["totals"][0]["total"] == expected
        assert sum(line["total"] for line in body["lines"]) == expected


def test_cookies_of_the_portal_open_neither_family(world: World) -> None:
    client = world.site.client
    client.force_login(world.site.user)
    number = world.site.product.pk
    assert client.get(f"/stats/services/{number}/usage.json", WINDOW).status_code == 403
    for report in v1_urls.PARAMETERS:
        assert client.get(f"/analytics/v1/{report}").status_code == 403
