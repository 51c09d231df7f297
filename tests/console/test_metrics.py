"""Methods & Metrics of products and of backends."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from support.catalog_data import backend as make_backend
from support.catalog_data import method as make_method
from support.catalog_data import provider as make_provider
from support.catalog_data import use
from support.portal_pages import commands, member, record_of_changes, run, token_of

from tallygate.catalog.deployment import deploy
from tallygate.catalog.models import Limit, MappingRule, Metric


@pytest.fixture(params=["product", "backend"])
def owner(request, portal):
    """The product, or a backend that it uses."""
    backend = make_backend(portal.product.provider)
    use(portal.product, backend, "/stock")
    return portal.product if request.param == "product" else backend


def path_of(owner):
    return f"/{owner._meta.model_name}s/{owner.pk}/metrics"


def hits(owner):
    return next(metric for metric in owner.metrics.filter(parent=None) if metric.is_hits)


def test_a_metric_is_created_with_its_unit(portal, owner):
    given = {"friendly_name": "Bytes sent", "unit": "byte", "description": "On the wire"}
    assert portal.client.post(f"{path_of(owner)}/new", given)["Location"] == path_of(owner)
    made = owner.metrics.get(friendly_name="Bytes sent")
    assert (made.own_name, made.unit, made.description) == ("bytes_sent", "byte", "On the wire")
    assert not made.is_method
    assert record_of_changes()[0] == ("admin", "portal", "create", "metric")


def test_a_method_is_created_under_hits_and_counts_in_its_unit(portal, owner):
    given = {"friendly_name": "List orders", "system_name": "orders/list"}
    assert portal.client.post(f"{path_of(owner)}/new-method", given).status_code == 302
    made = owner.metrics.get(friendly_name="List orders")
    assert (made.parent, made.own_name, made.unit) == (hits(owner), "orders/list", "hit")


def test_what_is_wrong_is_told_beside_the_field(portal, owner):
    make_method(owner, "Orders")
    path = f"{path_of(owner)}/new"
    wrong = portal.client.post(path, {"friendly_name": "Orders", "system_name": "a b"})
    assert wrong.status_code == 422
    errors = wrong.context["form"].errors
    assert errors["friendly_name"] == ["has already been taken"]
    assert errors["unit"] == ["can't be blank"]
    assert "two or more letters" in errors["system_name"][0]
    checked = portal.client.post(path, {"friendly_name": "x", "system_name": "orders", "check": "system_name"})  # fmt: skip
    assert b"System name has already been taken" in checked.content


def test_names_units_and_descriptions_change_and_system_names_do_not(portal, owner):
    method = make_method(owner, "Orders")
    answer = portal.client.post(
        f"{path_of(owner)}/{hits(owner).pk}/edit",
        {"friendly_name": "Calls", "unit": "call", "system_name": "other"},
    )
    assert answer.status_code == 302
    method.refresh_from_db()
    assert method.unit == "call"
    assert owner.metrics.get(friendly_name="Calls").own_name == "hits"
    page = portal.get(f"{path_of(owner)}/{method.pk}/edit").content.decode()
    assert 'value="orders"' in page, "without the suffix that only the protocols see"


def test_a_metric_goes_with_what_depends_on_it_after_a_question(portal):
    method = make_method(portal.product)
    plan = portal.product.application_plans.get()
    Limit.objects.create(plan=plan, metric=method, period="day", value=5)
    MappingRule.objects.create(
        product=portal.product, metric=method, http_method="GET", pattern="/x"
    )
    path = f"{path_of(portal.product)}/{method.pk}/delete"
    question = portal.get(path).content.decode()
    assert "1 limit" in question
    assert "1 mapping rule" in question
    assert portal.client.post(path)["Location"] == path_of(portal.product)
    assert not Metric.objects.filter(pk=method.pk).exists()


def test_hits_and_what_gateways_count_on_stay_and_the_question_says_why(portal, owner):
    kept = portal.get(f"{path_of(owner)}/{hits(owner).pk}/delete")
    assert b"The Hits metric cannot be deleted" in kept.content
    assert b"button danger" not in kept.content
    method = make_method(owner)
    kind = owner._meta.model_name
    MappingRule.objects.create(**{kind: owner}, metric=method, http_method="GET", pattern="/x")
    deploy(portal.product, "http://listener", None)
    path = f"{path_of(owner)}/{method.pk}/delete"
    assert b"Method is used by the latest gateway configuration" in portal.get(path).content
    assert portal.client.post(path).status_code == 409
    assert Metric.objects.filter(pk=method.pk).exists()


def test_the_list_is_narrowed_sorted_and_says_what_counts_on_what(portal, owner):
    method = make_method(owner, "Orders")
    kind = owner._meta.model_name
    Metric.objects.create(**{kind: owner}, friendly_name="Bytes", unit="byte")
    MappingRule.objects.create(**{kind: owner}, metric=method, http_method="GET", pattern="/x")

    def names(**query):
        rows = portal.get(path_of(owner), **query).context["listing"].rows
        return [row.metric.friendly_name for row in rows]

    assert names() == ["Hits", "Orders", "Bytes"]
    assert names(kind="method") == ["Orders"]
    assert names(kind="metric", sort="name") == ["Bytes", "Hits"]
    assert names(sort="-rules")[0] == "Orders"
    assert names(q="ord") == ["Orders"]
    page = portal.get(path_of(owner)).content.decode()
    assert f"/rules?metric={method.pk}" in page
    assert "3 metrics and methods" in page


def test_each_page_tells_the_call_that_does_the_same(portal, owner):
    token = token_of("admin")

    def told(path, **typed):
        given = typed and portal.client.post(path, typed | {"as_curl": "1"})
        (command,) = commands(given or portal.get(path))
        return run(command, token)

    base = path_of(owner)
    assert told(f"{base}/new", friendly_name="Bytes", unit="byte").status_code == 201
    assert told(f"{base}/new-method", friendly_name="Orders").status_code == 201
    metric = owner.metrics.get(friendly_name="Bytes")
    method = owner.metrics.get(friendly_name="Orders")
    assert method.is_method
    assert told(f"{base}/{metric.pk}/edit", friendly_name="Octets", unit="octet").status_code == 200
    assert told(f"{base}/{method.pk}/edit", friendly_name="Purchases").status_code == 200
    metric.refresh_from_db()
    assert (metric.friendly_name, metric.unit) == ("Octets", "octet")
    assert len(told(base).json()["metrics"]) == 3
    for one in (metric, method):
        assert told(f"{base}/{one.pk}/delete").status_code == 200
    assert owner.metrics.count() == 1


def test_members_may_what_the_policy_says(portal, owner):
    method = make_method(owner)
    base = path_of(owner)
    changing = [f"{base}/new", f"{base}/new-method", f"{base}/{method.pk}/edit", f"{base}/{method.pk}/delete"]  # fmt: skip
    for sections, sees, changes in ((("plans",), 200, 200), (("partners",), 200, 403), ((), 403, 403)):  # fmt: skip
        client = member(portal, *sections)
        page = client.get(base)
        assert page.status_code == sees
        assert (b"Create a method" in page.content) == (changes == 200)
        for path in changing:
            assert client.get(path).status_code == changes, (sections, path)
            if changes == 403:
                assert client.post(path, {"friendly_name": "x"}).status_code == 403


def test_metrics_of_another_owner_and_of_other_providers_do_not_exist(portal, owner):
    foreign = make_backend(make_provider())
    theirs = foreign.metrics.get()
    assert portal.get(path_of(foreign)).status_code == 404
    for page in ("edit", "delete"):
        assert portal.get(f"{path_of(owner)}/{theirs.pk}/{page}").status_code == 404
        assert portal.get(f"{path_of(foreign)}/{theirs.pk}/{page}").status_code == 404


def test_500_metrics_take_as_many_statements_as_two(portal, owner):
    def statements(path):
        with CaptureQueriesContext(connection) as captured:
            assert portal.get(path).status_code == 200
        return len(captured)

    parent, kind = hits(owner), owner._meta.model_name
    pages = [path_of(owner), path_of(owner).replace("metrics", "rules/new")]
    few = [statements(path) for path in pages]
    with transaction.atomic():
        for number in range(500):
            Metric.objects.create(**{kind: owner}, parent=parent, friendly_name=f"M {number}")
    assert [statements(path) for path in pages] == few
    assert max(few) <= 9
