"""Mapping rules of products and of backends, their order, and the box in which requests are tried."""

import random

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from support.catalog_data import backend as make_backend
from support.catalog_data import method as make_method
from support.catalog_data import provider as make_provider
from support.catalog_data import use
from support.portal_pages import commands, member, record_of_changes, run, token_of

from tallygate.catalog import rule_sets
from tallygate.catalog.models import MappingRule
from tallygate.commands.catalog import rules_of
from tallygate.console.trying import REFUSED, TOO_LONG


@pytest.fixture
def backend(portal):
    made = make_backend(portal.product.provider)
    use(portal.product, made, "/stock")
    return made


@pytest.fixture(params=["product", "backend"])
def owner(request, portal, backend):
    return portal.product if request.param == "product" else backend


def path_of(owner):
    return f"/{owner._meta.model_name}s/{owner.pk}/rules"


def rule(owner, pattern, metric=None, **values):
    counted = metric or owner.metrics.filter(parent=None).first()
    given = {"http_method": "GET", "pattern": pattern, "metric": counted, **values}
    return MappingRule.objects.create(**{owner._meta.model_name: owner}, **given)


def patterns(owner):
    return [each.pattern for each in owner.mapping_rules.all()]


def test_a_rule_is_created_at_the_end(portal, owner):
    method = make_method(owner)
    before = owner.mapping_rules.count()
    given = {"http_method": "POST", "pattern": "/orders", "metric": method.pk, "delta": "2", "last": "on"}  # fmt: skip
    assert portal.client.post(f"{path_of(owner)}/new", given)["Location"] == path_of(owner)
    made = owner.mapping_rules.get(pattern="/orders")
    assert (made.http_method, made.metric, made.delta, made.last) == ("POST", method, 2, True)
    assert made.position == before + 1
    assert record_of_changes()[0] == ("admin", "portal", "create", "mappingrule")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("pattern", "orders", "is invalid"),
        ("pattern", "", "can't be blank"),
        ("pattern", "/{a}/{a}", "Can't have repeated variable names"),
        ("delta", "0", "must be greater than or equal to 1"),
        ("delta", "x", "is not a number"),
        ("delta", "", "can't be blank"),
        ("http_method", "ANY", "is invalid"),
        ("metric", "999999", "is invalid"),
        ("metric", "", "can't be blank"),
        ("position", "-1", "must be greater than or equal to 0"),
    ],
)
def test_what_is_wrong_is_told_beside_the_field(portal, owner, field, value, said):
    hits = owner.metrics.filter(parent=None).first()
    given = {"http_method": "GET", "pattern": "/x", "metric": hits.pk, "delta": "1"} | {field: value}  # fmt: skip
    answer = portal.client.post(f"{path_of(owner)}/new", given)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field] == [said]
    assert not owner.mapping_rules.filter(pattern="/x").exists()


def test_a_metric_of_another_owner_cannot_be_chosen(portal, owner, backend):
    other = backend if owner == portal.product else portal.product
    theirs = other.metrics.filter(parent=None).first()
    given = {"http_method": "GET", "pattern": "/x", "metric": theirs.pk, "delta": "1"}
    assert portal.client.post(f"{path_of(owner)}/new", given).status_code == 422


def test_a_rule_is_changed_moved_and_deleted(portal, owner):
    owner.mapping_rules.all().delete()
    rules = [rule(owner, f"/{name}") for name in "abcd"]
    base = path_of(owner)

    def move(which, position):
        return portal.client.post(f"{base}/{which.pk}/move", {"position": position})

    assert move(rules[3], "1")["Location"] == base
    assert patterns(owner) == ["/d", "/a", "/b", "/c"]
    move(rules[3], "2")
    assert patterns(owner) == ["/a", "/d", "/b", "/c"]
    move(rules[0], "99")
    assert patterns(owner) == ["/d", "/b", "/c", "/a"]
    for nonsense in ("", "x", "-1", "0", "9" * 30):
        move(rules[0], nonsense)
        assert patterns(owner) == ["/d", "/b", "/c", "/a"]
    assert record_of_changes()[0] == ("admin", "portal", "update", "mappingrule")

    edit = {"http_method": "PUT", "pattern": "/e", "metric": rules[1].metric_id, "delta": "3", "position": "1"}  # fmt: skip
    assert portal.client.post(f"{base}/{rules[1].pk}/edit", edit).status_code == 302
    assert patterns(owner) == ["/e", "/d", "/c", "/a"]
    assert b"Delete the mapping rule PUT /e?" in portal.get(f"{base}/{rules[1].pk}/delete").content
    assert portal.client.post(f"{base}/{rules[1].pk}/delete")["Location"] == base
    assert list(owner.mapping_rules.values_list("position", flat=True)) == [1, 2, 3]


