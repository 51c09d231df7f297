"""The provider's own settings."""

import pytest
from support.portal_pages import commands, member, record_of_changes, run, token_of

from tallygate.catalog.models import Provider
from tallygate.console.spans import NO_SPAN, TOO_LONG, read, span

GOOD = {"name": "Weather Inc", "time_zone": "Asia/Kathmandu", "support_email": "help@example.com"}


def test_name_time_zone_and_addresses_are_changed(portal):
    answer = portal.client.post("/settings/edit", GOOD)
    assert answer["Location"] == "/settings"
    provider = Provider.objects.get()
    assert (provider.name, provider.time_zone) == ("Weather Inc", "Asia/Kathmandu")
    assert provider.support_email == "help@example.com"
    assert record_of_changes()[0] == ("admin", "portal", "update", "provider")
    assert b"(GMT+05:45) Asia/Kathmandu" in portal.get("/settings").content


def test_pages_tell_the_time_in_the_new_zone_at_once(portal):
    portal.client.post("/settings/edit", GOOD)
    assert b"Asia/Kathmandu" in portal.traffic().content


def test_how_late_reports_may_be_is_told_in_words_and_kept_in_seconds(portal):
    page = portal.get("/settings").content.decode()
    assert "May be late by 1 day, as the installation has it" in page
    assert "May be ahead by 1 hour, as the installation has it" in page
    form = portal.get("/settings/edit").content.decode()
    assert form.count("Left blank, as the installation has it: 1 ") == 2
    portal.client.post(
        "/settings/edit", GOOD | {"past_window_s": "400 days", "future_window_s": "90 min"}
    )
    provider = Provider.objects.get()
    assert (provider.past_window_s, provider.future_window_s) == (34_560_000, 5_400)
    page = portal.get("/settings").content.decode()
    assert "May be late by 400 days<br>May be ahead by 90 minutes<" in page
    assert 'value="90 minutes"' in portal.get("/settings/edit").content.decode()
    portal.client.post("/settings/edit", GOOD)
    assert Provider.objects.get().past_window_s is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [("400", NO_SPAN), ("-1 day", NO_SPAN), ("1.5 h", NO_SPAN), ("two days", NO_SPAN),
     ("\u0663 days", NO_SPAN), ("40000 days", TOO_LONG), ("9" * 12 + "d", TOO_LONG)],
)  # fmt: skip
def test_what_is_no_length_of_time_changes_nothing(portal, typed, said):
    answer = portal.client.post("/settings/edit", GOOD | {"past_window_s": typed})
    assert (answer.status_code, answer.context["form"].errors) == (422, {"past_window_s": [said]})
    assert typed in answer.content.decode()
    assert Provider.objects.get().name != "Weather Inc"


@pytest.mark.parametrize("seconds", [0, 1, 59, 60, 61, 3_600, 5_400, 86_400, 90_000, 10**9])
def test_a_length_of_time_in_words_is_read_as_what_it_was(seconds):
    assert read(span(seconds)) == seconds


def test_what_is_wrong_stands_beside_its_field(portal):
    answer = portal.client.post(
        "/settings/edit", {"name": "", "time_zone": "Mars/Olympus", "support_email": "nobody"}
    )
    assert answer.context["form"].errors == {
        "name": ["can't be blank"], "time_zone": ["is invalid"],
        "support_email": ["must be an e-mail address"],
    }  # fmt: skip


def test_the_provider_key_is_for_admins(portal):
    key = portal.ids["provider"]["provider_key"]
    assert key in portal.get("/settings").content.decode()
    client = member(portal, "plans", "partners", "settings")
    page = client.get("/settings").content.decode()
    assert key not in page
    assert "Edit" not in page
    for path in ("/settings/edit", "/settings/provider-key"):
        assert client.get(path).status_code == 403
        assert client.post(path).status_code == 403


def test_a_new_provider_key_is_made_after_asking_and_the_old_one_is_refused(portal):
    key = portal.ids["provider"]["provider_key"]
    page = portal.get("/settings/provider-key").content.decode()
    assert "cannot be taken back" in page
    assert "curl" not in page
    assert portal.client.post("/settings/provider-key")["Location"] == "/settings"
    provider = Provider.objects.get()
    assert provider.provider_key != key
    path = "/admin/api/provider.json?provider_key="
    assert portal.get(path + key).status_code == 403
    assert portal.get(path + provider.provider_key).status_code == 200
    assert record_of_changes()[0] == ("admin", "portal", "update", "provider")


def test_the_commands_of_the_settings_do_what_the_pages_do(portal):
    token = token_of("admin")
    (command,) = commands(portal.get("/settings"))
    assert run(command, token).status_code == 200
    typed = GOOD | {"past_window_s": "400 days"}
    (command,) = commands(portal.client.post("/settings/edit", typed | {"as_curl": "1"}))
    assert run(command, token).status_code == 200
    provider = Provider.objects.get()
    assert (provider.name, provider.time_zone) == ("Weather Inc", "Asia/Kathmandu")
    assert provider.past_window_s == 34_560_000
    (command,) = commands(portal.client.post("/settings/edit", GOOD | {"as_curl": "1"}))
    assert run(command, token).status_code == 200
    assert Provider.objects.get().past_window_s is None
