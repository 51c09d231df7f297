"""The record of changes: who changed what, when, and how it was before."""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tallygate.catalog.access import Principal, number_of
from tallygate.catalog.models import AuditEntry
from tallygate.catalog.models.base import CatalogModel
from tallygate.console.listing import Column, Filter, Listing
from tallygate.console.pages import api_of, page, show
from tallygate.domain.calendar import Zone, find_zone, parse_instant
from tallygate.domain.errors import QuestionError

USERS = 200
"""Among how many users one may choose."""
BY_KEY = "key"
"""In the URL: who had the provider key."""
BY_DEVELOPERS = "developers"
"""In the URL: the consumers themselves, in the Developer Portal."""

_COLUMNS = (
    Column("When"),
    Column("Who"),
    Column("What"),
)
_ACTIONS = {"create": "Created", "update": "Changed", "delete": "Deleted"}
_ACTION = Filter("action", "Action", tuple(_ACTIONS.items()), lambda action: Q(action=action))
_PAGES = {
    "account": "console:account",
    "application": "console:application",
    "backend": "console:backend",
    "product": "console:product",
    "user": "console:user",
}
"""Kind of record -> its page."""

_END_OF_DAY = "23:59:59"


@dataclass(frozen=True, slots=True)
class Change:
    """A field, and what stood and stands in it."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Row:
    """An entry in words.

    Attributes:
        url: The page of the record; '' where it has none, or is gone.
    """

    entry: AuditEntry
    action: str
    kind: str
    url: str
    changes: list[Change]


@page
def listing(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The newest first."""
    principal.require("see_audit_log")
    zone = find_zone(principal.provider.time_zone)
    found = _between(AuditEntry.objects.filter(provider=principal.provider), request, zone)
    shown = Listing(
        request.GET, found, _COLUMNS, noun="entry", plural="entries",
        search=("record_name", "actor_name"), filters=_filters(principal, request),
        order="", unsorted=("-pk",),
    )  # fmt: skip
    there = _there(shown.records)
    shown.rows = [_row(entry, there) for entry in shown.records]
    context = {
        "title": "Audit log",
        "listing": shown,
        "search_extra": "console/parts/dates.html",
        "since": request.GET.get("since", ""),
        "until": request.GET.get("until", ""),
        "calls": [api_of(request).call("GET", "audit_log", _asked(request))],
    }
    return show(request, principal, "console/audit_log.html", "audit-log", context)


def kinds() -> dict[str, str]:
    """What there is on record: name of the kind -> what it is called."""
    models = (model for model in apps.get_app_config("catalog").get_models())
    found = {
        str(model._meta.model_name): str(model._meta.verbose_name)
        for model in models
        if issubclass(model, CatalogModel)
    }
    return dict(sorted(found.items(), key=lambda pair: pair[1]))


def _filters(principal: Principal, request: HttpRequest) -> Iterator[Filter]:
    users = principal.users().order_by("username")[:USERS]
    others = ((BY_KEY, "The provider key"), (BY_DEVELOPERS, "Developers"))
    who = (*others, *((str(user.pk), user.username) for user in users))
    yield Filter("who", "Who", who, _by)
    yield Filter("kind", "Kind", tuple(kinds().items()), lambda kind: Q(kind=kind))
    yield _ACTION
    number = number_of(request.GET.get("record", ""))
    if number is not None:
        choices = ((str(number), f"Number {number}"),)
        yield Filter("record", "Record", choices, lambda key: Q(record_id=key))


def _by(who: str) -> Q:
    of_developers = Q(via="developer portal")
    if who == BY_DEVELOPERS:
        return of_developers
    return Q(actor_id=None) & ~of_developers if who == BY_KEY else Q(actor_id=who)


def _between(found: QuerySet[AuditEntry], request: HttpRequest, zone: Zone) -> QuerySet[AuditEntry]:
    """Those from the day `since` to the day `until`, both included; what is no day is passed over."""
    since = _instant(request.GET.get("since", ""), zone)
    until = _instant(request.GET.get("until", ""), zone, _END_OF_DAY)
    if since is not None:
        found = found.filter(at__gte=since)
    if until is not None:
        found = found.filter(at__lte=until)
    return found


def _instant(day: str, zone: Zone, time: str = "") -> datetime | None:
    try:
        return datetime.fromtimestamp(parse_instant(f"{day} {time}".strip(), zone), UTC)
    except (QuestionError, ValueError, OverflowError):
        return None


def _there(entries: Sequence[AuditEntry]) -> set[tuple[str, int]]:
    """Kind and number of those records of the entries that have a page: a statement for each kind."""
    found = set()
    for kind in {entry.kind for entry in entries} & _PAGES.keys():
        model = apps.get_model("catalog", kind)
        numbers = [entry.record_id for entry in entries if entry.kind == kind]
        there = model.objects.filter(pk__in=numbers).values_list("pk", flat=True)
        found |= {(kind, number) for number in there}
    return found


def _row(entry: AuditEntry, there: Container[tuple[str, int]]) -> Row:
    page = _PAGES[entry.kind] if (entry.kind, entry.record_id) in there else ""
    return Row(
        entry,
        _ACTIONS.get(entry.action, entry.action),
        kinds().get(entry.kind, entry.kind),
        reverse(page, args=[entry.record_id]) if page else "",
        list(_changes(entry.before or {}, entry.after or {})),
    )


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """Of what is new and what is gone, only what says something."""
    for name in {**before, **after}:
        sides = _text(before.get(name)), _text(after.get(name))
        if any(sides):
            yield Change(_words(name), *sides)


def _words(name: str) -> str:
    """'plan_id' -> 'Plan', 'org_name' -> 'Org name'."""
    return name.removesuffix("_id").replace("_", " ").capitalize()


def _text(value: Any) -> str:
    """'' for nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, list) and all(isinstance(each, str | int) for each in value):
        return ", ".join(map(str, value))
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _asked(request: HttpRequest) -> dict[str, str]:
    """The same question in the words of the API, which knows no days."""
    names = {"kind": "kind", "record": "record_id", "who": "actor_id", "action": "action"}
    return {
        named: request.GET[name]
        for name, named in names.items()
        if request.GET.get(name, BY_KEY) not in ("", BY_KEY, BY_DEVELOPERS)
    }
