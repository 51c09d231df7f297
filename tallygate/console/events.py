"""What a button does that is no form: a change, and back to the page with a word about it."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tallygate.catalog.access import Principal
from tallygate.console.changes import attempt, sentences


def happen(
    request: HttpRequest, principal: Principal, do: Callable[[], object], said: str, back: str
) -> HttpResponse:
    """302 to `back`, where it is told that it is done, or why it is not and that nothing is changed."""

    def refuse(error: ValidationError) -> None:
        messages.error(request, " ".join(sentences(error)))

    if attempt(principal, do, refuse):
        messages.success(request, said)
    return redirect(back)
