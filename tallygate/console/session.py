"""Signing in and out."""

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tallygate.catalog.sign_in import TooManyAttempts, WrongCredentials, sign_in
from tallygate.console.wording import duration
from tallygate.web import runtime
from tallygate.web.asker import client_address, is_own_path

WRONG = "This user name and password do not go together."


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_page(request: HttpRequest) -> HttpResponse:
    """The form, and what it sends: 302 to `next` when right, 401 when wrong, 429 when tried too often."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    target = asked if is_own_path(request, asked) else reverse("console:home")
    if request.method == "GET":
        if request.user.is_authenticated:
            return redirect(target)
        return _form(request, target)
    username = request.POST.get("username", "").strip()
    try:
        user = sign_in(
            username,
            request.POST.get("password", ""),
            client_address(request),
            clock=runtime.clock(),
        )
    except WrongCredentials:
        return _form(request, target, username, WRONG, status=401)
    except TooManyAttempts as error:
        wait = duration(error.retry_after_s)
        message = f"Too many attempts to sign in. Try again in {wait}."
        answer = _form(request, target, username, message, status=429)
        answer["Retry-After"] = str(error.retry_after_s)
        return answer
    login(request, user)
    return redirect(target)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    logout(request)
    return redirect("console:sign-in")


def _form(
    request: HttpRequest, target: str, username: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    shown = {"next": target, "username": username, "error": error}
    return render(request, "console/sign_in.html", shown, status=status)
