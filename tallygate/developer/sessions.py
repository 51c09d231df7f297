"""Developers' sessions, apart from those of the Admin Portal's users.

They have a cookie of their own, that browsers send to the Developer Portal only, and are signed with a
salt of their own: the session of one portal is none in the other, whoever moves cookies about.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import rotate_token
from django.utils.crypto import constant_time_compare, salted_hmac

from tallygate.catalog import developer_access
from tallygate.catalog.developer_access import Consumer
from tallygate.catalog.models import Developer, Provider

ROOT = "/developer"
"""Everything of the Developer Portal lies below."""
COOKIE = "tallygate_developer"

_WHO, _PROOF, _OPENED = "developer", "proof", "opened"


class DeveloperStore(SessionStore):
    """Django makes the salt of the class's name."""

    @classmethod
    def get_model_class(cls) -> type:
        return SessionStore.get_model_class()


class _DeveloperSessions(SessionMiddleware):
    """Django's, with another cookie, another path and another store."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self.SessionStore = DeveloperStore

    def process_request(self, request: HttpRequest) -> None:
        request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        if COOKIE in request.COOKIES:
            request.COOKIES[settings.SESSION_COOKIE_NAME] = request.COOKIES[COOKIE]
        super().process_request(request)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response = super().process_response(request, response)
        given = response.cookies.pop(settings.SESSION_COOKIE_NAME, None)
        if given is not None:
            response.cookies[COOKIE] = given.value
            response.cookies[COOKIE].update(given)
            response.cookies[COOKIE]["path"] = ROOT
        return response


class Sessions:
    """In the place of Django's middleware: each portal has its own sessions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._of_users = SessionMiddleware(get_response)
        self._of_developers = _DeveloperSessions(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return (self._of_developers if is_below(request) else self._of_users)(request)


def is_below(request: HttpRequest) -> bool:
    """Whether the Developer Portal is asked."""
    return request.path_info == ROOT or request.path_info.startswith(f"{ROOT}/")


def enter(request: HttpRequest, developer: Developer) -> None:
    """Signs the developer in, in a new session."""
    opened = request.session.get(_OPENED, {})
    request.session.flush()
    request.session[_OPENED] = opened
    request.session[_WHO] = developer.pk
    request.session[_PROOF] = _proof(developer)
    rotate_token(request)


def leave(request: HttpRequest) -> None:
    """Ends the session."""
    request.session.flush()


def who(request: HttpRequest, provider: Provider) -> Consumer | None:
    """Who is signed in to this provider's portal; None if nobody is, or who it is may no longer be.

    A session ends with the password with which it was begun.
    """
    known = Developer.objects.select_related("account__provider__settings", "account__plan")
    developer = known.filter(pk=request.session.get(_WHO), provider=provider).first()
    if developer is None:
        return None
    if not constant_time_compare(request.session.get(_PROOF, ""), _proof(developer)):
        return None
    return developer_access.of(developer)


def open_up(request: HttpRequest, provider: Provider) -> None:
    """Remembers that the visitor knows the code that opens the portal."""
    opened = request.session.get(_OPENED, {})
    request.session[_OPENED] = opened | {str(provider.pk): _code(provider)}


def is_open(request: HttpRequest, provider: Provider) -> bool:
    """Whether the portal is open to everybody, or to this visitor."""
    if not provider.site_access_code:
        return True
    known = request.session.get(_OPENED, {}).get(str(provider.pk), "")
    return constant_time_compare(known, _code(provider))


def _proof(developer: Developer) -> str:
    return salted_hmac("tallygate.developer", developer.password, algorithm="sha256").hexdigest()


def _code(provider: Provider) -> str:
    salt = f"tallygate.portal.{provider.pk}"
    return salted_hmac(salt, provider.site_access_code, algorithm="sha256").hexdigest()
