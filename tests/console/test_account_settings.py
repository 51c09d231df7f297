"""The provider's own settings."""

from support.portal_pages import commands, member, record_of_changes, run, token_of

from tallygate.catalog.models import Provider

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
    (command,) = commands(portal.client.post("/settings/edit", GOOD | {"as_curl": "1"}))
    assert run(command, token).status_code == 200
    provider = Provider.objects.get()
    assert (provider.name, provider.time_zone) == ("Weather Inc", "Asia/Kathmandu")
