"""The registry's tables as they are now: nothing is kept."""

import sqlite3
from collections.abc import Iterator
from typing import Final

from tallygate.registry.records import Application, Limit, Metric, Service

_NAMING: Final = {
    "application": "id",
    "user_key": "application_id",
    "application_key": "application_id",
    "referrer_filter": "application_id",
    "journal": "application_id",
}
"""Tables that name applications, and the column in which they do."""


class RegistryTables:
    """Reads through a connection that the caller owns, in whatever transaction it is in."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._rows = connection.execute

    def service(self, service_id: str) -> Service | None:
        row = self._rows("SELECT * FROM registry_service WHERE id = ?", (service_id,)).fetchone()
        if row is None:
            return None
        name, key, mode, state, filters_required, is_default, *windows_s = row
        return Service(name, key, mode, state, bool(filters_required), bool(is_default), *windows_s)

    def service_ids(self, provider_key: str) -> list[str]:
        """The services of a provider."""
        return self._column("SELECT id FROM registry_service WHERE provider_key = ?", provider_key)

    def default_service_id(self, provider_key: str) -> str | None:
        """The service that the provider's calls mean when they name none."""
        return self._one(
            "SELECT id FROM registry_service WHERE provider_key = ? AND is_default", provider_key
        )

    def tokens(self, service_id: str) -> list[str]:
        return self._column(
            "SELECT token FROM registry_service_token WHERE service_id = ?", service_id
        )

    def has_token(self, service_id: str, token: str) -> bool:
        return bool(
            self._column(
                "SELECT token FROM registry_service_token WHERE service_id = ? AND token = ?",
                service_id,
                token,
            )
        )

    def metrics(self, service_id: str) -> Iterator[Metric]:
        """In no order."""
        rows = self._rows("SELECT * FROM registry_metric WHERE service_id = ?", (service_id,))
        return (Metric(*row) for row in rows)

    def metric(self, service_id: str, metric_id: str) -> Metric | None:
        row = self._rows(
            "SELECT * FROM registry_metric WHERE service_id = ? AND id = ?", (service_id, metric_id)
        ).fetchone()
        return None if row is None else Metric(*row)

    def limits(self, service_id: str) -> Iterator[Limit]:
        """In no order."""
        rows = self._rows("SELECT * FROM registry_limit WHERE service_id = ?", (service_id,))
        return (Limit(*row) for row in rows)

    def limit(self, service_id: str, plan_id: str, metric_id: str, period: str) -> Limit | None:
        row = self._rows(
            "SELECT * FROM registry_limit"
            " WHERE service_id = ? AND plan_id = ? AND metric_id = ? AND period = ?",
            (service_id, plan_id, metric_id, period),
        ).fetchone()
        return None if row is None else Limit(*row)

    def alert_levels(self, service_id: str) -> list[int]:
        """Percentages of utilization, ascending."""
        rows = self._rows(
            "SELECT level FROM registry_alert_limit WHERE service_id = ? ORDER BY level",
            (service_id,),
        )
        return [int(level) for (level,) in rows]

    def application_ids(self, service_id: str) -> list[str]:
        return self._column("SELECT id FROM registry_application WHERE service_id = ?", service_id)

    def user_keys_of(self, service_id: str, application_id: str) -> list[str]:
        """The user keys by which an application is found."""
        return self._column(
            "SELECT user_key FROM registry_user_key WHERE service_id = ? AND application_id = ?",
            service_id,
            application_id,
        )

    def application(self, service_id: str, application_id: str) -> Application | None:
        row = self._rows(
            "SELECT * FROM registry_application WHERE service_id = ? AND id = ?",
            (service_id, application_id),
        ).fetchone()
        return None if row is None else Application(*row)

    def application_id_of(self, service_id: str, user_key: str) -> str | None:
        """The id of the application with this user key; the application itself may be missing."""
        return self._one(
            "SELECT application_id FROM registry_user_key WHERE service_id = ? AND user_key = ?",
            service_id,
            user_key,
        )

    def application_keys(self, service_id: str, application_id: str) -> list[str]:
        return self._column(
            "SELECT value FROM registry_application_key WHERE service_id = ? AND application_id = ?",
            service_id,
            application_id,
        )

    def referrer_filters(self, service_id: str, application_id: str) -> list[str]:
        return self._column(
            "SELECT value FROM registry_referrer_filter WHERE service_id = ? AND application_id = ?",
            service_id,
            application_id,
        )

    def traces(self, service_id: str, application_id: str) -> int:
        found = 0
        for table, column in _NAMING.items():
            sql = f"SELECT count(*) FROM registry_{table} WHERE service_id = ? AND {column} = ?"
            found += self._rows(sql, (service_id, application_id)).fetchone()[0]
        return found

    def _one(self, statement: str, *given: str) -> str | None:
        row = self._rows(statement, given).fetchone()
        return None if row is None else str(row[0])

    def _column(self, statement: str, *given: str) -> list[str]:
        return [str(value) for (value,) in self._rows(statement, given)]
