"""An application's keys, and the referrers from which it may call."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from tallygate.catalog import application_keys
from tallygate.catalog.access import Principal
from tallygate.catalog.models import Application, ReferrerFilter
from tallygate.console.application_changes import page_of
from tallygate.console.application_page import EACH, find_application, ids_of
from tallygate.console.confirm import Confirm
from tallygate.console.curl import Api, Command
from tallygate.console.form_page import FormPage
from tallygate.console.forms import Form, RecordForm
from tallygate.console.pages import form_page


class KeyForm(Form):
    value = forms.CharField(
        label="Key", required=False, help_text="Left blank, one is made at random."
    )


class FilterForm(RecordForm):
    AT_ONCE = ("value",)

    class Meta:
        model = ReferrerFilter
        fields = ("value",)
        labels = {"value": "Referrer"}
        help_texts = {"value": "A host; * stands for any run of characters: *.example.com."}


@form_page
def add_key(request: HttpRequest, principal: Principal, application_id: int) -> HttpResponse:
    principal.require("edit_accounts")
    application = find_application(principal, application_id)
    form = KeyForm(request)

    def calls(api: Api, form: KeyForm) -> Sequence[Command]:
        value = form["value"].value()
        given = {"key": value} if value else None
        return [api.call("POST", f"{EACH}/keys", given, **ids_of(application))]

    def save() -> str:
        application_keys.add_key(application, form.cleaned_data["value"] or None)
        return page_of(application)

    asked = FormPage(
        title="Add a key",
        section="applications",
        back=page_of(application),
        calls=calls,
        save="Add",
        said="The key was added",
        context={"account": application.account},
    )
    return asked.answer(request, principal, form, save)


@form_page
def delete_key(
    request: HttpRequest, principal: Principal, application_id: int, key_id: int
) -> HttpResponse:
    principal.require("edit_accounts")
    application = find_application(principal, application_id)
    key = _find(application.keys, key_id)

    def calls(api: Api) -> Sequence[Command]:
        ids = ids_of(application) | {"key": quote(key.value, safe="")}
        return [api.call("DELETE", f"{EACH}/keys/{{key}}", **ids)]

    return _removal(
        request, principal, application, key.delete, f"Remove the key {_tail(key.value)}?",
        "The key was removed", "Its next call with this key is refused.", calls,
    )  # fmt: skip


@form_page
def add_filter(request: HttpRequest, principal: Principal, application_id: int) -> HttpResponse:
    principal.require("edit_accounts")
    application = find_application(principal, application_id)
    form = FilterForm(request, ReferrerFilter(application=application))

    def calls(api: Api, form: FilterForm) -> Sequence[Command]:
        given = {"referrer_filter": form["value"].value() or ""}
        return [api.call("POST", f"{EACH}/referrer_filters", given, **ids_of(application))]

    def save() -> str:
        form.save()
        return page_of(application)

    asked = FormPage(
        title="Add a referrer filter",
        section="applications",
        back=page_of(application),
        calls=calls,
        save="Add",
        said="The referrer filter was added",
        context={"account": application.account},
    )
    return asked.answer(request, principal, form, save)


@form_page
def delete_filter(
    request: HttpRequest, principal: Principal, application_id: int, filter_id: int
) -> HttpResponse:
    principal.require("edit_accounts")
    application = find_application(principal, application_id)
    found = _find(application.referrer_filters, filter_id)

    def calls(api: Api) -> Sequence[Command]:
        ids = ids_of(application) | {"referrer_filter_id": filter_id}
        return [api.call("DELETE", f"{EACH}/referrer_filters/{{referrer_filter_id}}", **ids)]

    return _removal(
        request, principal, application, found.delete, f"Remove the filter {found.value}?",
        "The referrer filter was removed", "Calls from there are refused, unless another filter lets them in; without any, all are let in.",
        calls,
    )  # fmt: skip


def _removal(
    request: HttpRequest,
    principal: Principal,
    application: Application,
    do: Callable[[], object],
    title: str,
    said: str,
    note: str,
    calls: Callable[[Api], Sequence[Command]],
) -> HttpResponse:
    back = page_of(application)
    asked = Confirm(
        title=title,
        section="applications",
        back=back,
        then=back,
        said=said,
        calls=calls,
        note=note,
        verb="Remove",
        context={"account": application.account},
    )
    return asked.answer(request, principal, do)


def _find(records: Any, key: int) -> Any:
    return get_object_or_404(records, pk=key)


def _tail(value: str) -> str:
    """As much of a secret as tells it from others."""
    return f"…{value[-4:]}"
