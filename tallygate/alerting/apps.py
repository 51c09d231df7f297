"""How Django finds the rules."""

from django.apps import AppConfig


class AlertingConfig(AppConfig):
    name = "tallygate.alerting"
    label = "alerting"
    default_auto_field = "django.db.models.BigAutoField"
