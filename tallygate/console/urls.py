"""The Admin Portal's addresses."""

from django.urls import path

from tallygate.console import (
    api_docs,
    backends,
    integration,
    product_forms,
    products,
    session,
    traffic,
    usage_rules,
)

app_name = "console"

urlpatterns = [
    path("", products.home, name="home"),
    path("login", session.sign_in_page, name="sign-in"),
    path("logout", session.sign_out, name="sign-out"),
    path("products", products.listing, name="products"),
    path("products/options", products.options, name="product-options"),
    path("products/new", product_forms.create, name="product-new"),
    path("products/<int:product_id>", products.product, name="product"),
    path("products/<int:product_id>/traffic", traffic.traffic, name="traffic"),
    path("products/<int:product_id>/traffic.csv", traffic.traffic_csv, name="traffic-csv"),
    path("products/<int:product_id>/edit", product_forms.edit, name="product-edit"),
    path("products/<int:product_id>/delete", product_forms.delete, name="product-delete"),
    path("products/<int:product_id>/integration", integration.integration, name="integration"),
    path("products/<int:product_id>/usage-rules", usage_rules.usage_rules, name="usage-rules"),
    path("api-docs", api_docs.listing, name="api-docs"),
    path(
        "api-docs/service-management/credentials",
        api_docs.product_credentials,
        name="api-doc-credentials",
    ),
    path("api-docs/<slug:name>", api_docs.document, name="api-doc"),
    path("api-docs/<slug:name>/token", api_docs.token, name="api-doc-token"),
    path("backends", backends.listing, name="backends"),
    path("backends/new", backends.create, name="backend-new"),
    path("backends/<int:backend_id>", backends.overview, name="backend"),
    path("backends/<int:backend_id>/edit", backends.edit, name="backend-edit"),
    path("backends/<int:backend_id>/delete", backends.delete, name="backend-delete"),
]
