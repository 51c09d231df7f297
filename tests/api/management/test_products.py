"""Products, metrics, methods, backends and mapping rules, as the wire has them."""

from support import catalog_data as made
from support.management_site import ManagementSite

from tallygate.catalog.models import Backend, MappingRule, Metric, Product

BASE = "http://testserver/admin/api"


def test_a_new_product_has_what_scripts_expect_of_one(site: ManagementSite) -> None:
    """Hits, a rule `GET /` that counts on them, a proxy, no plan; authentication by user key."""
    made = site.post("services", name="Echo API")["service"]
    assert (made["system_name"], made["backend_version"]) == ("echo_api", "1")
    assert (made["annotations"], made["deployment_option"]) == ({}, "hosted")
    path = f"services/{made['id']}"
    (metric,) = site.get(f"{path}/metrics")["metrics"]
    assert metric["metric"]["system_name"] == "hits"
    (rule,) = site.get(f"{path}/proxy/mapping_rules")["mapping_rules"]
    assert rule["mapping_rule"]["metric_id"] == metric["metric"]["id"]
    assert (rule["mapping_rule"]["http_method"], rule["mapping_rule"]["pattern"]) == ("GET", "/")
    assert site.get(f"{path}/application_plans") == {"plans": []}
    assert site.get(f"{path}/backend_usages") == []


def test_a_products_fields_are_changed_but_for_its_system_name(site: ManagementSite) -> None:
    path = f"services/{site.product.pk}"
    changed = site.put(
        path,
        name="Renamed",
        system_name="renamed",
        backend_version="oidc",
        support_email="help@example.com",
        buyers_manage_keys=False,
        annotations={"managed_by": "operator"},
        notification_settings={"web_provider": ["50", 100]},
        state_event="publish",
    )["service"]
    assert (changed["name"], changed["system_name"]) == ("Renamed", "echo")
    assert (changed["backend_version"], changed["state"]) == ("oidc", "published")
    assert changed["notification_settings"] == {"web_provider": [50, 100]}
    assert changed["annotations"] == {"managed_by": "operator"}
    assert site.get(path)["service"]["buyers_manage_keys"] is False


def test_a_product_without_a_support_address_has_the_providers(site: ManagementSite) -> None:
    site.put("provider", support_email="help@acme.example")
    assert (
        site.get(f"services/{site.product.pk}")["service"]["support_email"] == "help@acme.example"
    )


def test_wrong_values_of_a_product_are_told(site: ManagementSite) -> None:
    refused = site.refused(
        "PUT",
        f"services/{site.product.pk}",
        backend_version="9",
        support_email="nonsense",
        annotations={"unknown": "x"},
        notification_settings={"web_provider": [51]},
        state_event="explode",
    )
    assert refused == {
        "annotations": ["can only have managed_by"],
        "backend_version": ["is invalid"],
        "notification_settings": ["levels are 50, 80, 90, 100, 120, 150, 200, 300"],
        "state_event": ["is invalid"],
        "support_email": ["must be an e-mail address"],
    }


def test_the_last_product_stays_and_others_go_at_once(site: ManagementSite) -> None:
    other = site.post("services", name="Other")["service"]["id"]
    site.delete(f"services/{other}")
    assert site.json("GET", f"services/{other}", status=404) == {"status": "Not found"}
    assert site.refused("DELETE", f"services/{site.product.pk}") == {
        "base": ["This service cannot be removed"]
    }
    assert Product.objects.filter(provider=site.provider).count() == 1


def test_metrics_and_methods_as_json(site: ManagementSite) -> None:
    path = f"services/{site.product.pk}/metrics"
    hits, method = (each["metric"] for each in site.get(path)["metrics"])
    stamps = {"created_at": hits["created_at"], "updated_at": hits["updated_at"]}
    assert hits == {
        "id": site.product.hits.pk,
        "name": "hits",
        "system_name": "hits",
        "friendly_name": "Hits",
        "description": "Number of API hits",
        "unit": "hit",
        **stamps,
        "links": [
            {"rel": "service", "href": f"{BASE}/services/{site.product.pk}"},
            {"rel": "self", "href": f"{BASE}/{path}/{site.product.hits.pk}"},
        ],
    }
    assert stamps["created_at"].endswith("Z")
    assert method["parent_id"] == hits["id"]
    (listed,) = site.get(f"{path}/{hits['id']}/methods")["methods"]
    assert "unit" not in listed["method"]
    assert listed["method"]["parent_id"] == hits["id"]
    assert [link["rel"] for link in listed["method"]["links"]] == ["parent", "self"]


