"""What a provider looks at again and again."""

import re
from typing import Final

from django.core.exceptions import ValidationError
from django.db import models

from tallygate.catalog.models.base import CatalogModel, text, unique
from tallygate.catalog.models.product import Product
from tallygate.catalog.models.provider import Provider

_OWN_PAGE: Final = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
"""A path and a query of this site: nothing that a browser takes for another one."""
_OF_PRODUCT: Final = re.compile(r"/products/([0-9]{1,18})(?:[/?#]|\Z)")

NO_PAGE: Final = "must be the path of a page here, such as /products/1/traffic?frame=30d"


class SavedView(CatalogModel):
    """A page of the portal with all that was chosen on it, under a name.

    Attributes:
        url: The page's path and query.
        product: The product whose page it is; follows from the URL.
    """

    IMMUTABLE = ("provider",)
    TAKEN_FIELD = {"saved_view_name": "name"}

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="saved_views")
    name = text()
    url = text(2000)
    product = models.ForeignKey(
        Product, models.CASCADE, null=True, blank=True, related_name="saved_views"
    )

    class Meta(CatalogModel.Meta):
        ordering = ["name", "pk"]
        constraints = [unique("provider", "name", name="saved_view_name")]

    def __str__(self) -> str:
        return self.name

    def prepare(self) -> None:
        found = _OF_PRODUCT.match(self.url)
        self.product = Product.objects.filter(pk=int(found[1])).first() if found else None

    def clean(self) -> None:
        if not _OWN_PAGE.fullmatch(self.url):
            raise ValidationError({"url": NO_PAGE})
        of_product = _OF_PRODUCT.match(self.url) is not None
        if of_product and (self.product is None or self.product.provider_id != self.provider_id):
            raise ValidationError({"url": "names a product that does not exist"})
