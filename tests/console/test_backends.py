"""The pages of backends, and with them what all forms, lists and questions of the portal do."""

import pytest
from django.db import transaction
from support.catalog_data import backend as make_backend
from support.catalog_data import product as make_product
from support.catalog_data import provider as make_provider
from support.catalog_data import use
from support.portal_pages import commands, member, record_of_changes, run, token_of

from tallygate.catalog.models import Backend

GOOD = {"name": "Stock", "private_endpoint": "https://stock.internal"}


def post(portal, path, client=None, **fields):
    return (client or portal.client).post(path, fields)


def test_a_backend_is_created_and_recorded_as_the_users_doing(portal):
    answer = post(portal, "/backends/new", **GOOD, system_name="stock", description="What we have")
    made = Backend.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/backends/{made.pk}")
    assert (made.name, made.system_name, made.description) == ("Stock", "stock", "What we have")
    assert made.provider == portal.product.provider
    assert record_of_changes()[0] == ("admin", "portal", "create", "backend")
    assert b"The backend was created" in portal.get(answer["Location"]).content


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(portal):
    make_backend(portal.product.provider, system_name="taken")
    answer = post(
        portal, "/backends/new", name="<Stock>", system_name="taken", private_endpoint="nonsense"
    )
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert errors["system_name"] == ["has already been taken"]
    assert errors["private_endpoint"] == ["must be an http, https, ws or wss URL"]
    page = answer.content.decode()
    for typed in ('value="&lt;Stock&gt;"', 'value="taken"', 'value="nonsense"'):
        assert typed in page
    assert "System name has already been taken" in page
    assert Backend.objects.count() == 1


def test_all_that_is_missing_is_told_at_once(portal):
    errors = post(portal, "/backends/new").context["form"].errors
    assert errors == {"name": ["can't be blank"], "private_endpoint": ["can't be blank"]}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("system_name", "x y", "must have two or more letters"),
        ("private_endpoint", "ftp://x", "must be an http, https, ws or wss URL"),
        ("name", "", "Name can&#x27;t be blank"),
        ("name", "x" * 256, "Name is too long (maximum is 255 characters)"),
        ("name", "a\0b", "must have no control characters"),
        ("name", "Stock", ""),
        ("nothing", "x", ""),
    ],
)
def test_a_field_is_checked_while_one_types_and_nothing_is_saved(portal, field, value, said):
    answer = post(portal, "/backends/new", **GOOD | {field: value}, check=field)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert bool(answer.content.strip()) == bool(said)
    assert Backend.objects.count() == 0


def test_a_backend_is_changed_but_for_its_system_name(portal):
    backend = make_backend(portal.product.provider, system_name="stock")
    path = f"/backends/{backend.pk}/edit"
    assert b'value="http://stock.internal"' in portal.get(path).content
    answer = post(portal, path, **GOOD | {"name": "Goods", "system_name": "other"})
    assert answer["Location"] == f"/backends/{backend.pk}"
    backend.refresh_from_db()
    assert (backend.name, backend.system_name) == ("Goods", "stock")
    assert record_of_changes()[0] == ("admin", "portal", "update", "backend")


def test_two_who_are_as_quick_do_not_break_each_other(portal, monkeypatch):
    """What the form could not see when it was checked, the record sees when it is saved."""
    from tallygate.console import backends

    checked = backends.BackendForm.save

    def slow(form, commit=True):
        make_backend(portal.product.provider, name="Quicker", system_name="stock")
        return checked(form)

    monkeypatch.setattr(backends.BackendForm, "save", slow)
    answer = post(portal, "/backends/new", **GOOD, system_name="stock")
    assert answer.status_code == 422
    assert b"System name has already been taken" in answer.content
    assert b'value="https://stock.internal"' in answer.content
    assert Backend.objects.count() == 0  # what was made in the same transaction is taken back


def test_the_list_is_searched_sorted_and_paged_in_the_url(portal):
    provider = portal.product.provider
    for number in range(30):
        backend = make_backend(
            provider, name=f"B{number:02}", private_endpoint=f"http://h{30 - number:02}.internal"
        )
    use(portal.product, backend)

    def names(**query):
        return [row.name for row in portal.get("/backends", **query).context["listing"].rows]

    assert names()[:2] == ["B00", "B01"]
    assert len(names()) == 25
    assert names(page="2") == ["B25", "B26", "B27", "B28", "B29"]
    assert names(page="99") == names(page="2")
    assert names(sort="-name")[0] == "B29"
    assert names(sort="address")[0] == "B29"
    assert names(sort="-products")[0] == "B29"
    assert names(q="b07") == names(q="h23") == ["B07"]
    assert names(q="nothing") == names(q="a\0b") == []
    assert names(sort="nonsense") == names()
    page = portal.get("/backends", q="B", sort="-name").content.decode()
    assert 'aria-sort="descending"' in page
    assert "?q=B&amp;sort=name" in page
    assert "?q=B&amp;sort=-name&amp;page=2" in page


def test_a_list_without_anything_says_what_belongs_there(portal):
    page = portal.get("/backends").content
    assert b"There is no backend yet" in page
    assert b"Nothing matches \xe2\x80\x9cx\xe2\x80\x9d" in portal.get("/backends", q="x").content


