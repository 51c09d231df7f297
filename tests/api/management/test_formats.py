"""JSON and XML, pages, links, and how parameters are given."""

import base64
import json
from typing import Any

import pytest
from django.http import HttpResponse
from support import catalog_data as made
from support.management_site import ManagementSite

from tallygate.api.management.nesting import NestingInvalid, nested
from tallygate.catalog.models import Metric


def raw(
    site: ManagementSite, method: str, path: str, body: bytes = b"", kind: str = "", **headers: str
) -> HttpResponse:
    """A call with a body of any type, below `/admin/api/`."""
    named = {"content_type": kind or "application/octet-stream", "headers": headers}
    return site.client.generic(method, f"/admin/api/{path}", body, **named)


def form(site: ManagementSite, method: str, path: str, body: str) -> HttpResponse:
    kind = "application/x-www-form-urlencoded"
    return raw(site, method, path, f"access_token={site.token}&{body}".encode(), kind)


def test_without_a_format_the_answer_is_xml_or_json_where_there_is_no_xml(
    site: ManagementSite,
) -> None:
    for path, kind in (("services", "xml"), ("backend_apis", "json"), ("settings", "json")):
        answer = site.call("GET", path)
        assert (answer.status_code, answer["Content-Type"]) == (
            200,
            f"application/{kind}; charset=utf-8",
        )


def test_a_format_that_there_is_not_is_refused_after_the_caller_is_known(
    site: ManagementSite,
) -> None:
    answer = site.call("GET", "services.pdf")
    assert answer.status_code == 406
    assert json.loads(answer.content) == {"error": 'The server does not understand "pdf" request.'}
    assert site.call("GET", "backend_apis.xml").status_code == 406
    assert site.call("GET", "services.pdf", token="unknown").status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        "friendly_name=Parcels&unit=order",
        "metric[friendly_name]=Parcels&metric[unit]=order",
        "metric%5Bfriendly_name%5D=Parcels&unit=order&metric[unknown]=1&other=2",
    ],
)
def test_attributes_are_flat_or_wrapped_and_unknown_ones_are_left_out(
    site: ManagementSite, body: str
) -> None:
    answer = form(site, "POST", f"services/{site.product.pk}/metrics.json", body)
    assert answer.status_code == 201, answer.content
    made = Metric.objects.get(friendly_name="Parcels")
    assert (made.system_name, made.unit) == ("parcels", "order")


@pytest.mark.parametrize(
    "given",
    [
        {"friendly_name": "Parcels", "unit": "order"},
        {"metric": {"friendly_name": "Parcels", "unit": "order"}},
        {"metric": {"friendly_name": "Parcels"}, "unit": "order", "unit_price": [1]},
    ],
)
def test_json_is_flat_or_wrapped_too(site: ManagementSite, given: dict[str, Any]) -> None:
    site.post(f"services/{site.product.pk}/metrics", **given)
    assert Metric.objects.get(friendly_name="Parcels").unit == "order"


def test_a_wrapper_that_is_no_object_is_the_wrong_type(site: ManagementSite) -> None:
    path = f"services/{site.product.pk}/metrics"
    assert site.refused("POST", path, metric="Parcels") == {
        "error": "Wrong type for parameter: metric"
    }


def test_parameters_of_the_query_and_of_the_body_add_up_and_the_body_wins(
    site: ManagementSite,
) -> None:
    answer = form(site, "POST", f"services/{site.product.pk}/metrics.json?unit=a&friendly_name=A", "unit=b")  # fmt: skip
    assert answer.status_code == 201, answer.content
    assert Metric.objects.get(friendly_name="A").unit == "b"


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_put_and_patch_do_the_same_with_forms_that_hold_the_credential(
    site: ManagementSite, method: str
) -> None:
    path = f"services/{site.product.pk}/metrics/{site.ids['method_id']}.json"
    answer = form(site, method, path, "friendly_name=Renamed")
    assert answer.status_code == 200, answer.content
    assert Metric.objects.get(pk=site.ids["method_id"]).friendly_name == "Renamed"


def test_multipart_forms_are_read_for_every_method(site: ManagementSite) -> None:
    parts = {"access_token": site.token, "friendly_name": "Renamed"}
    body = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts.items()
    )
    path = f"services/{site.product.pk}/metrics/{site.ids['method_id']}.json"
    kind = "multipart/form-data; boundary=b"
    answer = raw(site, "PUT", path, f"{body}--b--\r\n".encode(), kind)
    assert answer.status_code == 200, answer.content
    assert Metric.objects.get(pk=site.ids["method_id"]).friendly_name == "Renamed"
    broken = raw(site, "PUT", f"{path}?access_token={site.token}", b"x", "multipart/form-data")
    assert broken.status_code == 400


def test_a_token_is_taken_from_http_basic_as_gateways_send_it(site: ManagementSite) -> None:
    encoded = base64.b64encode(f"{site.token}:".encode()).decode()
    answer = raw(site, "GET", "services.json", Authorization=f"Basic {encoded}")
    assert answer.status_code == 200


def test_a_json_body_that_is_none_is_told(site: ManagementSite) -> None:
    path = f"services.json?access_token={site.token}"
    answer = raw(site, "POST", path, b"{", "application/json")
    assert (answer.status_code, json.loads(answer.content)) == (
        400,
        {"error": "The request body is not valid JSON"},
    )


