"""Asking before something is deleted: what goes along, and what stands against it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from tallygate.catalog.access import Principal
from tallygate.catalog.dependents import NOTHING, Dependents
from tallygate.console.changes import attempt, sentences
from tallygate.console.curl import Api, Command
from tallygate.console.pages import api_of, go, show


@dataclass(frozen=True, slots=True)
class Confirm:
    """A page, or a dialog on another page, with a question and a button.

    Attributes:
        section: The entry of the navigation that is lit.
        back: Where one goes who does not want to.
        then: Where one goes when it is done.
        said: What is said when it is done.
        calls: What of the API does the same.
        dependents: What goes along and what stands against it.
        note: What else one should know.
        verb: What the button says.
        context: What else the template needs.
    """

    title: str
    section: str
    back: str
    then: str
    said: str
    calls: Callable[[Api], Sequence[Command]]
    dependents: Dependents = NOTHING
    note: str = ""
    verb: str = "Delete"
    context: Mapping[str, Any] = field(default_factory=dict)

    def answer(
        self, request: HttpRequest, principal: Principal, do: Callable[[], object]
    ) -> HttpResponse:
        """200 with the question; when it is done a redirect; 409 with the reason when it is refused."""
        refused: list[str] = []

        def refuse(error: ValidationError) -> None:
            refused.extend(sentences(error))

        if request.method == "POST" and attempt(principal, do, refuse):
            messages.success(request, self.said)
            return go(request, self.then)
        context = {
            "page": self,
            "title": self.title,
            "refused": refused,
            "commands": self.calls(api_of(request)),
            **self.context,
        }
        status = 409 if refused else 200
        return show(request, principal, "console/confirm.html", self.section, context, status)
