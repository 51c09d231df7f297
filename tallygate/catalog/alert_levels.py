"""Who is told when an application's utilization reaches which levels."""

from django.core.exceptions import ValidationError

from tallygate.registry.records import ALERT_LEVELS

LEVELS = tuple(level for level in ALERT_LEVELS if level)
"""Percent of a limit."""

AUDIENCES = ("web_provider", "email_provider", "web_buyer", "email_buyer")
"""The provider's users and the account's, on pages and by mail."""


def validate_alert_levels(value: object) -> None:
    """Raises ValidationError unless `value` maps some of AUDIENCES to lists of LEVELS."""
    if not isinstance(value, dict):
        raise ValidationError("must be an object", code="unknown")
    for audience, levels in value.items():
        if audience not in AUDIENCES:
            raise ValidationError(f"can only have {', '.join(AUDIENCES)}", code="unknown")
        if not isinstance(levels, list) or not set(map(str, levels)) <= set(map(str, LEVELS)):
            raise ValidationError(f"levels are {', '.join(map(str, LEVELS))}", code="unknown")


def levels_of(notification_settings: dict[str, list[int]]) -> list[int]:
    """All levels of which anybody is told, ascending."""
    return sorted({int(level) for levels in notification_settings.values() for level in levels})
