"""How one comes in: the portal's door, signing in and out."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tallygate.catalog.models import Provider
from tallygate.catalog.sign_in import (
    NotApproved,
    TooManyAttempts,
    WrongCredentials,
    count_attempt,
    sign_in_developer,
)
from tallygate.console.forms import Form
from tallygate.console.wording import duration
from tallygate.developer import sessions
from tallygate.developer.pages import address, find_provider, public
from tallygate.web import runtime
from tallygate.web.asker import client_address, is_own_path

WRONG = "This user name and password do not go together."
WAITS = "Your account waits until the provider approves it."
CODES_PER_ADDRESS = 20
"""So many codes may be tried from one address within 15 minutes."""


class CodeForm(Form):
    code = forms.CharField(
        label="Access code",
        max_length=255,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        help_text="Ask the provider for it.",
    )

    def __init__(self, request: HttpRequest, provider: Provider) -> None:
        super().__init__(request)
        self._provider = provider

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not constant_time_compare(code, self._provider.site_access_code):
            raise forms.ValidationError("is another one")
        return code


@never_cache
@require_safe
def first(request: HttpRequest) -> HttpResponse:
    """The portal of the only provider; 404 where there are several: each has an address of its own."""
    found = Provider.objects.order_by("pk")[:2]
    if len(found) != 1:
        raise Http404
    return redirect("developer:home", found[0].pk)


@require_safe
def home(request: HttpRequest, provider_id: int) -> HttpResponse:
    return redirect("developer:applications", provider_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def open_up(request: HttpRequest, provider_id: int) -> HttpResponse:
    """Asks for the code that opens a portal that is not public yet."""
    provider = find_provider(provider_id)
    target = _target(request, provider)
    if sessions.is_open(request, provider):
        return redirect(target)
    try:
        if request.method == "POST":
            _count(request, provider)
    except TooManyAttempts as error:
        return too_many(request, provider, error)
    form = CodeForm(request, provider)
    if form.is_bound and form.is_valid():
        sessions.open_up(request, provider)
        return redirect(target)
    shown = {"provider": provider, "form": form, "next": target}
    return render(request, "developer/open.html", shown, status=422 if form.is_bound else 200)


@public
def sign_in_page(request: HttpRequest, provider: Provider) -> HttpResponse:
    """The form, and what it sends: 302 to `next` when right, 401 when wrong or too early, 429 when tried too often."""
    target = _target(request, provider)
    if request.method != "POST":
        if sessions.who(request, provider) is not None:
            return redirect(target)
        return _form(request, provider, target)
    username = request.POST.get("username", "").strip()
    try:
        developer = sign_in_developer(
            provider,
            username,
            request.POST.get("password", ""),
            client_address(request),
            clock=runtime.clock(),
        )
    except WrongCredentials:
        return _form(request, provider, target, username, WRONG, status=401)
    except NotApproved:
        return _form(request, provider, target, username, WAITS, status=401)
    except TooManyAttempts as error:
        wait = duration(error.retry_after_s)
        message = f"Too many attempts to sign in. Try again in {wait}."
        answer = _form(request, provider, target, username, message, status=429)
        answer["Retry-After"] = str(error.retry_after_s)
        return answer
    sessions.enter(request, developer)
    return redirect(target)


@require_POST
def sign_out(request: HttpRequest, provider_id: int) -> HttpResponse:
    """Ends the session."""
    sessions.leave(request)
    return redirect("developer:sign-in", provider_id)


def too_many(request: HttpRequest, provider: Provider, error: TooManyAttempts) -> HttpResponse:
    """429: a page for those who have tried something too often."""
    shown = {"provider": provider, "wait": duration(error.retry_after_s)}
    answer = render(request, "developer/too_many.html", shown, status=429)
    answer["Retry-After"] = str(error.retry_after_s)
    return answer


def _count(request: HttpRequest, provider: Provider) -> None:
    kind = f"code of {provider.pk}"
    count_attempt(kind, client_address(request), CODES_PER_ADDRESS, clock=runtime.clock())


def _target(request: HttpRequest, provider: Provider) -> str:
    """`next` where it is a page of this portal, else its first page."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    home = address(provider, "home")
    return target if target.startswith(f"{home}/") and is_own_path(request, target) else home


def _form(
    request: HttpRequest,
    provider: Provider,
    target: str,
    username: str = "",
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    shown = {"provider": provider, "next": target, "username": username, "error": error}
    return render(request, "developer/sign_in.html", shown, status=status)
