"""Creating applications by the Account Management API: applications per second, each durable and in the registry."""

import http.client
import json
import sqlite3
import tempfile
import threading
import time
from pathlib import Path

from tests.support.installation import Installation

APPLICATIONS = 10_000
COMMITS = 2_000


def main() -> None:
    """10,000 applications, one POST each; one client, then four at once."""
    with tempfile.TemporaryDirectory() as folder, Installation(Path(folder) / "home") as running:
        bare = _commits_per_second(Path(folder))
        print(
            f"   bare commits of one row  {bare:,.0f} per second (SQLite, each synced; the baseline)"
        )
        for clients in (1, 4):
            made = _create_all(running, clients)
            print(
                f"   created, {clients} client(s)     {made:,.0f} applications/s, ratio to bare {made / bare:.3f}"
            )
        _, total = _call(_connection(running), "GET", _path(running, "applications", per_page=1))
        assert total["metadata"]["total_entries"] == APPLICATIONS * 2 + 1


def _commits_per_second(folder: Path) -> float:
    """What the disk and SQLite alone allow for."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE bare (name TEXT)")
    begun = time.perf_counter()
    for number in range(COMMITS):
        connection.execute("INSERT INTO bare VALUES (?)", (f"Application {number}",))
    took_s = time.perf_counter() - begun
    connection.close()
    return COMMITS / took_s


def _create_all(running: Installation, clients: int) -> float:
    path = _path(running, f"accounts/{running.ids['account']['id']}/applications")
    body = json.dumps({"name": "Application", "plan_id": running.ids["plan"]["id"]}).encode()

    def client() -> None:
        connection = _connection(running)
        for _ in range(APPLICATIONS // clients):
            status, answer = _call(connection, "POST", path, body)
            assert status == 201, answer

    threads = [threading.Thread(target=client) for _ in range(clients)]
    begun = time.perf_counter()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return APPLICATIONS / (time.perf_counter() - begun)


def _path(running: Installation, path: str, **query: object) -> str:
    given = {"access_token": running.ids["access_token"], **query}
    return f"/admin/api/{path}.json?" + "&".join(f"{name}={value}" for name, value in given.items())


def _connection(running: Installation) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", running.console.port)


def _call(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None
) -> tuple[int, dict[str, dict[str, int]]]:
    connection.request(method, path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())
