"""A page with a form: shown, checked while one types, told as a command, saved."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tallygate.catalog.access import Principal
from tallygate.console.changes import attempt
from tallygate.console.curl import Api, Command
from tallygate.console.forms import CHECK, Form, RecordForm
from tallygate.console.pages import api_of, go, show

AS_CURL = "as_curl"
"""The parameter of a POST that only asks which call of the API would do the same."""


@dataclass(frozen=True, slots=True)
class FormPage:
    """
    Attributes:
        section: The entry of the navigation that is lit.
        back: Where one goes who does not want to.
        calls: What of the API does the same as the form as it is filled in.
        save: What a button says that saves.
        said: What is said when it is saved.
        context: What else the template needs.
    """

    title: str
    section: str
    back: str
    calls: Callable[[Api, Any], Sequence[Command]]
    save: str = "Save"
    said: str = "Saved"
    template: str = "console/form.html"
    context: Mapping[str, Any] = field(default_factory=dict)

    def answer(
        self,
        request: HttpRequest,
        principal: Principal,
        form: Form | RecordForm,
        save: Callable[[], str | HttpResponse],
    ) -> HttpResponse:
        """200 with the form; after saving a redirect; 422 with all that was typed and what is wrong.

        Args:
            save: Makes the change and gives the address of the page that comes after it, or that page
                itself. Raises ValidationError, and then nothing is changed.
        """
        if request.method == "POST":
            if CHECK in request.POST:
                return checked(request, form)
            if AS_CURL in request.POST:
                calls = self.calls(api_of(request), form)
                return render(request, "console/parts/commands.html", {"calls": calls})
            then = self._saved(principal, form, save)
            if isinstance(then, HttpResponse):
                return then
            if then:
                messages.success(request, self.said)
                return go(request, then)
        context = {
            "page": self,
            "title": self.title,
            "form": form,
            "calls": self.calls(api_of(request), form),
            **self.context,
        }
        status = 422 if form.is_bound else 200
        return show(request, principal, self.template, self.section, context, status)

    def _saved(
        self, principal: Principal, form: Any, save: Callable[[], str | HttpResponse]
    ) -> str | HttpResponse:
        """What comes now; '' when it was not saved, and the form says why."""
        if not form.is_valid():
            return ""
        then: list[str | HttpResponse] = []
        saved = attempt(principal, lambda: then.append(save()), form.refuse)
        return then[0] if saved else ""


def checked(request: HttpRequest, form: Any) -> HttpResponse:
    """What is wrong with one field."""
    name = request.POST[CHECK]
    found = {"field": form[name]} if name in form.fields else {}
    return render(request, "console/parts/said.html", found)
