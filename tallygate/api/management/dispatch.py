"""From a request to its answer: who asks, may they, what did they give, what came of it."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page

from tallygate.api.answers import TEXT, refusal
from tallygate.api.management import answer as answers
from tallygate.api.management import naming
from tallygate.api.management.call import Call
from tallygate.api.management.endpoint import Endpoint
from tallygate.api.management.nesting import NestingInvalid, WrapperInvalid, nested, unwrapped
from tallygate.api.management.parameter import Given
from tallygate.api.management.representation import JSON, XML
from tallygate.api.parameters import MissingParameter
from tallygate.catalog import audit
from tallygate.catalog.access import Principal, principal
from tallygate.catalog.errors import DeletionRefused, Refused
from tallygate.catalog.request_data import BodyInvalid, form_body, json_body
from tallygate.web import runtime

SCOPE = "account_management"

_SAFE = ("GET", "HEAD")
_MEANS = {"HEAD": "GET", "PATCH": "PUT"}
"""Method -> the one as which it is treated."""

View = Callable[..., HttpResponse]


def view(endpoints: Mapping[str, Endpoint]) -> View:
    """The Django view of one path: method -> endpoint."""

    @csrf_exempt
    @conditional_page
    def answered(request: HttpRequest, form: str | None = None, **ids: str) -> HttpResponse:
        endpoint = endpoints.get(_MEANS.get(request.method or "", request.method or ""))
        if endpoint is None:
            return _not_allowed(endpoints)
        made = _refusing(request, endpoint, form or endpoint.formats[0], ids)
        made.headers.setdefault("Cache-Control", "private, no-cache")
        return made

    return answered


def _refusing(
    request: HttpRequest, endpoint: Endpoint, form: str, ids: Mapping[str, str]
) -> HttpResponse:
    """Turns what is raised on the way into an answer."""
    said = _spoken(form)
    try:
        return _answer(request, endpoint, form, ids)
    except Refused as error:
        return refusal(said, error.status, error.body)
    except MissingParameter as error:
        return answers.text(400, str(error))
    except (BodyInvalid, NestingInvalid) as error:
        return refusal(said, 400, {"error": str(error)})
    except WrapperInvalid as error:
        return refusal(said, 422, {"error": str(error)})
    except RequestDataTooBig:
        return refusal(said, 413, {"error": "The request body is too large"})
    except ValidationError as error:
        return answers.problems(said, 422, naming.problems(error, endpoint.parameters))
    except DeletionRefused as error:
        return answers.problems(said, 403, {"base": [str(error)]})
    except IntegrityError:  # somebody else was quicker
        return HttpResponse(b"", status=409, content_type=TEXT)


def _spoken(form: str) -> str:
    """The format of errors: JSON also where there is no such format."""
    return XML if form == XML else JSON


def _answer(
    request: HttpRequest, endpoint: Endpoint, form: str, ids: Mapping[str, str]
) -> HttpResponse:
    asker = principal(request, SCOPE, clock=runtime.clock())
    if form not in endpoint.formats:
        message = f'The server does not understand "{form}" request.'
        return refusal(_spoken(form), 406, {"error": message})
    asker.require(endpoint.ability)
    values = _values(request)
    given = Given(endpoint.parameters, unwrapped(values, endpoint.wrapper), new=endpoint.makes)
    call = Call(asker, ids, given, values, form, settings.TALLYGATE.listener_url)
    done = _handled(endpoint, call, writes=request.method not in _SAFE)
    return answers.response(done, form, request.build_absolute_uri("/admin/api/"))


def _handled(endpoint: Endpoint, call: Call, *, writes: bool) -> answers.Answer:
    """What changes, changes wholly or not at all, and is on record."""
    if not writes:
        call.given.refuse_odd_texts()
        call.refuse_problems()
        return endpoint.handler(call)
    with transaction.atomic(), audit.by(_actor(call.asker)):
        return endpoint.handler(call)


def _actor(asker: Principal) -> audit.Actor:
    return audit.Actor(asker.provider, asker.user, "api")


def _values(request: HttpRequest) -> dict[str, Any]:
    """Query and body; the body wins."""
    return {**nested(request.GET), **nested(form_body(request)), **json_body(request)}


def _not_allowed(endpoints: Mapping[str, Endpoint]) -> HttpResponse:
    allowed = set(endpoints) | ({"HEAD"} if "GET" in endpoints else set())
    allowed |= {"PATCH"} if "PUT" in endpoints else set()
    return HttpResponse(
        msgspec.json.encode({"status": "Method not allowed"}),
        status=405,
        content_type=answers.JSON_TYPE,
        headers={"Allow": ", ".join(sorted(allowed))},
    )
