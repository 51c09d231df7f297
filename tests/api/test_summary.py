"""Which metrics and methods there are to ask for."""

import pytest
from support import catalog_data
from support.analytics_site import AnalyticsSite

from tallygate.catalog.models import Metric

COLUMNS = [
    "id", "system_name", "description", "unit", "created_at", "updated_at", "service_id",
    "friendly_name", "parent_id", "tenant_id", "owner_id", "owner_type",
]  # fmt: skip


def test_a_products_summary_is_the_methods_of_its_hits(site: AnalyticsSite) -> None:
    first = catalog_data.method(site.product)
    second = catalog_data.method(site.product, "Refunds")
    Metric.objects.create(product=site.product, friendly_name="Bytes", unit="byte")
    backend = catalog_data.backend(site.provider)
    catalog_data.use(site.product, backend)
    catalog_data.method(backend)
    answer = site.get(f"services/{site.product.pk}/summary.json").json()
    assert [each["metric"]["system_name"] for each in answer] == ["orders", "refunds"]
    shown = answer[0]["metric"]
    assert list(shown) == COLUMNS
    assert shown["id"] == first.pk
    assert (shown["parent_id"], shown["unit"]) == (site.product.hits.pk, "hit")
    assert (shown["owner_id"], shown["owner_type"]) == (site.product.pk, "Service")
    assert (shown["service_id"], shown["tenant_id"]) == (site.product.pk, site.provider.pk)
    xml = site.get(f"services/{site.product.pk}/summary.xml").content.decode()
    assert xml.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<methods>\n  <method>\n')
    assert xml.count("<method>") == 2
    assert f"<id>{second.pk}</id>" in xml
    csv = site.get(f"services/{site.product.pk}/summary.csv")
    assert csv.content.decode() == (
        "Metric System Name,Metric Name,Unit,Parent System Name,Description\n"
        "orders,Orders,hit,hits,\n"
        "refunds,Refunds,hit,hits,\n"
    )
    assert csv.headers["Content-Disposition"].startswith("attachment; filename=summary-")


def test_an_applications_summary_is_all_that_can_be_counted_of_it(site: AnalyticsSite) -> None:
    """The metrics of its product's backends too, which 3scale leaves out."""
    method = catalog_data.method(site.product)
    backend = catalog_data.backend(site.provider)
    catalog_data.use(site.product, backend)
    of_backend = catalog_data.method(backend)
    answer = site.get(f"applications/{site.application.pk}/summary.json").json()
    assert list(answer) == ["metrics", "methods"]
    names = {
        kind: [each["metric"]["system_name"] for each in some] for kind, some in answer.items()
    }
    assert names == {
        "metrics": ["hits", f"hits.{backend.pk}"],
        "methods": [method.system_name, of_backend.system_name],
    }
    shown = answer["methods"][1]["metric"]
    assert (shown["service_id"], shown["owner_type"]) == (None, "BackendApi")
    xml = site.get(f"applications/{site.application.pk}/summary.xml").content.decode()
    assert (xml.count("<metric>"), xml.count("<method>")) == (2, 2)
    csv = site.get(f"applications/{site.application.pk}/summary.csv").content.decode()
    assert csv.count("\n") == 5


def test_a_backends_summary_is_the_methods_of_its_hits(site: AnalyticsSite) -> None:
    """Beyond 3scale."""
    backend = catalog_data.backend(site.provider)
    method = catalog_data.method(backend)
    answer = site.get(f"backend_apis/{backend.pk}/summary.json").json()
    assert [each["metric"]["system_name"] for each in answer] == [method.system_name]


@pytest.mark.parametrize("form", ["json", "xml", "csv"])
def test_without_methods_the_summary_is_empty(site: AnalyticsSite, form: str) -> None:
    answer = site.get(f"services/{site.product.pk}/summary.{form}")
    assert answer.status_code == 200
    assert "orders" not in answer.content.decode()