def test_rules_are_moved_only_while_they_stand_in_their_order(portal, owner):
    made = rule(owner, "/a")
    for query in ({"sort": "pattern"}, {"q": "/a"}, {"metric": str(made.metric_id)}, {"verb": "GET"}):  # fmt: skip
        assert b"data-grip" not in portal.get(path_of(owner), **query).content, query
    assert b"data-grip" in portal.get(path_of(owner)).content


def test_the_list_can_be_narrowed_to_a_metric(portal, owner):
    method = make_method(owner)
    rule(owner, "/orders", method)
    rule(owner, "/other")
    shown = portal.get(path_of(owner), metric=str(method.pk)).context["listing"].rows
    assert [row.rule.pattern for row in shown] == ["/orders"]
    all_of_them = portal.get(path_of(owner), metric="nonsense").context["listing"].rows
    assert len(all_of_them) == owner.mapping_rules.count()


def test_each_page_tells_the_call_that_does_the_same(portal, owner):
    token = token_of("admin")
    base = path_of(owner)
    hits = owner.metrics.filter(parent=None).first()
    typed = {"http_method": "POST", "pattern": "/a b", "metric": hits.pk, "delta": "2", "last": "on"}  # fmt: skip
    typed["pattern"] = "/v1/{word}.json?a=b"
    (create,) = commands(portal.client.post(f"{base}/new", typed | {"as_curl": "1"}))
    assert run(create, token).status_code == 201
    made = owner.mapping_rules.get(pattern=typed["pattern"])
    assert (made.http_method, made.metric, made.delta, made.last) == ("POST", hits, 2, True)
    changed = typed | {"pattern": "/v2", "position": "1"}
    (update,) = commands(portal.client.post(f"{base}/{made.pk}/edit", changed | {"as_curl": "1"}))
    assert run(update, token).status_code == 200
    made.refresh_from_db()
    assert (made.pattern, made.position) == ("/v2", 1)
    (listed,) = commands(portal.get(base))
    assert len(run(listed, token).json()["mapping_rules"]) == owner.mapping_rules.count()
    (delete,) = commands(portal.get(f"{base}/{made.pk}/delete"))
    assert run(delete, token).status_code == 200


def test_members_may_what_the_policy_says(portal, owner):
    made = rule(owner, "/a")
    base = path_of(owner)
    client = member(portal, "partners")
    page = client.get(base)
    assert page.status_code == 200
    assert b"data-grip" not in page.content
    assert client.get(f"{base}/try", {"url": "/"}).status_code == 200
    for path in (f"{base}/new", f"{base}/{made.pk}/edit", f"{base}/{made.pk}/delete"):
        assert client.get(path).status_code == 403
    assert client.post(f"{base}/{made.pk}/move", {"position": "1"}).status_code == 403
    assert member(portal).get(base).status_code == 403
    assert member(portal).get(f"{base}/try").status_code == 403
    foreign = make_backend(make_provider())
    theirs = rule(foreign, "/theirs")
    for path in (f"{path_of(foreign)}", f"{path_of(foreign)}/try", f"{base}/{theirs.pk}/edit"):
        assert portal.get(path).status_code == 404


def tried(portal, owner, url, verb="GET"):
    return portal.get(f"{path_of(owner)}/try", verb=verb, url=url).context["tried"]


def counted(found):
    return {each.metric.system_name: (each.own, each.total) for each in found.counted}


