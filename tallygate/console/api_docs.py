"""The documents of the APIs, to be read and tried out in the browser."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from tallygate.api.openapi.documents import (
    ACCOUNT_MANAGEMENT,
    ANALYTICS,
    DOCUMENTS,
    SERVICE_MANAGEMENT,
    Document,
)
from tallygate.catalog.access import Principal, number_of
from tallygate.catalog.models import AccessToken
from tallygate.catalog.sections import SCOPE_SECTION
from tallygate.console.changes import changing
from tallygate.console.first_call import credentials
from tallygate.console.pages import action, find_product, page, show
from tallygate.web import runtime
from tallygate.web.security import content_security_policy

TOKEN_NAME = "API documentation"  # noqa: S105
TOKEN_FOR = timedelta(hours=1)
PRODUCTS = 200
"""Among how many products one may choose whose credentials are filled in."""

_SCOPES = {ACCOUNT_MANAGEMENT.name: "account_management", ANALYTICS.name: "stats"}
_PERMISSIONS = (
    (AccessToken.Permission.READ_ONLY.value, "Read only"),
    (AccessToken.Permission.READ_WRITE.value, "Read and write"),
)


@page
def listing(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The APIs, and where their documents are."""
    context = {"title": "API documentation", "documents": DOCUMENTS.values()}
    return show(request, principal, "console/api_docs.html", "api-docs", context)


@page
def document(request: HttpRequest, principal: Principal, name: str) -> HttpResponse:
    """One of them, with all that is needed to try it out but the credentials."""
    found = _find(name)
    context: dict[str, Any] = {
        "title": found.title,
        "document": found,
        "json_url": reverse("api-document", args=[name, "json"]),
        "yaml_url": reverse("api-document", args=[name, "yaml"]),
    }
    if name in _SCOPES:
        scope = _SCOPES[name]
        context |= {
            "permissions": _PERMISSIONS,
            "lacks": "" if SCOPE_SECTION[scope] in principal.sections else SCOPE_SECTION[scope],
        }
    elif found is SERVICE_MANAGEMENT and principal.may("edit_products"):
        context["products"] = principal.products().order_by("name", "pk")[:PRODUCTS]
        context["chosen"] = request.GET.get("product", "")
    answer = show(request, principal, "console/api_doc.html", "api-docs", context)
    if found.served_by == "listener":
        listener = urlsplit(settings.TALLYGATE.listener_url)
        policy = content_security_policy(connect=f"{listener.scheme}://{listener.netloc}")
        answer.headers["Content-Security-Policy"] = policy
    return answer


@action
def token(request: HttpRequest, principal: Principal, name: str) -> HttpResponse:
    """201 with the `value` of a new access token for an hour; the one before it ends. 422 for an unknown permission.

    It can do what its user may do, if they choose so, and is among their access tokens.
    """
    found = _find(name)
    permission = request.POST.get("permission", "")
    if name not in _SCOPES or principal.user is None:
        raise Http404
    if permission not in AccessToken.Permission.values:
        return JsonResponse({"error": "Permission is unknown"}, status=422)
    until = datetime.fromtimestamp(runtime.clock().now_s(), UTC) + TOKEN_FOR
    with changing(principal):
        former = principal.user.access_tokens.filter(name=_token_name(found), expires_at__lte=until)
        for each in former:
            each.delete()
        _, value = AccessToken.issue(
            principal.user, _token_name(found), [_SCOPES[name]], permission, until
        )
    return JsonResponse({"value": value}, status=201)


@action
def product_credentials(request: HttpRequest, principal: Principal) -> HttpResponse:
    """What a call for a product needs, by the names of the Service Management API. 404 for an unknown product."""
    principal.require("edit_products")
    number = number_of(request.POST.get("product", ""))
    if number is None:
        raise Http404
    return JsonResponse(credentials(find_product(principal, number)))


def _find(name: str) -> Document:
    if name not in DOCUMENTS:
        raise Http404
    return DOCUMENTS[name]


def _token_name(document: Document) -> str:
    return f"{TOKEN_NAME}: {document.title}"
