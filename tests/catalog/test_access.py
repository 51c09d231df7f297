"""Who may see what: the same for pages and APIs."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.test import RequestFactory
from support import catalog_data as made

from tallygate.catalog import access
from tallygate.catalog.models import AccessToken, Product, Provider, User
from tallygate.catalog.sections import SCOPES, SECTIONS
from tallygate.domain.clock import ManualClock

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CLOCK = ManualClock.at(NOW.timestamp())


@pytest.fixture
def product(catalog: object) -> Product:
    return made.product()


def user(provider: Provider, role: str = "admin", **values: object) -> User:
    number = User.objects.count()
    return User.objects.create(
        provider=provider, username=f"user{number}", password="!", role=role, **values
    )


def token(owner: User, *scopes: str, permission: str = "ro", **values: datetime) -> str:
    return AccessToken.issue(owner, "test", scopes or SCOPES, permission, **values)[1]


def ask(request: HttpRequest, scope: str = "stats") -> access.Principal:
    return access.principal(request, scope, clock=CLOCK)


def get(**query: str) -> HttpRequest:
    return RequestFactory().get("/stats/x.json", query)


def basic(text: str) -> HttpRequest:
    encoded = base64.b64encode(text.encode()).decode()
    return RequestFactory().get("/stats/x.json", headers={"Authorization": f"Basic {encoded}"})


def body(**values: object) -> HttpRequest:
    return RequestFactory().generic(
        "GET", "/stats/x.json", json.dumps(values), content_type="application/json"
    )


PLACES: dict[str, Callable[[str, str], HttpRequest]] = {
    "query": lambda name, value: get(**{name: value}),
    "form": lambda name, value: RequestFactory().post("/x", {name: value}),
    "JSON body on GET": lambda name, value: body(**{name: value}),
    "Basic user name": lambda _, value: basic(f"{value}:"),
    "Basic password": lambda _, value: basic(f":{value}"),
    "Basic without colon": lambda _, value: basic(value),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=list(PLACES))
def test_a_token_and_a_provider_key_are_read_from_every_place(
    product: Product, place: Callable[[str, str], HttpRequest]
) -> None:
    value = token(user(product.provider), permission="rw")
    assert ask(place("access_token", value)).provider == product.provider
    assert ask(place("provider_key", product.provider.provider_key)).user is None


@pytest.mark.parametrize(
    "request_",
    [
        get(),
        get(access_token=""),
        get(access_token="unknown"),
        get(provider_key="unknown"),
        body(access_token=None),
        body(access_token=["a"]),
        basic(":"),
        basic("unknown:unknown"),
        RequestFactory().get("/x", headers={"Authorization": "Basic %%%"}),
        RequestFactory().get("/x", headers={"Authorization": "Basic /w=="}),
        RequestFactory().get("/x", headers={"Authorization": "Bearer abc"}),
        RequestFactory().generic("GET", "/x", b"{\xff", content_type="application/json"),
        RequestFactory().generic("GET", "/x", b"[1]", content_type="application/json"),
    ],
)
def test_without_a_known_credential_access_is_denied(
    product: Product, request_: HttpRequest
) -> None:
    with pytest.raises(access.AccessDenied) as refused:
        ask(request_)
    assert (refused.value.status, refused.value.json) == (403, b'{"error":"Access denied"}')


def test_a_token_ends_when_it_expires(product: Product) -> None:
    owner = user(product.provider)
    assert ask(get(access_token=token(owner, expires_at=NOW + timedelta(seconds=1))))
    for expires_at in (NOW, NOW - timedelta(days=1)):
        with pytest.raises(access.AccessDenied):
            ask(get(access_token=token(owner, expires_at=expires_at)))


def test_only_a_digest_of_a_token_is_stored(product: Product) -> None:
    value = token(user(product.provider))
    stored = AccessToken.objects.values_list().get()
    assert len(value) == 96
    assert value not in repr(stored)
    assert AccessToken.objects.get().digest.startswith("SHA384$")


def test_a_token_works_only_for_its_scopes(product: Product) -> None:
    value = token(user(product.provider), "account_management")
    assert ask(get(access_token=value), "account_management")
    with pytest.raises(access.NotPermitted) as refused:
        ask(get(access_token=value), "stats")
    assert refused.value.json == (
        b'{"error":"Your access token does not have the correct permissions"}'
    )


def test_a_read_only_token_cannot_write(product: Product) -> None:
    owner = user(product.provider)
    post = RequestFactory().post
    assert ask(post("/x", {"access_token": token(owner, permission="rw")}))
    with pytest.raises(access.NotPermitted):
        ask(post("/x", {"access_token": token(owner, permission="ro")}))


@pytest.mark.parametrize("section", SECTIONS)
def test_a_members_token_needs_the_members_section(product: Product, section: str) -> None:
    member = user(product.provider, "member", allowed_sections=[section])
    value = token(member)
    if section == "monitoring":
        assert ask(get(access_token=value)).sections == {section}
    else:
        with pytest.raises(access.NotPermitted):
            ask(get(access_token=value))


def test_a_member_sees_the_products_given_to_them(product: Product) -> None:
    other = made.product(product.provider)
    here, there = made.application(made.plan(product)), made.application(made.plan(other))

    def member(ids: list[int] | None) -> access.Principal:
        allowed = {"allowed_sections": ["monitoring"], "allowed_product_ids": ids}
        return access.for_user(user(product.provider, "member", **allowed))

    assert set(member(None).products()) == {product, other}
    assert set(member([]).products()) == set()
    some = member([product.pk])
    assert list(some.products()) == [product]
    assert some.product(product.pk) == product
    assert some.application(here.pk) == here
    with pytest.raises(access.ServiceNotFound):
        some.product(other.pk)
    with pytest.raises(access.Forbidden) as refused:
        some.application(there.pk)
    assert (refused.value.status, refused.value.json) == (403, b'{"status":"Forbidden"}')


def test_an_admin_sees_everything_of_their_provider_whatever_a_whitelist_says(
    product: Product,
) -> None:
    who = access.for_user(user(product.provider, allowed_product_ids=[]))
    assert who.sections == set(SECTIONS)
    assert list(who.products()) == [product]


def test_what_belongs_to_another_provider_does_not_exist(product: Product) -> None:
    stranger = made.provider()
    application = made.application(made.plan(product))
    backend = made.backend(product.provider)
    for who in (
        access.for_user(user(stranger)),
        ask(get(provider_key=stranger.provider_key)),
        ask(get(access_token=token(user(stranger)))),
    ):
        assert not who.products().exists()
        assert not who.backends().exists()
        for find, key, error in (
            (who.product, product.pk, access.ServiceNotFound),
            (who.application, application.pk, access.ApplicationNotFound),
            (who.backend, backend.pk, access.NotFound),
        ):
            with pytest.raises(error) as there:
                find(key)
            with pytest.raises(error) as nowhere:
                find(987654)
            assert there.value.status == nowhere.value.status == 404
            assert there.value.json == nowhere.value.json


@pytest.mark.parametrize("key", ["", "abc", "-1", "1.0", "9" * 30, "1 ", "\u0663", "0"])
def test_an_id_that_is_no_id_is_not_found(product: Product, key: str) -> None:
    who = access.for_user(user(product.provider))
    with pytest.raises(access.ServiceNotFound):
        who.product(key)
    with pytest.raises(access.ApplicationNotFound):
        who.application(key)
    with pytest.raises(access.NotFound):
        who.backend(key)


def test_a_suspended_provider_is_told_nothing(product: Product) -> None:
    owner = user(product.provider)
    value = token(owner)
    product.provider.state = "suspended"
    product.provider.save()
    for request in (get(access_token=value), get(provider_key=product.provider.provider_key)):
        with pytest.raises(access.ProviderSuspended) as refused:
            ask(request)
        assert (refused.value.status, refused.value.json) == (403, b"")
    with pytest.raises(access.ProviderSuspended):
        access.for_user(User.objects.get(pk=owner.pk))


def test_a_deactivated_user_and_their_tokens_get_nothing(product: Product) -> None:
    owner = user(product.provider, "member", allowed_sections=["monitoring"])
    value = token(owner)
    owner.state = "suspended"
    owner.save()
    with pytest.raises(access.AccessDenied):
        access.for_user(owner)
    with pytest.raises(access.AccessDenied):
        ask(get(access_token=value))


def test_what_no_section_of_theirs_allows_is_forbidden(product: Product) -> None:
    who = access.for_user(user(product.provider, "member", allowed_sections=["plans"]))
    who.require("edit_products")
    for ability in ("see_analytics", "create_products"):
        with pytest.raises(access.Forbidden):
            who.require(ability)


@pytest.mark.parametrize(
    "scopes", [[], ["unknown"], ["stats", "unknown"], [["stats"]], ["stats", 1]]
)
def test_a_token_has_known_scopes(product: Product, scopes: list[str]) -> None:
    with pytest.raises(ValidationError) as refused:
        AccessToken.issue(user(product.provider), "x", scopes, "ro")
    assert list(refused.value.message_dict) == ["scopes"]
