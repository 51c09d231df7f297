"""The provider's own account: its name, its time zone, its addresses, its key."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import lazy

from tallygate.catalog import credentials
from tallygate.catalog.access import Principal
from tallygate.catalog.models import Provider
from tallygate.console.confirm import Confirm
from tallygate.console.curl import Api, Command
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm, Section
from tallygate.console.pages import api_of, form_page, page, show
from tallygate.console.spans import SpanField, read, span
from tallygate.console.wording import zone_name
from tallygate.domain.calendar import find_zone
from tallygate.domain.zone import zone_ids
from tallygate.registry.records import LONGEST_WINDOW_S
from tallygate.web import runtime

PATH = "provider"
WINDOWS = ("past_window_s", "future_window_s")
"""How late, and how far ahead, what is reported may be."""

_Choices = list[tuple[str, list[tuple[str, str]]]]


def zone_choices() -> _Choices:
    """All zones, by the part before the first slash."""
    return [
        (region or "Others", [(name, name.replace("_", " ")) for name in names])
        for region, names in groupby(sorted(zone_ids()), lambda name: name.rpartition("/")[0])
    ]


def _installed(name: str) -> str:
    return span(getattr(settings.TALLYGATE, name))


_left_blank = lazy(lambda name: f"Left blank, as the installation has it: {_installed(name)}.", str)


class ProviderForm(RecordForm):
    SECTIONS = (
        Section("", ("name", "time_zone")),
        Section(
            "Addresses",
            ("support_email", "finance_support_email", "from_email"),
            "What developers see of you.",
        ),
        Section(
            "Reported calls",
            WINDOWS,
            "A call that was longer ago, or is further ahead, is refused. Make the first of them longer to bring in history.",
        ),
    )
    AT_ONCE = ("name", "support_email", "finance_support_email", "from_email", *WINDOWS)

    time_zone = forms.ChoiceField(
        choices=zone_choices,
        help_text="In it pages, APIs and files tell the time, and days begin. What was counted stays.",
    )

    past_window_s = SpanField(
        longest_s=LONGEST_WINDOW_S, label="May be late by", help_text=_left_blank("past_window_s")
    )
    future_window_s = SpanField(
        longest_s=LONGEST_WINDOW_S,
        label="May be ahead by",
        help_text=_left_blank("future_window_s"),
    )

    class Meta:
        model = Provider
        fields = (
            *("name", "time_zone", "support_email", "finance_support_email", "from_email"),
            *WINDOWS,
        )
        labels = {
            "name": "Organisation",
            "support_email": "Support address",
            "finance_support_email": "Support address for bills",
            "from_email": "Sender of mail",
        }

    def given(self) -> dict[str, Any]:
        """As the API calls it: in seconds."""
        given = super().given()
        for name in WINDOWS:
            if given.get(name):
                given[name] = read(given[name])
        return given


@page
def overview(request: HttpRequest, principal: Principal) -> HttpResponse:
    """What everybody of the provider may know; the key is for those who may change it."""
    principal.require("see_provider")
    provider = principal.provider
    now = find_zone(provider.time_zone).at(runtime.clock().now_s())
    context = {
        "title": "Account settings",
        "zone": zone_name(now, provider.time_zone),
        "past": _window(provider, "past_window_s"),
        "future": _window(provider, "future_window_s"),
        "calls": [api_of(request).call("GET", PATH)],
    }
    return show(request, principal, "console/settings.html", "settings", context)


def _window(provider: Provider, name: str) -> str:
    own = getattr(provider, name)
    if own is None:
        return f"{_installed(name)}, as the installation has it"
    return span(own)


@form_page
def edit(request: HttpRequest, principal: Principal) -> HttpResponse:
    principal.require("edit_provider")
    form = ProviderForm(request, principal.provider)
    here = reverse("console:settings")

    def calls(api: Api, form: ProviderForm) -> Sequence[Command]:
        return [api.call("PUT", PATH, form.given())]

    def save() -> str:
        form.save()
        return here

    asked = FormPage(
        title="Edit the account settings",
        section="settings",
        back=here,
        calls=calls,
        said="The account settings were changed",
    )
    return asked.answer(request, principal, form, save)


@form_page
def renew_key(request: HttpRequest, principal: Principal) -> HttpResponse:
    """No API does this: whoever got hold of the key could lock its owner out."""
    principal.require("edit_provider")
    provider = principal.provider
    here = reverse("console:settings")

    def renew() -> None:
        provider.provider_key = credentials.provider_key()
        provider.save()

    asked = Confirm(
        title="Make a new provider key?",
        section="settings",
        back=here,
        then=here,
        said="There is a new provider key",
        calls=lambda api: [],
        note="Gateways and scripts that use the old one are refused from their next call on. This cannot be taken back.",
        verb="Make a new key",
    )
    return asked.answer(request, principal, renew)