def test_metrics_and_methods_as_xml(site: ManagementSite) -> None:
    path = f"services/{site.product.pk}/metrics/{site.product.hits.pk}"
    metric = site.xml(path)
    assert [element.tag for element in metric] == [
        "id", "name", "system_name", "friendly_name", "service_id", "description", "unit",
    ]  # fmt: skip
    method = site.xml(f"{path}/methods/{site.ids['method_id']}")
    assert method.tag == "method"
    assert method.findtext("metric_id") == str(site.product.hits.pk)
    assert method.find("unit") is None


def test_a_backends_metric_carries_its_suffix_and_no_name(site: ManagementSite) -> None:
    path = f"backend_apis/{site.backend.pk}/metrics"
    made = site.post(path, friendly_name="Orders", unit="order", system_name="orders")["metric"]
    assert made["system_name"] == f"orders.{site.backend.pk}"
    assert "name" not in made
    assert made["links"][0] == {
        "rel": "backend_api",
        "href": f"{BASE}/backend_apis/{site.backend.pk}",
    }
    hits = Metric.objects.get(backend=site.backend, friendly_name="Hits")
    method = site.post(f"{path}/{hits.pk}/methods", friendly_name="List")["method"]
    assert method["system_name"] == f"list.{site.backend.pk}"
    site.delete(f"{path}/{hits.pk}/methods/{method['id']}")
    site.delete(f"{path}/{made['id']}")


def test_a_metrics_system_name_and_parent_stay(site: ManagementSite) -> None:
    path = f"services/{site.product.pk}/metrics/{site.ids['method_id']}"
    changed = site.put(path, system_name="other", unit="byte", friendly_name="Other")["metric"]
    assert (changed["system_name"], changed["unit"]) == ("orders", "hit")
    assert changed["friendly_name"] == "Other"
    again = site.put(path)["metric"]
    assert again | {"updated_at": None} == changed | {"updated_at": None}


def test_hits_and_what_gateways_count_on_are_not_deleted(site: ManagementSite) -> None:
    path = f"services/{site.product.pk}/metrics"
    assert site.refused("DELETE", f"{path}/{site.product.hits.pk}", 403) == {
        "base": ["The Hits metric cannot be deleted"]
    }
    assert site.refused("DELETE", f"{path}/{site.product.hits.pk}/methods/{site.ids['method_id']}", 403) == {
        "base": ["Method is used by the latest gateway configuration and cannot be deleted"]
    }  # fmt: skip
    xml = site.call("DELETE", f"{path}/{site.product.hits.pk}.xml")
    assert xml.status_code == 403
    assert b"<error>The Hits metric cannot be deleted</error>" in xml.content


def test_mapping_rules_as_json(site: ManagementSite) -> None:
    path = f"services/{site.product.pk}/proxy/mapping_rules"
    rule = site.post(
        path, http_method="POST", pattern="/v1/{word}", delta="2", metric_id=str(site.product.hits.pk), last="true"
    )["mapping_rule"]  # fmt: skip
    assert {
        name: rule[name] for name in ("http_method", "pattern", "delta", "position", "last")
    } == {
        "http_method": "POST",
        "pattern": "/v1/{word}",
        "delta": 2,
        "position": 3,
        "last": True,
    }
    whole = site.put(f"{path}/{rule['id']}", **{**rule, "position": 1})["mapping_rule"]
    assert (whole["position"], whole["metric_id"]) == (1, site.product.hits.pk)
    assert [each["mapping_rule"]["position"] for each in site.get(path)["mapping_rules"]] == [1, 2, 3]  # fmt: skip
    site.delete(f"{path}/{rule['id']}")
    assert site.json("GET", f"{path}/{rule['id']}", status=404)


