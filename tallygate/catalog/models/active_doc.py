"""The description of an API, for developers to read and try."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from tallygate.catalog import names
from tallygate.catalog.models.base import CatalogModel, text, unique
from tallygate.catalog.models.product import Product
from tallygate.catalog.models.provider import Provider
from tallygate.catalog.words import BLANK

_VERSIONS = ("swagger", "openapi", "swaggerVersion")


class ActiveDoc(CatalogModel):
    """A Swagger or OpenAPI document, kept to the letter.

    Attributes:
        product: What it describes, if it is about one product.
        body: The document as JSON.
        published: Whether developers see it.
        skip_swagger_validations: Whether any JSON will do.
    """

    IMMUTABLE = ("provider", "system_name")
    TAKEN_FIELD = {"active_doc_system_name": "system_name"}

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="active_docs")
    product = models.ForeignKey(
        Product, models.CASCADE, null=True, blank=True, related_name="active_docs"
    )
    name = text()
    system_name = text(blank=True, validators=[names.validate_system_name])
    description = models.TextField(blank=True)
    body = models.TextField(error_messages={"blank": BLANK, "null": BLANK})
    published = models.BooleanField(default=False)
    skip_swagger_validations = models.BooleanField(default=False)

    class Meta(CatalogModel.Meta):
        constraints = [unique("provider", "system_name", name="active_doc_system_name")]

    def __str__(self) -> str:
        return self.name

    def prepare(self) -> None:
        if not self.system_name:
            others = ActiveDoc.objects.filter(provider_id=self.provider_id)
            self.system_name = names.from_human(
                self.name, "spec", lambda name: others.filter(system_name=name).exists()
            )

    def clean(self) -> None:
        if self.product is not None and self.product.provider_id != self.provider_id:
            raise ValidationError({"product": "not found"})
        if self.body.strip():
            self._check_document()

    def _check_document(self) -> None:
        try:
            document: Any = json.loads(self.body)
        except (ValueError, RecursionError):
            raise ValidationError({"body": "JSON Spec is invalid"}) from None
        known = isinstance(document, dict) and any(name in document for name in _VERSIONS)
        if not known and not self.skip_swagger_validations:
            raise ValidationError({"body": "must name its version of Swagger or OpenAPI"})
