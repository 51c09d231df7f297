"""How Django finds the catalog."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "tallygate.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tallygate.catalog import deletion, publish, sources

        publish.connect(sources.SOURCES)
        deletion.connect()
