"""From an empty folder to a provider who can make a counted call."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tallygate.catalog import access
from tallygate.catalog.bootstrap import bootstrap, migrate, set_up
from tallygate.catalog.models import AccessToken, Application, Product, Provider, User
from tallygate.catalog.sign_in import sign_in
from tallygate.settings import Settings

PROGRAM = """
import json, sys
from tallygate.catalog.bootstrap import bootstrap
from tallygate.settings import load
print(json.dumps(bootstrap(load(home=sys.argv[1]))))
"""
ROOT = Path(__file__).parents[2]


def start(home: Path, program: str = PROGRAM) -> "subprocess.Popen[str]":
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TALLYGATE_")},
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.Popen(
        [sys.executable, "-c", program, str(home)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


def result(process: "subprocess.Popen[str]") -> dict[str, Any]:
    answer, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    made: dict[str, Any] = json.loads(answer)
    return made


def ids(made: dict[str, Any]) -> dict[str, Any]:
    return {
        name: part["id"] for name, part in made.items() if isinstance(part, dict) and "id" in part
    }


def test_it_makes_all_that_a_counted_call_needs(bootstrapped: dict[str, Any]) -> None:
    assert {
        name: sorted(part) for name, part in bootstrapped.items() if isinstance(part, dict)
    } == {
        "provider": ["id", "provider_key"],
        "admin": ["password", "username"],
        "product": ["id", "service_token", "system_name"],
        "plan": ["id"],
        "account": ["id"],
        "application": ["id", "user_key"],
    }
    assert all(type(key) is int for key in ids(bootstrapped).values())
    assert bootstrapped["not_shown"] == []
    application = Application.objects.get(pk=bootstrapped["application"]["id"])
    assert application.state == "live"
    assert application.user_key == bootstrapped["application"]["user_key"]
    assert application.plan_id == bootstrapped["plan"]["id"]
    assert application.account_id == bootstrapped["account"]["id"]
    assert application.product.hits.system_name == "hits"


def test_its_password_signs_in_and_its_token_may_do_everything(
    bootstrapped: dict[str, Any],
) -> None:
    admin = sign_in("admin", bootstrapped["admin"]["password"], "1.1.1.1")
    assert admin.role == "admin"
    token = AccessToken.objects.get()
    assert token.digest not in bootstrapped["access_token"]
    assert token.permission == "rw"
    assert set(token.scopes) == {"account_management", "stats", "finance", "policy_registry", "cms"}
    assert access.for_user(admin).product(bootstrapped["product"]["id"])


def test_a_later_run_gives_the_same_and_says_what_it_cannot_show(
    bootstrapped: dict[str, Any], django_home: Path
) -> None:
    again = bootstrap(Settings(home=django_home))
    assert again.pop("not_shown") == ["access_token", "admin.password"]
    assert again.pop("access_token") is None
    assert again["admin"].pop("password") is None
    shown = {name: dict(part) for name, part in bootstrapped.items() if isinstance(part, dict)}
    shown["admin"].pop("password")
    assert again == shown
    assert Provider.objects.count() == User.objects.count() == Product.objects.count() == 1


def test_what_was_deleted_is_made_again_and_the_rest_is_kept(
    bootstrapped: dict[str, Any], django_home: Path
) -> None:
    Application.objects.all().delete()
    again = bootstrap(Settings(home=django_home))
    assert again["application"]["id"] != bootstrapped["application"]["id"]
    kept = ids(again) | {"application": bootstrapped["application"]["id"]}
    assert kept == ids(bootstrapped)


def test_a_revoked_token_does_not_come_back(
    bootstrapped: dict[str, Any], django_home: Path
) -> None:
    AccessToken.objects.all().delete()
    assert bootstrap(Settings(home=django_home))["access_token"] is None
    assert not AccessToken.objects.exists()


def test_no_secret_that_need_not_be_read_again_is_in_the_file(home: Path) -> None:
    made = result(start(home))
    stored = b"".join(path.read_bytes() for path in home.glob("tallygate.db*"))
    assert made["admin"]["password"].encode() not in stored
    assert made["access_token"].encode() not in stored
    assert made["application"]["user_key"].encode() in stored


def test_only_the_owner_may_read_the_home(home: Path) -> None:
    result(start(home))
    for path in (home, home / "tallygate.db", home / "secrets.json"):
        assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), path


def test_runs_at_the_same_time_agree(home: Path) -> None:
    results = [result(process) for process in [start(home) for _ in range(3)]]
    assert len({json.dumps(ids(made)) for made in results}) == 1
    assert len([made for made in results if made["access_token"]]) == 1


@pytest.mark.service
@pytest.mark.parametrize("after_s", [0.15, 0.3, 0.45, 0.6, 0.75])
def test_killed_at_any_moment_the_next_run_completes_it(home: Path, after_s: float) -> None:
    process = start(home)
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    made = result(start(home))
    assert ids(made) == {"provider": 1, "product": 1, "plan": 1, "account": 1, "application": 1}
    with sqlite3.connect(home / "tallygate.db") as connection:
        published = connection.execute("SELECT id FROM registry_service").fetchall()
    connection.close()
    assert published == [("1",)]


REFUSAL = """
import sys
from tallygate.catalog.bootstrap import bootstrap
from tallygate.domain.errors import InputError
from tallygate.settings import load
try:
    bootstrap(load(home=sys.argv[1]))
except InputError as error:
    print(error)
"""


def test_a_folder_that_cannot_be_used_is_told_in_words(home: Path) -> None:
    home.write_text("a file where the folder should be")
    process = start(home, REFUSAL)
    assert "the data folder cannot be used" in process.communicate(timeout=60)[0]


def test_a_database_that_is_none_is_told_in_words_and_left_alone(home: Path) -> None:
    home.mkdir()
    database = home / "tallygate.db"
    database.write_text("not a database, however long it is" * 1000)
    process = start(home, REFUSAL)
    assert "file is not a database" in process.communicate(timeout=60)[0]
    assert database.read_text().startswith("not a database")


def test_a_start_drops_sessions_that_have_expired_and_keeps_the_others(
    catalog: Settings,
) -> None:
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    now = timezone.now()
    for key, days in (("over", -1), ("running", 1)):
        Session.objects.create(
            session_key=key, session_data="", expire_date=now + timezone.timedelta(days=days)
        )
    migrate(catalog)
    assert list(Session.objects.values_list("session_key", flat=True)) == ["running"]


def test_one_process_works_on_one_home(bootstrapped: dict[str, Any], home: Path) -> None:
    before = dict(os.environ)
    with pytest.raises(RuntimeError, match="works on"):
        set_up(Settings(home=home))
    assert dict(os.environ) == before