def test_a_request_is_tried_against_the_product_and_its_backends_together(portal, backend):
    product = portal.product
    orders = make_method(backend, "Orders")
    rule(product, "/stock/special", product.hits, delta=5)
    rule(backend, "/orders", orders, delta=2)
    rule(backend, "/orders/{id}$", backend.metrics.get(parent=None))
    found = tried(portal, product, "https://api.example.com/stock/orders/7?x=1#top")
    assert [(each.pattern, each.owner) for each in found.matched] == [
        ("/", "API"),
        ("/stock/orders", "Stock"),
        ("/stock/orders/{id}$", "Stock"),
    ]
    assert found.backend == backend
    assert counted(found) == {
        "hits": (1, 4),
        f"hits.{backend.pk}": (1, 3),
        f"orders.{backend.pk}": (2, 2),
    }
    assert found.twice
    assert counted(tried(portal, product, "/stock/special")) == {"hits": (6, 6)}
    assert not tried(portal, product, "/stock/special").twice


def test_a_backend_is_tried_alone_by_its_own_paths(portal, backend):
    orders = make_method(backend, "Orders")
    rule(backend, "/orders", orders)
    assert counted(tried(portal, backend, "/orders")) == {
        f"hits.{backend.pk}": (0, 1),
        f"orders.{backend.pk}": (1, 1),
    }
    assert not tried(portal, backend, "/stock/orders").matched


def test_a_last_rule_ends_the_matching(portal, backend):
    rule(backend, "/orders")
    rule(portal.product, "/stock", last=True, position=1)
    found = tried(portal, portal.product, "/stock/orders")
    assert [each.rule.pattern for each in found.matched] == ["/stock"]
    assert b"Last" in portal.get(f"{path_of(portal.product)}/try", url="/stock/orders").content


def test_a_request_that_nothing_matches_is_told_what_a_gateway_answers(portal):
    page = portal.get(f"{path_of(portal.product)}/try", verb="DELETE", url="/x")
    assert page.context["tried"].matched == ()
    assert b"404 No Mapping Rule matched" in page.content


@pytest.mark.parametrize("url", ["orders", "/%zz", "/../x", "/%00", "\0", "a:b"])
def test_what_is_no_target_is_told_to_be_none(portal, url):
    assert tried(portal, portal.product, url).problem == REFUSED


def test_odd_requests_are_tried_without_an_error(portal):
    for url in ("/" + "x" * 8000, "/ü/ö?ü=ö", "/<script>", "/a b", "//", "/;a=b", "/?" + "&" * 500):
        assert tried(portal, portal.product, url).problem == "", url
    assert tried(portal, portal.product, "/" + "x" * 9000).problem == TOO_LONG
    assert tried(portal, portal.product, "/", verb="<b>").matched == ()
    assert b"<script>" not in portal.get(f"{path_of(portal.product)}/try", url="/<script>").content
    assert portal.get(f"{path_of(portal.product)}/try").context["tried"] is None


def test_the_box_says_what_the_import_of_access_logs_counts(portal, backend):
    """At random: both go through the same rules, and the box adds names."""
    product, chance = portal.product, random.Random(7)
    parts = ["", "a", "b", "{x}", "a.json", "b$"]
    for _ in range(30):
        owner = chance.choice([product, backend])
        pattern = "/" + "/".join(filter(None, chance.choices(parts, k=3))).replace("$/", "/")
        if pattern.count("{x}") < 2:
            rule(owner, pattern, delta=chance.randint(1, 9), last=chance.random() < 0.1)
    imported = rules_of(product.pk)
    for _ in range(60):
        url = "/" + "/".join(chance.choices(["a", "b", "stock", "a.json", "c"], k=3))
        usage = imported.match("GET", url).usage()
        found = tried(portal, product, url)
        assert {each.metric.system_name: each.own for each in found.counted if each.own} == usage
    assert rule_sets.of_product(product).match("GET", "/a").usage() == imported.match("GET", "/a").usage()  # fmt: skip


def test_pages_of_rules_take_as_many_statements_for_many_as_for_few(portal, owner):
    def statements(path):
        with CaptureQueriesContext(connection) as captured:
            assert portal.get(path).status_code == 200
        return len(captured)

    rule(owner, "/a")
    pages = [path_of(owner), f"{path_of(owner)}/try?url=/a"]
    few = [statements(path) for path in pages]
    with transaction.atomic():
        for number in range(60):
            rule(owner, f"/a{number}")
    assert [statements(path) for path in pages] == few
    assert max(few) <= 13
