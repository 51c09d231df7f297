"""Annotations and saved views."""

from datetime import UTC, datetime

import pytest
from support.catalog_data import product as make_product
from support.catalog_data import provider as make_provider
from support.portal_pages import commands, member, record_of_changes, run, token_of

from tallygate.catalog.access import for_user
from tallygate.catalog.models import ChartAnnotation, SavedView, User
from tallygate.console.marks.annotations import MOST, marks
from tallygate.domain import calendar
from tallygate.domain.calendar import Granularity

LAUNCH = datetime(2015, 5, 17, 22, 30, tzinfo=UTC)
FORM = {"title": "v2 launched", "at": "2015-05-18T00:30", "product": "", "description": ""}


@pytest.fixture(autouse=True)
def madrid(portal):
    """By whose clocks it is half past midnight on the 18th of May at LAUNCH."""
    provider = portal.product.provider
    provider.time_zone = "Europe/Madrid"
    provider.save()


def annotation(portal, title="v2 launched", product=None, at=LAUNCH, provider=None):
    owner = provider or portal.product.provider
    return ChartAnnotation.objects.create(provider=owner, product=product, title=title, at=at)


def titles(answer):
    return [row.title for row in answer.context["listing"].rows]


def test_a_moment_is_marked_by_the_clocks_of_the_provider_and_on_record(portal):
    answer = portal.client.post("/annotations/new", FORM | {"product": str(portal.product.pk)})
    assert answer["Location"] == "/annotations"
    made = ChartAnnotation.objects.get()
    assert (made.title, made.at, made.product) == ("v2 launched", LAUNCH, portal.product)
    assert b"18 May 2015, 00:30" in portal.get("/annotations").content
    assert record_of_changes()[0] == ("admin", "portal", "create", "chartannotation")


def test_the_form_shows_what_is_stored_and_changes_it(portal):
    made = annotation(portal)
    path = f"/annotations/{made.pk}/edit"
    assert b'value="2015-05-18T00:30:00"' in portal.get(path).content
    portal.client.post(path, FORM | {"title": "v3", "at": "2015-05-18T00:30:00"})
    made.refresh_from_db()
    assert (made.title, made.at) == ("v3", LAUNCH)
    portal.client.post(f"/annotations/{made.pk}/delete")
    assert titles(portal.get("/annotations")) == []
    assert b"No moment is marked yet" in portal.get("/annotations").content


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"title": ""}, b"can&#x27;t be blank"), ({"at": ""}, b"can&#x27;t be blank"),
     ({"at": "soon"}, b"must be a date and a time"),
     ({"at": "1960-01-01T00:00"}, b"is invalid"), ({"title": "a\0b"}, b"control characters"),
     ({"product": "999"}, b"is invalid")],
)  # fmt: skip
def test_what_is_wrong_stands_beside_the_field_and_nothing_is_saved(portal, wrong, said):
    answer = portal.client.post("/annotations/new", FORM | wrong)
    assert answer.status_code == 422
    assert said in answer.content
    assert ChartAnnotation.objects.count() == 0


def test_the_calls_that_the_forms_tell_do_the_same(portal):
    token = token_of("admin")
    answer = portal.client.post("/annotations/new", FORM | {"as_curl": "1"})
    made = run(commands(answer)[0], token)
    assert (made.status_code, made.json()["chart_annotation"]["at"]) == (201, "2015-05-17T22:30:00Z")  # fmt: skip
    view = {"name": "Month", "url": "/overview?frame=30d", "as_curl": "1"}
    made = run(commands(portal.client.post("/views/new", view))[0], token)
    assert (made.status_code, made.json()["saved_view"]["url"]) == (201, "/overview?frame=30d")


def window(since="2015-05-16", until="2015-05-19"):
    zone = calendar.find_zone("Europe/Madrid")
    return calendar.window(zone, 0, since=since, until=until, granularity=Granularity.DAY)


def admin():
    return for_user(User.objects.get(username="admin"))


def test_a_chart_gets_the_moments_of_its_product_and_of_all_in_its_window(portal):
    other = make_product(portal.product.provider, name="Other")
    annotation(portal)
    annotation(portal, "mine", portal.product, LAUNCH.replace(day=18, hour=21))
    annotation(portal, "other", other)
    annotation(portal, "before", at=datetime(2015, 5, 15, 21, 59, 59, tzinfo=UTC))
    annotation(portal, "at the beginning", at=datetime(2015, 5, 15, 22, 0, tzinfo=UTC))
    annotation(portal, "after", at=datetime(2015, 5, 19, 22, 0, tzinfo=UTC))
    annotation(portal, "foreign", provider=make_provider(name="Foreign"))
    found = marks(admin(), window(), [portal.product])
    assert [(each.index, each.title) for each in found] == [
        (0, "at the beginning"), (2, "v2 launched"), (2, "mine"),
    ]  # fmt: skip
    assert found[1].when == "18 May 2015, 00:30"
    assert [each.title for each in marks(admin(), window())] == [
        "at the beginning", "v2 launched", "other", "mine",
    ]  # fmt: skip
    assert [each.title for each in marks(admin(), window(), [])] == ["at the beginning", "v2 launched"]  # fmt: skip