def test_lists_come_in_pages_that_say_where_they_lie(site: ManagementSite) -> None:
    for number in range(4):
        made.product(site.provider, name=f"More {number}")
    body = site.json("GET", "services", {"per_page": 2, "page": 2})
    assert [each["service"]["name"] for each in body["services"]] == ["More 1", "More 2"]
    assert body["metadata"] == {
        "per_page": 2,
        "total_entries": 5,
        "total_pages": 3,
        "current_page": 2,
    }
    assert list(body["metadata"]) == ["per_page", "total_entries", "total_pages", "current_page"]
    answer = site.call("GET", "services.xml", {"per_page": 2, "page": 3})
    assert b'<services per_page="2" total_entries="5" total_pages="3" current_page="3">' in answer.content  # fmt: skip
    past = site.json("GET", "services", {"per_page": 2, "page": 9})
    assert (past["services"], past["metadata"]["current_page"]) == ([], 9)


@pytest.mark.parametrize(
    "odd", [{"page": 0}, {"page": "x", "per_page": -1}, {"per_page": 501}, {"per_page": 0}]
)
def test_pages_that_make_no_sense_are_the_first_of_500(
    site: ManagementSite, odd: dict[str, Any]
) -> None:
    body = site.json("GET", "services", odd)
    assert len(body["services"]) == 1
    assert "metadata" not in body


def test_all_on_one_page_says_nothing_of_pages(site: ManagementSite) -> None:
    assert list(site.json("GET", "services", {"per_page": 1})) == ["services"]


def test_links_lead_to_what_they_name(site: ManagementSite) -> None:
    """Every link that any answer has is answered."""
    found = {
        link["href"]
        for path in (
            "services", f"services/{site.product.pk}/metrics", f"services/{site.product.pk}/proxy",
            "backend_apis", f"services/{site.product.pk}/backend_usages", "application_plans",
            f"application_plans/{site.plan.pk}/limits", "accounts", "applications", "account_plans",
            f"accounts/{site.ids['account_id']}/users", "users", "active_docs",
            f"services/{site.product.pk}/proxy/mapping_rules", f"services/{site.product.pk}/features",
        )
        for link in _links(site.get(path))
    }  # fmt: skip
    assert len(found) > 30
    for href in found:
        path = href.removeprefix("http://testserver/admin/api/")
        if path.startswith("application_plans/") and path.count("/") == 1:
            continue  # 3scale has no such address either: its plans lie below products
        assert site.call("GET", f"{path}.json").status_code == 200, href


def _links(value: Any) -> list[dict[str, str]]:
    if isinstance(value, list):
        return [link for each in value for link in _links(each)]
    if isinstance(value, dict):
        return [
            *value.get("links", ()),
            *(link for each in value.values() for link in _links(each)),
        ]
    return []


def test_an_answer_that_is_known_already_is_not_sent_again(site: ManagementSite) -> None:
    path = f"services.json?access_token={site.token}"
    first = raw(site, "GET", path)
    assert raw(site, "GET", path, **{"If-None-Match": first["ETag"]}).status_code == 304
    site.put(f"services/{site.product.pk}", name="Renamed")
    assert raw(site, "GET", path, **{"If-None-Match": first["ETag"]}).status_code == 200
    assert first["Cache-Control"] == "private, no-cache"


def test_head_is_answered_like_get_without_the_body(site: ManagementSite) -> None:
    answer = raw(site, "HEAD", f"services.json?access_token={site.token}")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_browser_session_is_no_credential(site: ManagementSite) -> None:
    site.client.force_login(site.admin)
    assert raw(site, "GET", "services.json").status_code == 403


def test_errors_in_xml_are_sentences(site: ManagementSite) -> None:
    answer = site.call("POST", f"services/{site.product.pk}/metrics.xml", {})
    assert answer.status_code == 422
    assert answer.content.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<errors>\n"
        "  <error>Friendly name can't be blank</error>\n"
        "  <error>Unit can't be blank</error>\n"
        "</errors>\n"
    )
    rule = site.call("POST", f"services/{site.product.pk}/proxy/mapping_rules.xml", {})
    assert b"<error>Metric can't be blank</error>" in rule.content


def test_whatever_a_text_holds_the_xml_can_be_read(site: ManagementSite) -> None:
    odd = "<&\"'> ü 💥 ]]>"
    site.put(f"services/{site.product.pk}", description=odd)
    assert site.xml(f"services/{site.product.pk}").findtext("description") == odd


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("a=1&a=2", {"a": "2"}),
        ("a[]=1&a[]=2", {"a": ["1", "2"]}),
        ("a[b]=1&a[c][d]=2&a[c][e][]=3", {"a": {"b": "1", "c": {"d": "2", "e": ["3"]}}}),
        ("a]=1&[a]=2&a[[b]]=3&=4", {}),
    ],
)
def test_names_with_brackets_are_nested_values(query: str, values: dict[str, Any]) -> None:
    from django.http import QueryDict

    assert nested(QueryDict(query)) == values


@pytest.mark.parametrize(
    "query", ["a=1&a[b]=2", "a[b]=1&a=2", "a[]=1&a[b]=2", "a[b]=1&a[]=2", "a" + "[b]" * 9 + "=1"]
)
def test_a_name_that_is_two_things_at_once_is_refused(site: ManagementSite, query: str) -> None:
    from django.http import QueryDict

    with pytest.raises(NestingInvalid):
        nested(QueryDict(query))
    answer = raw(site, "GET", f"services.json?access_token={site.token}&{query}")
    assert answer.status_code == 400
