"""Where a request comes from, and where it may be sent on to."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def client_address(request: HttpRequest) -> str:
    """Who knocks: behind a proxy with TLS, whom the proxy names last; what came before, anybody can make up."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.SESSION_COOKIE_SECURE else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


def is_own_path(request: HttpRequest, target: str) -> bool:
    """Whether it is a page of this site: nobody is sent elsewhere."""
    return url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
