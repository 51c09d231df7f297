"""Addresses of the pages of alert rules."""

from django.urls import path

from tallygate.console.alert_rules import incidents, rules

_HOME = "products/<int:product_id>/alert-rules"
_RULE = f"{_HOME}/<int:alert_rule_id>"

urlpatterns = [
    path(_HOME, rules.listing, name="alert-rules"),
    path(f"{_HOME}/new", rules.create, name="alert-rule-new"),
    path(f"{_HOME}/incidents", incidents.listing, name="incidents"),
    path(f"{_HOME}/notices/<int:notice_id>/send", incidents.send, name="notice-send"),
    path(f"{_RULE}/edit", rules.edit, name="alert-rule-edit"),
    path(f"{_RULE}/delete", rules.delete, name="alert-rule-delete"),
]