def test_one_backend_names_the_products_that_use_it(portal):
    backend = make_backend(portal.product.provider)
    use(portal.product, backend, "/stock")
    page = portal.get(f"/backends/{backend.pk}").content.decode()
    assert portal.product.name in page
    assert "<code>/stock</code>" in page


def test_deleting_says_what_stands_against_it_and_is_refused(portal):
    backend = make_backend(portal.product.provider)
    use(portal.product, backend)
    path = f"/backends/{backend.pk}/delete"
    question = portal.get(path).content.decode()
    assert f"1 product using it: {portal.product.name}" in question
    assert 'class="button danger"' not in question
    refused = post(portal, path)
    assert refused.status_code == 409
    assert b"Cannot be deleted because it is used by at least one Product" in refused.content
    assert Backend.objects.exists()


def test_deleting_says_what_goes_along_and_then_does_it(portal):
    backend = make_backend(portal.product.provider)
    path = f"/backends/{backend.pk}/delete"
    question = portal.get(path).content.decode()
    assert "1 metric" in question
    assert 'class="button danger"' in question
    assert post(portal, path)["Location"] == "/backends"
    assert not Backend.objects.exists()
    assert record_of_changes()[0] == ("admin", "portal", "delete", "backend")


def test_a_script_of_the_page_is_told_where_to_go(portal):
    answer = portal.client.post("/backends/new", GOOD, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == f"/backends/{Backend.objects.get().pk}"


def test_each_page_tells_the_call_of_the_api_that_does_the_same(portal):
    """Copied and run, the commands do what the page says."""
    token = token_of("admin")
    typed = GOOD | {"description": 'It\'s "quoted" & 100 % true\nتجربة'}
    shown = post(portal, "/backends/new", **typed, as_curl="1")
    assert not Backend.objects.exists()
    (create,) = commands(shown)
    assert run(create, token).status_code == 201
    made = Backend.objects.get()
    assert {name: getattr(made, name) for name in typed} == typed

    path = f"/backends/{made.pk}"
    (update,) = commands(post(portal, f"{path}/edit", **typed | {"name": "Goods"}, as_curl="1"))
    assert "private_endpoint" not in update
    assert run(update, token).json()["backend_api"]["name"] == "Goods"
    (read,) = commands(portal.get(path))
    assert run(read, token).json()["backend_api"]["id"] == made.pk
    (all_of_them,) = commands(portal.get("/backends"))
    assert len(run(all_of_them, token).json()["backend_apis"]) == 1
    (delete,) = commands(portal.get(f"{path}/delete"))
    assert run(delete, token).status_code == 200
    assert not Backend.objects.exists()


def test_an_empty_form_tells_the_call_with_words_for_what_is_needed(portal):
    (create,) = commands(portal.get("/backends/new"))
    assert "name=NAME" in create
    assert "private_endpoint=PRIVATE_ENDPOINT" in create


def test_members_may_what_the_policy_says(portal):
    backend = make_backend(portal.product.provider)
    one = f"/backends/{backend.pk}"
    expected = {
        ("plans",): {"/backends": 200, one: 200, f"{one}/edit": 200, "/backends/new": 403, f"{one}/delete": 403},
        ("partners",): {"/backends": 200, one: 200, f"{one}/edit": 403, "/backends/new": 403, f"{one}/delete": 403},
        ("settings",): {"/backends": 403, one: 403, f"{one}/edit": 403, "/backends/new": 403, f"{one}/delete": 403},
    }  # fmt: skip
    for sections, answers in expected.items():
        client = member(portal, *sections)
        for path, status in answers.items():
            assert client.get(path).status_code == status, (sections, path)
            if status == 403:
                assert client.post(path, GOOD).status_code in (403, 405), (sections, path)
    assert Backend.objects.get().name == "Stock"


def test_the_backends_of_others_do_not_exist(portal):
    foreign = make_backend(make_provider())
    for path in ("", "/edit", "/delete"):
        assert portal.get(f"/backends/{foreign.pk}{path}").status_code == 404
        assert portal.client.post(f"/backends/{foreign.pk}{path}", GOOD).status_code in (404, 405)
    assert foreign.name not in portal.get("/backends").content.decode()


def test_a_member_sees_of_the_products_using_a_backend_only_their_own(portal):
    backend = make_backend(portal.product.provider)
    other = make_product(portal.product.provider, name="Secret")
    use(other, backend)
    client = member(portal, "plans", products=[portal.product.pk])
    assert b"Secret" not in client.get(f"/backends/{backend.pk}").content


def test_lists_ask_the_database_as_often_whatever_their_length(portal):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def statements(path):
        with CaptureQueriesContext(connection) as captured:
            assert portal.get(path).status_code == 200
        return len(captured)

    backend = make_backend(portal.product.provider)
    use(portal.product, backend)
    before = {path: statements(path) for path in ("/backends", f"/backends/{backend.pk}")}
    with transaction.atomic():
        for number in range(30):
            make_backend(portal.product.provider, name=f"B{number}")
            use(make_product(portal.product.provider, name=f"P{number}"), backend, f"/{number}")
    assert {path: statements(path) for path in before} == before
    assert max(before.values()) <= 8
