"""Pages with a form, and pages that ask before something is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from tallygate.catalog.dependents import NOTHING
from tallygate.catalog.developer_access import Consumer
from tallygate.console.changes import attempt_as, sentences
from tallygate.console.form_page import checked
from tallygate.console.forms import CHECK, Form, RecordForm
from tallygate.console.pages import go
from tallygate.developer.pages import actor, show


@dataclass(frozen=True, slots=True)
class FormPage:
    """
    Attributes:
        section: The entry of the navigation that is lit.
        back: Where one goes who does not want to.
        save: What a button says that saves.
        said: What is said when it is saved.
        context: What else the template needs.
    """

    title: str
    section: str
    back: str
    save: str = "Save"
    said: str = "Saved"
    template: str = "developer/form.html"
    context: Mapping[str, Any] = field(default_factory=dict)

    def answer(
        self,
        request: HttpRequest,
        consumer: Consumer,
        form: Form | RecordForm,
        save: Callable[[], str],
    ) -> HttpResponse:
        """200 with the form; after saving a redirect; 422 with all that was typed and what is wrong.

        Args:
            save: Makes the change and gives the address of the page that comes after it.
        """
        if CHECK in request.POST:
            return checked(request, form)
        then: list[str] = []
        if form.is_bound and form.is_valid():
            attempt_as(actor(consumer), lambda: then.append(save()), form.refuse)
        if then and not form.errors:
            messages.success(request, self.said)
            return go(request, then[0])
        context = {"page": self, "title": self.title, "form": form, **self.context}
        status = 422 if form.is_bound else 200
        return show(request, consumer, self.template, self.section, context, status)


@dataclass(frozen=True, slots=True)
class Confirm:
    """A page, or a dialog on another page, with a question and a button.

    Attributes:
        back: Where one goes who does not want to.
        then: Where one goes when it is done.
        said: What is said when it is done.
        note: What one should know.
        verb: What the button says.
    """

    title: str
    section: str
    back: str
    then: str
    said: str
    note: str = ""
    verb: str = "Delete"
    dependents: Any = NOTHING

    def answer(
        self, request: HttpRequest, consumer: Consumer, do: Callable[[], object]
    ) -> HttpResponse:
        """200 with the question; when it is done a redirect; 409 with the reason when it is refused."""
        refused: list[str] = []

        def refuse(error: ValidationError) -> None:
            refused.extend(sentences(error))

        if request.method == "POST" and attempt_as(actor(consumer), do, refuse):
            messages.success(request, self.said)
            return go(request, self.then)
        context = {"page": self, "title": self.title, "refused": refused}
        status = 409 if refused else 200
        return show(request, consumer, "developer/confirm.html", self.section, context, status)