def test_wrong_mapping_rules_are_told(site: ManagementSite) -> None:
    path = f"services/{site.product.pk}/proxy/mapping_rules"
    right = {"http_method": "GET", "pattern": "/", "delta": 1, "metric_id": site.product.hits.pk}
    for wrong, problems in (
        ({"http_method": "ANY"}, {"http_method": ["is invalid"]}),
        ({"pattern": "/micro$oft"}, {"pattern": ["is invalid"]}),
        ({"pattern": "/{a}/{a}"}, {"pattern": ["Can't have repeated variable names"]}),
        ({"pattern": "/" + "x" * 255}, {"pattern": ["is too long (maximum is 255 characters)"]}),
        ({"delta": 0}, {"delta": ["must be greater than or equal to 1"]}),
        ({"delta": 2**31}, {"delta": ["must be less than or equal to 2147483647"]}),
    ):
        refused = site.refused("POST", path, **(right | wrong))
        assert {name: messages[-1:] for name, messages in refused.items()} == problems, wrong
    assert MappingRule.objects.filter(product=site.product).count() == 2


def test_backends_and_their_use(site: ManagementSite) -> None:
    backend = site.post(
        "backend_apis", name="New", private_endpoint="https://new.internal:443", description="1"
    )["backend_api"]
    assert (backend["system_name"], backend["annotations"]) == ("new", {})
    assert backend["account_id"] == site.provider.pk
    assert backend["private_endpoint"] == "https://new.internal:443"
    path = f"services/{site.product.pk}/backend_usages"
    usage = site.post(path, backend_api_id=backend["id"], path="/new")["backend_usage"]
    assert usage == {
        "id": usage["id"],
        "path": "/new",
        "service_id": site.product.pk,
        "backend_id": backend["id"],
        "links": usage["links"],
    }
    assert site.get(path)[1] == {"backend_usage": usage}
    moved = site.put(f"{path}/{usage['id']}", **{**usage, "path": "/moved"})["backend_usage"]
    assert (moved["path"], moved["backend_id"]) == ("/moved", backend["id"])
    assert site.refused("DELETE", f"backend_apis/{backend['id']}", 403) == {
        "base": ["cannot be deleted because it is used by at least one Product"]
    }
    site.delete(f"{path}/{usage['id']}")
    site.delete(f"backend_apis/{backend['id']}")
    assert not Backend.objects.filter(pk=backend["id"]).exists()


def test_wrong_backends_are_told(site: ManagementSite) -> None:
    assert site.refused("POST", "backend_apis") == {
        "name": ["can't be blank"],
        "private_endpoint": ["can't be blank"],
    }
    assert site.refused("POST", "backend_apis", name="X", private_endpoint="ftp://x") == {
        "private_endpoint": ["must be an http, https, ws or wss URL"]
    }


def test_features_of_products_and_plans(site: ManagementSite) -> None:
    path, plan = (
        f"services/{site.product.pk}/features",
        f"application_plans/{site.plan.pk}/features",
    )
    feature = site.post(path, name="Far", scope="ApplicationPlan")["feature"]
    assert (feature["system_name"], feature["scope"], feature["visible"]) == (
        "far",
        "application_plan",
        True,
    )
    site.post(plan, feature_id=feature["id"])
    assert len(site.get(plan)["features"]) == 2
    assert site.refused("POST", plan, feature_id=feature["id"]) == {
        "feature_id": ["has already been taken"]
    }
    site.delete(f"{plan}/{feature['id']}")
    assert len(site.get(plan)["features"]) == 1
    assert site.put(f"{path}/{feature['id']}", visible=False)["feature"]["visible"] is False
    site.delete(f"{path}/{feature['id']}")
    assert site.xml(path).find("feature/service_id").text == str(site.product.pk)


def test_descriptions_of_apis_are_kept_to_the_letter(site: ManagementSite) -> None:
    body = '\n{"swagger": "2.0",\n "paths": {}}\n'
    doc = site.post("active_docs", name="My Spec", body=body, service_id=site.product.pk)["api_doc"]
    assert (doc["body"], doc["system_name"], doc["service_id"]) == (
        body,
        "my_spec",
        site.product.pk,
    )
    assert doc["published"] is False
    assert site.refused("PUT", f"active_docs/{doc['id']}", body="{") == {
        "body": ["JSON Spec is invalid"]
    }
    assert site.refused("PUT", f"active_docs/{doc['id']}", body="{}") == {
        "body": ["must name its version of Swagger or OpenAPI"]
    }
    changed = site.put(f"active_docs/{doc['id']}", body="{}", skip_swagger_validations=True)
    assert changed["api_doc"]["body"] == "{}"
    other = made.product(site.provider)
    assert (
        site.put(f"active_docs/{doc['id']}", service_id=other.pk)["api_doc"]["service_id"]
        == other.pk
    )
    site.delete(f"active_docs/{doc['id']}")
