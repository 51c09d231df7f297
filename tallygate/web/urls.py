"""Where everything of the console is mounted."""

from django.urls import include, path

from tallygate.web import failures, health

urlpatterns = [
    path("healthz", health.healthz),
    path("stats/", include("tallygate.api.urls")),
    path("analytics/v1/", include("tallygate.api.v1.urls")),
    path("admin/api/", include("tallygate.api.management.urls")),
    path("internal/", include("tallygate.api.internal")),
    path("api-docs/", include("tallygate.api.openapi.urls")),
    path("unsubscribe/", include("tallygate.console.reports.unsubscribe")),
    path("developer", include("tallygate.developer.urls")),
    path("", include("tallygate.console.urls")),
]
handler400 = failures.bad_request
handler403 = failures.forbidden
handler404 = failures.not_found
handler500 = failures.server_error
