"""A product's own pages: made, described, integrated, deleted."""

import pytest
from support.catalog_data import application, plan, use
from support.catalog_data import backend as make_backend
from support.catalog_data import product as make_product
from support.catalog_data import provider as make_provider
from support.portal_pages import commands, member, record_of_changes, run, token_of

from tallygate.catalog.models import AuditEntry, Product, ProxyConfig
from tallygate.console.integration import MEANWHILE, IntegrationForm


def filled(portal, path, **changed):
    """What a browser sends that changes only this of the form that the page shows."""
    form = portal.get(path).context["form"]
    values = {}
    for name in form.fields:
        value = form[name].value()
        if value is True:
            values[name] = "on"
        elif value is not False and value is not None:
            values[name] = value
    for name, value in changed.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value
    return values


def change(portal, page, client=None, **changed):
    path = f"/products/{portal.product.pk}/{page}"
    return (client or portal.client).post(path, filled(portal, path, **changed))


def test_a_product_is_created_and_its_page_comes_next(portal):
    answer = portal.client.post("/products/new", {"name": "Weather", "description": "Rain"})
    made = Product.objects.get(name="Weather")
    assert answer["Location"] == f"/products/{made.pk}"
    assert (made.system_name, made.description) == ("weather", "Rain")
    assert record_of_changes()[0] == ("admin", "portal", "create", "product")
    assert made.hits.system_name == "hits"


def test_a_taken_system_name_is_told_while_one_types_and_when_one_saves(portal):
    given = {"name": "X", "system_name": portal.product.system_name}
    checked = portal.client.post("/products/new", given | {"check": "system_name"})
    assert b"System name has already been taken" in checked.content
    assert portal.client.post("/products/new", given).status_code == 422


def test_a_product_is_described_and_its_state_changes_by_its_events_only(portal):
    assert portal.product.state == "published"
    path = f"/products/{portal.product.pk}/edit"
    offered = [event for event, _ in portal.get(path).context["form"].fields["state_event"].choices]
    assert offered == ["", "hide", "take_offline", "deprecate"]
    change(portal, "edit", name="Rain", support_email="help@example.com", state_event="hide")
    product = portal.product
    assert (product.name, product.support_email, product.state) == ("Rain", "help@example.com", "hidden")  # fmt: skip
    wrong = change(portal, "edit", support_email="nobody", state_event="complete")
    assert wrong.context["form"].errors == {
        "support_email": ["must be an e-mail address"],
        "state_event": ["is invalid"],
    }
    assert b"State is invalid" in wrong.content


def test_a_product_goes_with_all_that_hangs_on_it_after_a_question(portal):
    other = make_product(portal.product.provider, name="Other")
    application(plan(other))
    path = f"/products/{other.pk}/delete"
    question = portal.get(path).content.decode()
    for told in ("1 application<", "1 application plan", "1 metric", "1 mapping rule"):
        assert told in question
    assert portal.client.post(path)["Location"] == "/products"
    assert not Product.objects.filter(pk=other.pk).exists()


def test_the_last_product_stays(portal):
    path = f"/products/{portal.product.pk}/delete"
    assert b"The last product stays" in portal.get(path).content
    refused = portal.client.post(path)
    assert refused.status_code == 409
    assert b"This service cannot be removed" in refused.content


def test_integration_changes_product_and_proxy_and_makes_a_new_configuration(portal):
    use(portal.product, make_backend(portal.product.provider))
    answer = change(
        portal,
        "integration",
        backend_version="2",
        auth_app_id="client",
        credentials_location="headers",
        error_status_no_match="410",
    )
    assert answer.status_code == 302
    product = portal.product
    assert product.backend_version == "2"
    proxy = product.proxy
    assert (proxy.auth_app_id, proxy.credentials_location) == ("client", "headers")
    assert (proxy.error_status_no_match, proxy.lock_version) == (410, 1)
    config = ProxyConfig.objects.get(product=product)
    assert config.content["proxy"]["error_status_no_match"] == 410
    assert config.content["backend_version"] == "2"
    kinds = {(action, kind) for _, _, action, kind in record_of_changes()}
    assert {("update", "product"), ("update", "proxy"), ("create", "proxyconfig")} <= kinds


