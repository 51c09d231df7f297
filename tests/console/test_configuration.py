"""The backends of a product, and the versions of what gateways are told about it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.catalog_data import backend as make_backend
from support.catalog_data import plan as make_plan
from support.catalog_data import product as make_product
from support.catalog_data import provider as make_provider
from support.catalog_data import use
from support.portal_pages import commands, member, record_of_changes, run, token_of

from tallygate.catalog.config_difference import Difference, differences
from tallygate.catalog.models import BackendUsage, Limit, MappingRule, ProxyConfig


@pytest.fixture
def backend(portal):
    return make_backend(portal.product.provider)


@pytest.fixture
def deployed(portal, backend):
    """The address of the configuration of a product with one version in staging."""
    use(portal.product, backend)
    base = f"/products/{portal.product.pk}/configuration"
    assert portal.client.post(f"{base}/deploy")["Location"] == base
    return base


def backends_of(portal):
    return f"/products/{portal.product.pk}/backends"


def rule(product, pattern):
    return MappingRule.objects.create(
        product=product, metric=product.hits, http_method="GET", pattern=pattern
    )


def test_a_backend_is_added_under_a_path_moved_and_removed(portal, backend):
    base = backends_of(portal)
    assert b"This product uses no backend" in portal.get(base).content
    answer = portal.client.post(f"{base}/new", {"backend": backend.pk, "path": "stock/"})
    assert answer["Location"] == base
    usage = BackendUsage.objects.get()
    assert (usage.product, usage.backend, usage.path) == (portal.product, backend, "/stock")
    portal.client.post(f"{base}/{usage.pk}", {"path": "/goods"})
    usage.refresh_from_db()
    assert usage.path == "/goods"
    plan = make_plan(portal.product, name="Other")
    Limit.objects.create(plan=plan, metric=backend.metrics.get(), period="day", value=1)
    assert b"1 limit" in portal.get(f"{base}/{usage.pk}/delete").content
    assert portal.client.post(f"{base}/{usage.pk}/delete")["Location"] == base
    assert not BackendUsage.objects.exists()
    assert record_of_changes()[0] == ("admin", "portal", "delete", "backendusage")


def test_a_path_that_is_taken_or_none_is_told(portal, backend):
    use(portal.product, backend, "/stock")
    other = make_backend(portal.product.provider, name="Other")
    path = f"{backends_of(portal)}/new"
    taken = portal.client.post(path, {"backend": other.pk, "path": "/stock"})
    assert taken.context["form"].errors["path"] == [
        "This path is already taken. Specify a different path."
    ]
    wrong = portal.client.post(path, {"path": "/a b"}).context["form"].errors
    assert wrong["backend"] == ["can't be blank"]
    assert "must be a path" in wrong["path"][0]
    again = portal.client.post(path, {"backend": backend.pk, "path": "/x"})
    assert again.context["form"].errors["backend"] == ["is invalid"]


def test_backends_of_other_providers_cannot_be_added(portal):
    foreign = make_backend(make_provider())
    answer = portal.client.post(f"{backends_of(portal)}/new", {"backend": foreign.pk, "path": "/"})
    assert answer.status_code == 422
    assert foreign.name not in answer.content.decode()
    assert not BackendUsage.objects.exists()


def test_each_page_of_backends_tells_the_call_that_does_the_same(portal, backend):
    token, base = token_of("admin"), backends_of(portal)
    typed = {"backend": backend.pk, "path": "/stock", "as_curl": "1"}
    (create,) = commands(portal.client.post(f"{base}/new", typed))
    assert run(create, token).status_code == 201
    usage = BackendUsage.objects.get()
    (update,) = commands(portal.client.post(f"{base}/{usage.pk}", {"path": "/x", "as_curl": "1"}))
    assert run(update, token).json()["backend_usage"]["path"] == "/x"
    (listed,) = commands(portal.get(base))
    assert len(run(listed, token).json()) == 1
    (delete,) = commands(portal.get(f"{base}/{usage.pk}/delete"))
    assert run(delete, token).status_code == 200


def test_staging_is_made_anew_when_something_has_changed(portal, deployed):
    assert b"Up to date" in portal.get(deployed).content
    rule(portal.product, "/new")
    page = portal.get(deployed).content.decode()
    assert ">1 change</a>" in page
    portal.client.post(f"{deployed}/deploy")
    assert b"Version 2 is in staging" in portal.get(deployed).content
    portal.client.post(f"{deployed}/deploy")
    assert b"Nothing has changed" in portal.get(deployed).content
    versions = ProxyConfig.objects.values_list("version", "environment")
    assert list(versions) == [(1, "sandbox"), (2, "sandbox")]
    assert ("admin", "portal", "create", "proxyconfig") in record_of_changes()


def test_a_version_is_promoted_once(portal, deployed):
    assert b"Promote version 1" in portal.get(deployed).content
    portal.client.post(f"{deployed}/promote", {"version": "1"})
    page = portal.get(deployed).content.decode()
    assert "Version 1 is in production" in page
    assert "The same as staging" in page
    portal.client.post(f"{deployed}/promote", {"version": "1"})
    assert b"Version has already been taken" in portal.get(deployed).content
    for nonsense in ("2", "x", "", "9" * 30):
        assert portal.client.post(f"{deployed}/promote", {"version": nonsense}).status_code == 404


def test_a_product_without_a_backend_is_told_what_is_missing(portal):
    base = f"/products/{portal.product.pk}/configuration"
    assert b"once it uses a backend" in portal.get(base).content
    portal.client.post(f"{base}/deploy")
    assert b"There is nothing to deploy" in portal.get(base).content
    assert portal.get(f"{base}/compare").status_code == 200


def test_two_versions_are_compared_rule_by_rule(portal, deployed):
    first = ProxyConfig.objects.get()
    made = rule(portal.product, "/new")
    gone = portal.product.mapping_rules.get(pattern="/")
    gone_id = gone.pk
    gone.delete()
    proxy = portal.product.proxy
    proxy.error_status_no_match = 410
    proxy.save()
    portal.client.post(f"{deployed}/deploy")
    second = ProxyConfig.objects.get(version=2)
    answer = portal.get(f"{deployed}/compare", **{"from": str(first.pk), "to": str(second.pk)})
    found = {each.what: each for each in answer.context["differences"]}
    assert found == {
        "proxy.error_status_no_match": Difference("proxy.error_status_no_match", "404", "410"),
        f"Mapping rule {made.pk}": Difference(f"Mapping rule {made.pk}", None, "GET /new adds 1 to hits"),
        f"Mapping rule {gone_id}": Difference(f"Mapping rule {gone_id}", "GET / adds 1 to hits", None),
    }  # fmt: skip
    kinds = {what: each.kind for what, each in found.items()}
    assert sorted(kinds.values()) == ["added", "changed", "removed"]
    assert not portal.get(f"{deployed}/compare", **{"from": str(second.pk)}).context["differences"]
    nothing = portal.get(f"{deployed}/compare", **{"from": "nonsense"})
    assert all(each.before is None for each in nothing.context["differences"])


def test_a_version_is_shown_as_gateways_read_it(portal, deployed):
    config = ProxyConfig.objects.get()
    page = portal.get(f"{deployed}/{config.pk}").content.decode()
    assert "&quot;proxy_rules&quot;" in page
    other = make_product(portal.product.provider, name="Other")
    assert portal.get(f"/products/{other.pk}/configuration/{config.pk}").status_code == 404


def test_the_pages_of_versions_tell_calls_that_work(portal, deployed):
    token, config = token_of("admin"), ProxyConfig.objects.get()
    for path in (deployed, f"{deployed}/{config.pk}", f"{deployed}/compare?from={config.pk}"):
        told = commands(portal.get(path))
        assert told, path
        for command in told:
            assert run(command, token).status_code in (200, 201), command
    assert ProxyConfig.objects.filter(environment="production").count() == 1


def test_members_may_what_the_policy_says(portal, deployed):
    client = member(portal, "monitoring")
    page = client.get(deployed)
    assert page.status_code == 200
    assert b"Update staging" not in page.content
    assert b"Promote version" not in page.content
    for path in (f"{deployed}/deploy", f"{deployed}/promote"):
        assert client.post(path, {"version": "1"}).status_code == 403
    assert client.get(f"{deployed}/deploy").status_code == 405
    base = backends_of(portal)
    assert client.get(base).status_code == 200
    usage = BackendUsage.objects.get()
    for path in (f"{base}/new", f"{base}/{usage.pk}", f"{base}/{usage.pk}/delete"):
        assert client.get(path).status_code == 403
        assert client.post(path, {"path": "/x"}).status_code == 403
    hidden = member(portal, "plans", products=[])
    for path in (deployed, f"{deployed}/compare", base):
        assert hidden.get(path).status_code == 404


def test_the_pages_take_as_many_statements_for_many_as_for_few(portal, deployed):
    def statements(path):
        with CaptureQueriesContext(connection) as captured:
            assert portal.get(path).status_code == 200
        return len(captured)

    pages = [deployed, f"{deployed}/compare?from=1", backends_of(portal)]
    portal.client.post(f"{deployed}/promote", {"version": "1"})
    few = [statements(path) for path in pages]
    for number in range(30):
        rule(portal.product, f"/r{number}")
        other = make_backend(portal.product.provider, name=f"B{number}")
        use(portal.product, other, f"/b{number}")
        portal.client.post(f"{deployed}/deploy")
    assert [statements(path) for path in pages] == few
    assert max(few) <= 20


def test_differences_of_nothing_and_the_same_are_none():
    content = {
        "id": 1,
        "proxy": {"proxy_rules": [], "policy_chain": [{"name": "a"}, {"name": "a"}]},
    }
    assert differences(None, None) == []
    assert differences(content, dict(content)) == []
    assert [each.what for each in differences(None, content)] == ["id", "Policy a", "Policy a (2)"]


def test_an_inserted_rule_is_one_difference_and_another_order_is_one():
    def content(*ids):
        return {"proxy": {"proxy_rules": [{"id": each, "pattern": f"/{each}"} for each in ids]}}

    told = differences(content(1, 2, 3), content(9, 1, 2, 3))
    assert [(each.what, each.kind) for each in told] == [("Mapping rule 9", "added")]
    told = differences(content(1, 2, 3), content(3, 1, 2))
    assert told == [Difference("Order of mapping rules", "1, 2, 3", "3, 1, 2")]
