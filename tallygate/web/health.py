"""Whether the console can answer."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe


@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """200 when pages can be served; 503 with the reason when the catalog cannot be read.

    The history is not asked: without it the site still works, and queries say what is wrong.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM catalog_provider LIMIT 1")
    except DatabaseError as error:
        return JsonResponse({"status": "unavailable", "reason": str(error)}, status=503)
    return JsonResponse({"status": "ok"})
