"""The OpenAPI documents, mounted under `/api-docs/`. They are for everybody: they say nothing of whose installation it is."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import conditional_page, require_safe

from tallygate.api.openapi.documents import DOCUMENTS, TYPES


@require_safe
@conditional_page
def document(request: HttpRequest, name: str, form: str) -> HttpResponse:
    """A document as JSON or YAML; with `download` as a file. 404 where there is none."""
    found = DOCUMENTS.get(name)
    if found is None or form not in TYPES:
        raise Http404
    here = request.build_absolute_uri("/").rstrip("/")
    server_url = here if found.served_by == "console" else settings.TALLYGATE.listener_url
    answer = HttpResponse(found.written(form, server_url), content_type=TYPES[form])
    answer.headers["Cache-Control"] = "no-cache"
    if "download" in request.GET:
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return answer


urlpatterns = [path("<slug:name>.<slug:form>", document, name="api-document")]
