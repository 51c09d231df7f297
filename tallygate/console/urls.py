"""The Admin Portal's addresses."""

from django.urls import path

from tallygate.console import products, session, traffic

app_name = "console"

urlpatterns = [
    path("", products.home, name="home"),
    path("login", session.sign_in_page, name="sign-in"),
    path("logout", session.sign_out, name="sign-out"),
    path("products", products.listing, name="products"),
    path("products/options", products.options, name="product-options"),
    path("products/<int:product_id>", products.product, name="product"),
    path("products/<int:product_id>/traffic", traffic.traffic, name="traffic"),
    path("products/<int:product_id>/traffic.csv", traffic.traffic_csv, name="traffic-csv"),
]
