"""How Django finds the reports."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "tallygate.reports"
    label = "reports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tallygate.reports import preferences

        preferences.connect()