def test_charts_show_the_moments_and_tell_them_in_words(portal):
    """On the reports of a product and on both overviews; where the places are no time, there are none."""
    portal.count(portal.clock.now_s(), portal.product.hits)
    annotation(portal, "<b>v2</b> launched")
    one = f"/products/{portal.product.pk}"
    for path in (f"{one}/traffic?frame=7d", f"{one}/overview", "/overview"):
        answer = portal.client.get(path)
        marked = answer.context["report"].chart["marks"]
        assert [mark["title"] for mark in marked] == ["<b>v2</b> launched"], path
        told = b"18 May 2015, 00:30: <bdi>&lt;b&gt;v2&lt;/b&gt; launched"
        assert told in answer.content, path
        assert b"<b>v2" not in answer.content, path


def test_of_very_many_moments_the_newest_are_drawn(portal):
    for number in range(MOST + 1):
        annotation(portal, f"m{number}", at=LAUNCH.replace(minute=number % 60))
    found = marks(admin(), window())
    assert len(found) == MOST
    assert "m0" not in [each.title for each in found]


def test_a_view_is_saved_from_a_page_and_leads_back_to_it(portal):
    page = portal.get(f"/products/{portal.product.pk}/overview", frame="7d").content.decode()
    link = f"/views/new?url=%2Fproducts%2F{portal.product.pk}%2Foverview%3Fframe%3D7d"
    assert link in page
    url = f"/products/{portal.product.pk}/overview?frame=7d"
    assert f'value="{url}"' in portal.get(link).content.decode()
    portal.client.post("/views/new", {"name": "Week", "url": url})
    listed = portal.get("/views").content.decode()
    assert f'href="{url}"' in listed
    assert ">Week<" in listed
    assert record_of_changes()[0] == ("admin", "portal", "create", "savedview")
    view = SavedView.objects.get()
    portal.client.post(f"/views/{view.pk}/edit", {"name": "Seven days", "url": url})
    view.refresh_from_db()
    assert view.name == "Seven days"
    portal.client.post(f"/views/{view.pk}/delete")
    assert b"No view is saved yet" in portal.get("/views").content


@pytest.mark.parametrize("url", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])  # fmt: skip
def test_a_view_leads_nowhere_else(portal, url):
    answer = portal.client.post("/views/new", {"name": "Away", "url": url})
    assert answer.status_code == 422
    assert b"must be the path of a page here" in answer.content
    assert b"must be the path" not in portal.get("/views/new", url=url).content


def test_a_name_is_taken_once(portal):
    form = {"name": "Month", "url": "/overview"}
    assert portal.client.post("/views/new", form).status_code == 302
    answer = portal.client.post("/views/new", form)
    assert answer.status_code == 422
    assert b"has already been taken" in answer.content


def test_members_see_what_is_of_their_products_and_change_it_with_the_section(portal):
    other = make_product(portal.product.provider, name="Other")
    theirs = annotation(portal, "theirs", other)
    annotation(portal, "all")
    owner = portal.product.provider
    SavedView.objects.create(provider=owner, name="theirs", url=f"/products/{other.pk}/traffic")
    SavedView.objects.create(provider=owner, name="all", url="/overview")
    client = member(portal, "monitoring", products=[portal.product.pk])
    assert titles(client.get("/annotations")) == ["all"]
    assert [row.name for row in client.get("/views").context["listing"].rows] == ["all"]
    view = SavedView.objects.get(name="theirs")
    for path in (f"/annotations/{theirs.pk}", f"/views/{view.pk}"):
        for what in ("edit", "delete"):
            assert client.get(f"{path}/{what}").status_code == 404
            assert client.post(f"{path}/{what}", FORM).status_code == 404
    assert client.post("/annotations/new", FORM).status_code == 302
    assert client.post("/annotations/new", FORM | {"product": str(other.pk)}).status_code == 422
    nobody = member(portal, "plans", "partners")
    for path in ("/annotations", "/annotations/new", "/views", "/views/new"):
        assert nobody.get(path).status_code == 403


@pytest.mark.parametrize(
    "query",
    [{"product": "9" * 30}, {"product": "x"}, {"product": "-1"}, {"url": "\0" * 99}, {"url": "x" * 9000}],
)  # fmt: skip
def test_odd_queries_are_no_errors(portal, query):
    for path in ("/annotations/new", "/views/new"):
        assert portal.get(path, **query).status_code == 200