def test_all_that_is_wrong_with_an_integration_is_told_and_nothing_is_changed(portal):
    answer = change(
        portal,
        "integration",
        backend_version="9",
        auth_user_key="user key",
        endpoint="nowhere",
        error_status_no_match="99",
        error_status_auth_failed="x",
        error_auth_failed="",
    )
    assert answer.status_code == 422
    assert answer.context["form"].errors == {
        "backend_version": ["is invalid"],
        "auth_user_key": ["may have letters, digits, '_' and '-'"],
        "endpoint": ["must be an http or https URL"],
        "error_status_no_match": ["must be greater than or equal to 200"],
        "error_status_auth_failed": ["is not a number"],
        "error_auth_failed": ["can't be blank"],
    }
    assert portal.product.proxy.lock_version == 0


def test_who_saves_over_somebody_elses_change_is_told_first(portal):
    path = f"/products/{portal.product.pk}/integration"
    mine = filled(portal, path, endpoint="https://mine.example.com")
    change(portal, "integration", endpoint="https://theirs.example.com")
    first = portal.client.post(path, mine)
    assert first.status_code == 422
    assert MEANWHILE in first.content.decode()
    assert b"https://mine.example.com" in first.content
    again = dict(mine, lock_version=first.context["form"]["lock_version"].value())
    assert portal.client.post(path, again).status_code == 302
    assert portal.product.proxy.endpoint == "https://mine.example.com"


def test_usage_rules_are_switches_and_levels(portal):
    answer = change(
        portal,
        "usage-rules",
        buyers_manage_keys=None,
        buyer_plan_change_permission="none",
        email_provider=["100", "80"],
    )
    assert answer.status_code == 302
    product = portal.product
    assert (product.buyers_manage_keys, product.buyers_manage_apps) == (False, True)
    assert product.buyer_plan_change_permission == "none"
    assert product.notification_settings == {"email_provider": [80, 100]}
    assert change(portal, "usage-rules", web_buyer=["81"]).status_code == 422


@pytest.mark.parametrize("page", ["edit", "integration", "usage-rules"])
def test_each_page_tells_the_calls_that_do_the_same(portal, page):
    """Copied and run, they leave the product as the form would."""
    use(portal.product, make_backend(portal.product.provider))
    token = token_of("admin")
    changed = {
        "edit": {"name": "Rain", "description": "a\nb", "state_event": "hide"},
        "integration": {"backend_version": "2", "endpoint": "https://x.example.com", "oidc_issuer_type": "rest"},
        "usage-rules": {"intentions_required": "on", "mandatory_app_key": None, "web_buyer": ["90"]},
    }[page]  # fmt: skip
    told = commands(change(portal, page, as_curl="1", **changed))
    assert told == commands(change(portal, page, as_curl="1", **changed))
    for command in told:
        assert run(command, token).status_code == 200, command
    change(portal, page, **changed)
    left = [
        entry.after for entry in AuditEntry.objects.filter(via="portal").exclude(kind="proxyconfig")
    ]
    assert {column for after in left for column in after} <= {"lock_version"}


def test_unchanged_pages_tell_calls_that_change_nothing(portal):
    token = token_of("admin")
    for page in ("edit", "integration", "usage-rules"):
        for command in commands(portal.get(f"/products/{portal.product.pk}/{page}")):
            assert run(command, token).status_code == 200, command
    assert not {kind for _, _, action, kind in record_of_changes() if action == "update"} - {
        "proxy"
    }


def test_fields_that_matter_in_one_mode_only_say_so(portal):
    page = portal.get(f"/products/{portal.product.pk}/integration").content.decode()
    assert page.count('data-when="backend_version=1"') == 1
    assert page.count('data-when="backend_version=2"') == 2
    assert page.count('data-when="backend_version=oidc"') == 4
    assert set(IntegrationForm.WHEN) <= set(IntegrationForm.base_fields)


@pytest.mark.parametrize("page", ["edit", "integration", "usage-rules", "delete"])
def test_only_who_may_change_products_gets_there_and_only_to_their_own(portal, page):
    path = f"/products/{portal.product.pk}/{page}"
    allowed = 403 if page == "delete" else 200
    assert member(portal, "plans").get(path).status_code == allowed
    for client in (member(portal, "partners"), member(portal, "monitoring"), member(portal)):
        assert client.get(path).status_code == 403
        assert client.post(path, {"name": "Mine now"}).status_code == 403
    hidden = member(portal, "plans", products=[])
    assert hidden.get(path).status_code == (403 if page == "delete" else 404)
    foreign = make_product(make_provider())
    assert portal.get(f"/products/{foreign.pk}/{page}").status_code == 404
    assert portal.product.name == "API"
