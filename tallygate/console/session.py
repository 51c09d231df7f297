"""Signing in and out."""

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tallygate.catalog.sign_in import TooManyAttempts, WrongCredentials, sign_in
from tallygate.console.wording import duration
from tallygate.web import runtime

WRONG = "This user name and password do not go together."


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_page(request: HttpRequest) -> HttpResponse:
    """The form, and what it sends: 302 to `next` when right, 401 when wrong, 429 when tried too often."""
    target = _own_path(request, request.POST.get("next") or request.GET.get("next") or "")
    if request.method == "GET":
        if request.user.is_authenticated:
            return redirect(target)
        return _form(request, target)
    username = request.POST.get("username", "").strip()
    try:
        user = sign_in(
            username,
            request.POST.get("password", ""),
            _client_address(request),
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


def _client_address(request: HttpRequest) -> str:
    """Who knocks: behind a proxy with TLS, whom the proxy names last; what came before, anybody can make up."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.SESSION_COOKIE_SECURE else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


def _own_path(request: HttpRequest, target: str) -> str:
    """`target` where it is a page of this site, else the first page: nobody is sent elsewhere."""
    allowed = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if allowed else reverse("console:home")


def _form(
    request: HttpRequest, target: str, username: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    shown = {"next": target, "username": username, "error": error}
    return render(request, "console/sign_in.html", shown, status=status)
