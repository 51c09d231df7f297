"""What has metrics and mapping rules: a product or a backend, with its pages and its place in the API."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from tallygate.catalog.access import Principal
from tallygate.catalog.models import Backend, Product
from tallygate.console.pages import find_backend, find_product

PRODUCT, BACKEND = "product", "backend"
KINDS = (PRODUCT, BACKEND)


@dataclass(frozen=True, slots=True)
class Owner:
    """
    Attributes:
        kind: 'product' or 'backend': also the field of metrics and rules that names it.
        api: Its path in the API.
    """

    record: Product | Backend
    kind: str
    api: str

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def ids(self) -> dict[str, int]:
        """The placeholders of its path in the API."""
        placeholder = "service_id" if self.kind == PRODUCT else "backend_api_id"
        return {placeholder: self.record.pk}

    @property
    def field(self) -> dict[str, Any]:
        """For new records of its: the owner."""
        return {self.kind: self.record}

    @property
    def edit_ability(self) -> str:
        """What one must be allowed to do to change its metrics and rules."""
        return f"edit_{self.kind}s"

    def url(self, page: str, *ids: int) -> str:
        """The address of a page below it: `metrics`, `rules`, ..."""
        return reverse(f"console:{self.kind}-{page}", args=[self.record.pk, *ids])

    def context(self) -> dict[str, Any]:
        """For templates: itself, also under its kind for the navigation."""
        return {"owner": self, self.kind: self.record}


def find(principal: Principal, kind: str, owner_id: int, *, changes: bool = False) -> Owner:
    """The product or backend, for one who may see it and, if so asked, change what it counts.

    Raises:
        Forbidden: They may not.
        Http404: There is none, or none that they may see.
    """
    principal.require(f"{'edit' if changes else 'see'}_{kind}s")
    if kind == PRODUCT:
        return Owner(find_product(principal, owner_id), kind, "services/{service_id}")
    return Owner(find_backend(principal, owner_id), kind, "backend_apis/{backend_api_id}")
