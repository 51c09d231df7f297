"""Deleting all that the tables hold of a product, and counting it."""

from tallygate.history.deletion import Deletion
from tallygate.history.schema import RAW, ROLLUPS, Table


class Forgetting:
    """Deletes a product's rows from every table. Doing it twice is the same as doing it once."""

    def __init__(self, deletion: Deletion) -> None:
        self._deletion = deletion

    def forget(self, product: str) -> None:
        """Returns when nothing is left of the product.

        Raises:
            StillDeleting: It is not gone yet; the next call goes on.
            HistoryUnavailable: The engine cannot do it now.
        """
        for table in (RAW, *ROLLUPS):
            self._deletion.delete(table, _of_product(table), product=product)

    def rows(self, product: str) -> dict[str, int]:
        """By table, how many rows it has of the product.

        Raises:
            HistoryUnavailable: The engine cannot answer now.
        """
        return {
            table.name: self._deletion.count(table, _of_product(table), product=product)
            for table in (RAW, *ROLLUPS)
        }


def _of_product(table: Table) -> str:
    """The rows of a product. The marks, which are no product's, stay."""
    return "product = {product}" if table is RAW else "product = {product} AND series != ''"
