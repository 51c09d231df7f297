"""The notifications that a user of the portal may want, and which of them come unless unwanted."""

NOTIFICATIONS: dict[str, bool] = {
    "account_created": False,
    "account_deleted": False,
    "account_plan_change_requested": False,
    "application_created": False,
    "application_plan_change_requested": False,
    "cinstance_cancellation": False,
    "cinstance_expired_trial": False,
    "cinstance_plan_changed": False,
    "daily_report": False,
    "limit_alert_reached_provider": True,
    "limit_violation_reached_provider": True,
    "weekly_report": False,
}
"""Name -> whether it comes when the user has said nothing of it."""


def preferences(chosen: dict[str, bool]) -> dict[str, bool]:
    """What comes and what does not, with what the user has chosen."""
    return NOTIFICATIONS | chosen
