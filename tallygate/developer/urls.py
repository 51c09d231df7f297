"""The Developer Portal's addresses: below each provider's number, so that several may share an installation."""

from collections.abc import Iterator

from django.urls import URLPattern, path, register_converter

from tallygate.catalog.models import Developer
from tallygate.developer import (
    applications,
    credentials,
    entrance,
    limits,
    people,
    sign_up,
    usage,
)
from tallygate.developer.handles import converter

app_name = "developer"

for _kind in ("application", "key", "filter", "person"):
    register_converter(converter(_kind), _kind)

_APPLICATION = "applications/<application:application_id>"
_PERSON = "people/<person:person_id>"

_OF_PROVIDER = (
    ("", entrance.home, "home"),
    ("open", entrance.open_up, "open"),
    ("sign-in", entrance.sign_in_page, "sign-in"),
    ("sign-out", entrance.sign_out, "sign-out"),
    ("sign-up", sign_up.sign_up_page, "sign-up"),
    ("welcome/<person:person_id>/<str:token>", people.welcome, "welcome"),
    ("account", people.account, "account"),
    ("account/edit", people.edit_account, "account-edit"),
    ("account/password", people.own_password, "own-password"),
    ("people", people.listing, "people"),
    ("people/invite", people.invite, "invite"),
    (_PERSON, people.person_page, "person"),
    (f"{_PERSON}/link", people.link, "person-link"),
    (f"{_PERSON}/remove", people.remove, "person-remove"),
    ("applications", applications.listing, "applications"),
    ("applications/new", applications.create, "application-new"),
    (_APPLICATION, applications.application_page, "application"),
    (f"{_APPLICATION}/edit", applications.edit, "application-edit"),
    (f"{_APPLICATION}/plan", applications.change_plan, "application-plan"),
    (f"{_APPLICATION}/delete", applications.delete, "application-delete"),
    (f"{_APPLICATION}/user-key", credentials.renew_user_key, "user-key"),
    (f"{_APPLICATION}/keys/new", credentials.add_key, "key-new"),
    (f"{_APPLICATION}/keys/<key:key_id>/renew", credentials.renew_key, "key-renew"),
    (f"{_APPLICATION}/keys/<key:key_id>/remove", credentials.remove_key, "key-remove"),
    (f"{_APPLICATION}/referrers/new", credentials.add_filter, "filter-new"),
    (
        f"{_APPLICATION}/referrers/<filter:filter_id>/remove",
        credentials.remove_filter,
        "filter-remove",
    ),
    (f"{_APPLICATION}/limits", limits.limits, "limits"),
    (f"{_APPLICATION}/usage", usage.usage, "usage"),
    (f"{_APPLICATION}/usage.csv", usage.usage_csv_file, "usage-csv"),
    (f"{_APPLICATION}/codes", usage.codes, "codes"),
    (f"{_APPLICATION}/codes.csv", usage.codes_csv_file, "codes-csv"),
)


def _patterns() -> Iterator[URLPattern]:
    yield path("", entrance.first, name="first")
    for below, view, name in _OF_PROVIDER:
        yield path(f"/<int:provider_id>{f'/{below}' if below else ''}", view, name=name)
    for role in Developer.Role.values:
        where = f"/<int:provider_id>/{_PERSON}/{role}"
        yield path(where, people.set_role, {"role": role}, name=f"person-{role}")


urlpatterns = list(_patterns())
