"""Publishing to the registry's tables, inside the caller's own transaction."""

import sqlite3
from importlib.resources import files

from tallygate.registry.records import (
    ALERT_LEVELS,
    PERIODS,
    AlertLimit,
    Application,
    Limit,
    Metric,
    Service,
)

KEEP_REVISIONS = 10_000

_OF_A_SERVICE = (
    "service_token", "application", "user_key", "application_key", "referrer_filter", "metric", "limit",
    "alert_limit",
)  # fmt: skip
"""Tables of what hangs on a service."""


_NEWER_COLUMNS = ("past_window_s", "future_window_s")
"""Those of services that tables made by the first versions do not have; in the order of the schema."""


def create_tables(connection: sqlite3.Connection) -> None:
    """Creates what is missing; changes nothing that is there. Commits nothing of the caller's own."""
    for statement in files("tallygate.registry").joinpath("schema.sql").read_text().split(";\n"):
        if statement.strip():
            connection.execute(statement)
    found = connection.execute("SELECT name FROM pragma_table_info('registry_service')")
    there = {name for (name,) in found}
    for column in _NEWER_COLUMNS:
        if column not in there:
            connection.execute(f"ALTER TABLE registry_service ADD COLUMN {column} INTEGER")


class RegistryWriter:
    """Writes through a connection that the caller owns; the caller begins and commits.

    Every change is noted in the journal, by which listeners learn what to forget. All `put_` methods
    create or replace; all `delete_` methods are silent when there is nothing to delete.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def put_service(self, service: Service) -> None:
        """Raises ValueError for an empty id or provider key."""
        if not service.id or not service.provider_key:
            raise ValueError("a service needs an id and a provider key")
        if service.default:
            former = self._execute(
                "UPDATE registry_service SET is_default = 0"
                " WHERE provider_key = ? AND id <> ? AND is_default RETURNING id",
                (service.provider_key, service.id),
            ).fetchall()
            for (service_id,) in former:
                self._changed(service_id)
        self._execute(
            "INSERT OR REPLACE INTO registry_service VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                service.id,
                service.provider_key,
                service.backend_version,
                service.state,
                service.referrer_filters_required,
                service.default,
                service.past_window_s,
                service.future_window_s,
            ),
        )
        self._changed(service.id)

    def delete_service(self, service_id: str) -> None:
        """Removes the service and all that hangs on it."""
        for table in _OF_A_SERVICE:
            self._execute(f"DELETE FROM registry_{table} WHERE service_id = ?", (service_id,))
        self._execute("DELETE FROM registry_service WHERE id = ?", (service_id,))
        self._changed(service_id)
        self._changed("")

    def clear(self) -> None:
        """Removes all services, and all that hangs on any."""
        for table in ("service", *_OF_A_SERVICE):
            self._execute(f"DELETE FROM registry_{table}")
        self._changed("")

    def change_provider_key(self, former: str, key: str) -> None:
        """Gives all services of a provider to another key; which one is the default stays as it is."""
        changed = self._execute(
            "UPDATE registry_service SET provider_key = ? WHERE provider_key = ? RETURNING id",
            (key, former),
        ).fetchall()
        for (service_id,) in changed:
            self._changed(service_id)
        self._changed("")

    def put_service_token(self, service_id: str, token: str) -> None:
        self._execute(
            "INSERT OR REPLACE INTO registry_service_token VALUES (?, ?)", (service_id, token)
        )
        self._changed(service_id)

    def delete_service_token(self, service_id: str, token: str) -> None:
        self._execute(
            "DELETE FROM registry_service_token WHERE service_id = ? AND token = ?",
            (service_id, token),
        )
        self._changed(service_id)

    def put_application(self, application: Application) -> None:
        self._execute(
            "INSERT OR REPLACE INTO registry_application VALUES (?, ?, ?, ?, ?, ?)",
            (
                application.service_id,
                application.id,
                application.state,
                application.plan_id,
                application.plan_name,
                application.redirect_url,
            ),
        )
        self._changed(application.service_id, application.id)

    def delete_application(self, service_id: str, application_id: str) -> None:
        """Removes the application with its keys, filters and user keys."""
        for table in ("user_key", "application_key", "referrer_filter"):
            self._execute(
                f"DELETE FROM registry_{table} WHERE service_id = ? AND application_id = ?",
                (service_id, application_id),
            )
        self._execute(
            "DELETE FROM registry_application WHERE service_id = ? AND id = ?",
            (service_id, application_id),
        )
        self._changed(service_id, application_id)

    def forget_application(self, service_id: str, application_id: str) -> None:
        """Removes it, and its name from the journal: listeners that are behind it look up everything anew."""
        self.delete_application(service_id, application_id)
        self._execute(
            "UPDATE registry_journal SET service_id = '', application_id = ''"
            " WHERE service_id = ? AND application_id = ?",
            (service_id, application_id),
        )

    def put_user_key(self, service_id: str, user_key: str, application_id: str) -> None:
        self._execute(
            "INSERT OR REPLACE INTO registry_user_key VALUES (?, ?, ?)",
            (service_id, user_key, application_id),
        )
        self._changed(service_id, application_id)

    def delete_user_key(self, service_id: str, user_key: str) -> None:
        rows = self._execute(
            "DELETE FROM registry_user_key WHERE service_id = ? AND user_key = ?"
            " RETURNING application_id",
            (service_id, user_key),
        ).fetchall()
        for (application_id,) in rows:
            self._changed(service_id, application_id)

    def put_application_key(self, service_id: str, application_id: str, value: str) -> None:
        self._execute(
            "INSERT OR REPLACE INTO registry_application_key VALUES (?, ?, ?)",
            (service_id, application_id, value),
        )
        self._changed(service_id, application_id)

    def delete_application_key(self, service_id: str, application_id: str, value: str) -> None:
        self._execute(
            "DELETE FROM registry_application_key"
            " WHERE service_id = ? AND application_id = ? AND value = ?",
            (service_id, application_id, value),
        )
        self._changed(service_id, application_id)

    def put_referrer_filter(self, service_id: str, application_id: str, value: str) -> None:
        self._execute(
            "INSERT OR REPLACE INTO registry_referrer_filter VALUES (?, ?, ?)",
            (service_id, application_id, value),
        )
        self._changed(service_id, application_id)

    def delete_referrer_filter(self, service_id: str, application_id: str, value: str) -> None:
        self._execute(
            "DELETE FROM registry_referrer_filter"
            " WHERE service_id = ? AND application_id = ? AND value = ?",
            (service_id, application_id, value),
        )
        self._changed(service_id, application_id)

    def put_metric(self, metric: Metric) -> None:
        self._execute(
            "INSERT OR REPLACE INTO registry_metric VALUES (?, ?, ?, ?)",
            (metric.service_id, metric.id, metric.name, metric.parent_id),
        )
        self._changed(metric.service_id)

    def delete_metric(self, service_id: str, metric_id: str) -> None:
        """Removes the metric and its limits in every plan of the service."""
        self._execute(
            "DELETE FROM registry_limit WHERE service_id = ? AND metric_id = ?",
            (service_id, metric_id),
        )
        self._execute(
            "DELETE FROM registry_metric WHERE service_id = ? AND id = ?", (service_id, metric_id)
        )
        self._changed(service_id)

    def put_limit(self, limit: Limit) -> None:
        """Raises ValueError for an unknown period or a negative value."""
        if limit.period not in PERIODS or limit.value < 0:
            raise ValueError(f"no such limit: {limit.period} {limit.value}")
        self._execute(
            "INSERT OR REPLACE INTO registry_limit VALUES (?, ?, ?, ?, ?)",
            (limit.service_id, limit.plan_id, limit.metric_id, limit.period, limit.value),
        )
        self._changed(limit.service_id)

    def delete_limit(self, service_id: str, plan_id: str, metric_id: str, period: str) -> None:
        self._execute(
            "DELETE FROM registry_limit"
            " WHERE service_id = ? AND plan_id = ? AND metric_id = ? AND period = ?",
            (service_id, plan_id, metric_id, period),
        )
        self._changed(service_id)

    def put_alert_limit(self, limit: AlertLimit) -> None:
        """Raises ValueError for a level that does not exist."""
        if limit.level not in ALERT_LEVELS:
            raise ValueError(f"no such alert level: {limit.level}")
        self._execute(
            "INSERT OR REPLACE INTO registry_alert_limit VALUES (?, ?)",
            (limit.service_id, limit.level),
        )
        self._changed(limit.service_id)

    def delete_alert_limit(self, service_id: str, level: int) -> None:
        self._execute(
            "DELETE FROM registry_alert_limit WHERE service_id = ? AND level = ?",
            (service_id, level),
        )
        self._changed(service_id)

    def _changed(self, service_id: str, application_id: str = "") -> None:
        revision = self._execute(
            "INSERT INTO registry_journal (service_id, application_id) VALUES (?, ?)"
            " RETURNING revision",
            (service_id, application_id),
        ).fetchone()[0]
        if revision % 1000 == 0:
            self._execute(
                "DELETE FROM registry_journal WHERE revision <= ?", (revision - KEEP_REVISIONS,)
            )
