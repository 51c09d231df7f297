"""How an application calls: its keys, its user key, and the referrers from which it may call."""

from collections.abc import Callable

from django import forms
from django.http import HttpRequest, HttpResponse

from tallygate.catalog import self_service
from tallygate.catalog.developer_access import Consumer
from tallygate.catalog.errors import Forbidden
from tallygate.catalog.models import Application, ReferrerFilter
from tallygate.catalog.self_service import Allowed
from tallygate.console.forms import Form, RecordForm
from tallygate.developer.applications import page_of
from tallygate.developer.form_page import Confirm, FormPage
from tallygate.developer.pages import find, find_application, form_page

_REFUSED = "Calls with the old one are refused from now on."


class KeyForm(Form):
    value = forms.CharField(
        label="Key", required=False, help_text="Left blank, one is made at random."
    )

    def __init__(self, request: HttpRequest, may_choose: bool) -> None:
        self.base_fields = self.base_fields if may_choose else {}
        super().__init__(request)


class FilterForm(RecordForm):
    class Meta:
        model = ReferrerFilter
        fields = ("value",)
        labels = {"value": "Referrer"}
        help_texts = {"value": "A host; * stands for any run of characters: *.example.com."}


@form_page
def renew_user_key(request: HttpRequest, consumer: Consumer, application_id: int) -> HttpResponse:
    application = find_application(consumer, application_id)
    _require(Allowed(application).renew_user_key)
    asked = _confirm(
        application, "Make a new user key?", "There is a new user key", "Make a new key", _REFUSED
    )
    return asked.answer(request, consumer, lambda: self_service.renew_user_key(application))


@form_page
def add_key(request: HttpRequest, consumer: Consumer, application_id: int) -> HttpResponse:
    application = find_application(consumer, application_id)
    allowed = Allowed(application)
    _require(allowed.add_key)
    form = KeyForm(request, allowed.choose_key)

    def save() -> str:
        self_service.create_key(application, form.cleaned_data.get("value") or None)
        return page_of(application)

    asked = FormPage(
        "Add a key", "applications", page_of(application), save="Add", said="The key was added"
    )
    return asked.answer(request, consumer, form, save)


@form_page
def renew_key(
    request: HttpRequest, consumer: Consumer, application_id: int, key_id: int
) -> HttpResponse:
    application = find_application(consumer, application_id)
    key = find(application.keys.select_related("application__product"), key_id)
    _require(Allowed(application).renew_key)
    title = f"Put a new key in the place of …{key.value[-4:]}?"
    asked = _confirm(application, title, "There is a new key", "Make a new key", _REFUSED)
    return asked.answer(request, consumer, lambda: self_service.renew_key(key))


@form_page
def remove_key(
    request: HttpRequest, consumer: Consumer, application_id: int, key_id: int
) -> HttpResponse:
    application = find_application(consumer, application_id)
    key = find(application.keys.select_related("application__product"), key_id)
    title = f"Remove the key …{key.value[-4:]}?"
    note = "Calls with this key are refused from now on."
    asked = _confirm(application, title, "The key was removed", "Remove", note)

    def do() -> None:
        self_service.remove_key(key)

    _require(Allowed(application).manage_keys)
    return asked.answer(request, consumer, do)


@form_page
def add_filter(request: HttpRequest, consumer: Consumer, application_id: int) -> HttpResponse:
    application = find_application(consumer, application_id)
    _require(Allowed(application).filters)
    form = FilterForm(request, ReferrerFilter(application=application))

    def save() -> str:
        form.save()
        return page_of(application)

    asked = FormPage(
        "Add a referrer filter",
        "applications",
        page_of(application),
        save="Add",
        said="The referrer filter was added",
    )
    return asked.answer(request, consumer, form, save)


@form_page
def remove_filter(
    request: HttpRequest, consumer: Consumer, application_id: int, filter_id: int
) -> HttpResponse:
    application = find_application(consumer, application_id)
    found = find(application.referrer_filters, filter_id)
    _require(Allowed(application).filters)
    title, said = f"Remove the filter {found.value}?", "The referrer filter was removed"
    note = "Calls from there are refused, unless another filter lets them in."
    asked = _confirm(application, title, said, "Remove", note)
    delete: Callable[[], object] = found.delete
    return asked.answer(request, consumer, delete)


def _confirm(application: Application, title: str, said: str, verb: str, note: str) -> Confirm:
    here = page_of(application)
    return Confirm(title, "applications", here, here, said, note, verb)


def _require(allowed: bool) -> None:
    if not allowed:
        raise Forbidden
