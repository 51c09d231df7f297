"""Annotations on charts and saved views."""

import pytest
from support import catalog_data as made
from support.management_site import ManagementSite

from tallygate.catalog.models import AuditEntry, ChartAnnotation, SavedView

LAUNCH = {"title": "v2 launched", "at": "2026-01-31T12:00:00+01:00"}


@pytest.fixture
def empty(site: ManagementSite) -> ManagementSite:
    ChartAnnotation.objects.all().delete()
    SavedView.objects.all().delete()
    return site


def test_a_moment_is_marked_changed_and_taken_away(empty: ManagementSite) -> None:
    """On the charts of one product or of all; each change is on record."""
    site = empty
    answer = site.post("chart_annotations", **LAUNCH, service_id=site.product.pk)
    shown = answer["chart_annotation"]
    assert (shown["title"], shown["at"], shown["service_id"]) == (
        "v2 launched", "2026-01-31T11:00:00Z", site.product.pk,
    )  # fmt: skip
    path = f"chart_annotations/{shown['id']}"
    changed = site.put(path, service_id=None, description="Faster")["chart_annotation"]
    assert (changed["service_id"], changed["description"], changed["title"]) == (None, "Faster", "v2 launched")  # fmt: skip
    assert [each["chart_annotation"]["id"] for each in site.get("chart_annotations")["chart_annotations"]] == [shown["id"]]  # fmt: skip
    site.delete(path)
    assert site.get("chart_annotations")["chart_annotations"] == []
    actions = AuditEntry.objects.filter(kind="chartannotation").values_list("action", flat=True)
    assert list(actions) == ["delete", "update", "create"]


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({}, {"title": ["can't be blank"], "at": ["can't be blank"]}),
        (LAUNCH | {"at": "yesterday"}, {"at": ["Date must follow ISO8601 format. Example: 2030-01-31T12:00:00Z"]}),
        (LAUNCH | {"at": "1969-12-31T00:00:00Z"}, {"at": ["is invalid"]}),
        (LAUNCH | {"title": "x" * 256}, {"title": ["is too long (maximum is 255 characters)"]}),
        (LAUNCH | {"service_id": "x"}, {"service_id": ["is not a number"]}),
    ],
)  # fmt: skip
def test_what_is_no_moment_is_told(empty: ManagementSite, given: dict, problems: dict) -> None:
    assert empty.refused("POST", "chart_annotations", **given) == problems
    assert ChartAnnotation.objects.count() == 0


def test_a_view_is_saved_under_a_name_that_the_organisation_has_once(empty: ManagementSite) -> None:
    site = empty
    url = f"/products/{site.product.pk}/traffic?frame=30d&metric=hits"
    shown = site.post("saved_views", name="Hits", url=url)["saved_view"]
    assert (shown["name"], shown["url"], shown["service_id"]) == ("Hits", url, site.product.pk)
    again = site.refused("POST", "saved_views", name="Hits", url="/overview")
    assert again == {"name": ["has already been taken"]}
    changed = site.put(f"saved_views/{shown['id']}", url="/overview")["saved_view"]
    assert (changed["name"], changed["service_id"]) == ("Hits", None)
    site.delete(f"saved_views/{shown['id']}")
    assert SavedView.objects.count() == 0
    other = made.provider(name="Other")
    SavedView.objects.create(provider=other, name="Hits", url="/overview")
    assert site.post("saved_views", name="Hits", url="/overview")["saved_view"]["name"] == "Hits"


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "overview",
     "/a b", "/\u00e9", "/a\\b", "/a\r\nb", "\t/overview", ""],
)  # fmt: skip
def test_a_view_leads_to_a_page_here_and_nowhere_else(empty: ManagementSite, url: str) -> None:
    problems = empty.refused("POST", "saved_views", name="Away", url=url)
    assert list(problems) == ["url"]
    assert SavedView.objects.count() == 0


def test_a_product_of_another_provider_does_not_exist(empty: ManagementSite) -> None:
    theirs = made.product(made.provider(name="Other"))
    missing = {"url": ["names a product that does not exist"]}
    for key in (theirs.pk, 99_999, "9" * 18):
        assert empty.refused("POST", "saved_views", name="X", url=f"/products/{key}/traffic") == missing  # fmt: skip
    given = LAUNCH | {"service_id": theirs.pk}
    assert empty.json("POST", "chart_annotations", given, status=404) == {"status": "Not found"}


def test_a_member_sees_what_is_of_their_products_and_of_all(empty: ManagementSite) -> None:
    site = empty
    other = made.product(site.provider, name="Other")
    for product, title in ((site.product, "mine"), (other, "theirs"), (None, "all")):
        ChartAnnotation.objects.create(
            provider=site.provider, product=product, title=title, at="2026-01-31T12:00:00Z"
        )
        url = f"/products/{product.pk}/traffic" if product else "/overview"
        SavedView.objects.create(provider=site.provider, name=title, url=url)
    member = site.user(
        "limited",
        allowed_sections=["partners", "monitoring"],
        allowed_product_ids=[site.product.pk],
    )
    token = site.issue(member)
    for kind, name in (("chart_annotation", "title"), ("saved_view", "name")):
        answer = site.client.get(f"/admin/api/{kind}s.json", {"access_token": token}).json()
        assert [each[kind][name] for each in answer[f"{kind}s"]] == ["mine", "all"]
    hidden = ChartAnnotation.objects.get(title="theirs").pk
    for method in ("GET", "PUT", "DELETE"):
        path = f"/admin/api/chart_annotations/{hidden}.json?access_token={token}"
        assert site.client.generic(method, path).status_code == 404
