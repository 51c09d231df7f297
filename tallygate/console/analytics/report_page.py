"""The page that all reports share: what was asked, the report or why there is none, and the same as a file."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse

from tallygate.catalog.access import Principal
from tallygate.console.analytics import files, time_frame
from tallygate.console.analytics.asked import Asked
from tallygate.console.analytics.empty import explain
from tallygate.console.analytics.kind import Kind
from tallygate.console.analytics.measures import Group
from tallygate.console.analytics.subjects import Finder
from tallygate.console.marks.annotations import marks
from tallygate.console.pages import api_of, page, show, unanswered
from tallygate.domain.calendar import find_zone
from tallygate.domain.errors import HistoryUnavailable, QuestionError
from tallygate.web import runtime

_SECTIONS = {
    "product": "analytics", "backend": "analytics", "application": "applications", "account": "account-analytics",
}  # fmt: skip
"""The entry of the sidebar that is lit."""
_SIDEBARS = {
    "product": ("product",), "backend": ("backend",), "application": ("account",), "account": ("account",),
}  # fmt: skip
"""Whose sidebars are shown."""

Kinds = Sequence[Kind]


def routes(noun: str, find: Finder, kinds: Kinds) -> Iterator[URLPattern]:
    """The addresses of all reports of one kind of subject, and of their files."""
    for kind in kinds:
        base = f"{noun}s/<int:{noun}_id>/{kind.name}"
        given: dict[str, Any] = {"kind": kind, "find": find, "kinds": kinds}
        yield path(base, shown, given, name=url_name(noun, kind.name))
        for form in files.FORMS:
            name = url_name(noun, f"{kind.name}-{form}")
            yield path(f"{base}.{form}", written, given | {"form": form}, name=name)


def url_name(noun: str, kind: str) -> str:
    """How `reverse` knows a report; those of products by the kind's name alone."""
    return kind if noun == "product" else f"{noun}-{kind}"


@page
def shown(
    request: HttpRequest, principal: Principal, *, kind: Kind, find: Finder, kinds: Kinds, **ids: int
) -> HttpResponseBase:  # fmt: skip
    """The page. 200; 400 with the reason when the query makes no sense; 503 when the history cannot answer."""
    asked = _asked(request, principal, kind, find, ids)
    status = 200
    try:
        answered = _answered(asked, kind, request)
    except (QuestionError, HistoryUnavailable) as error:
        status, said = unanswered(error)
        answered = {"error": said}
    context = _form(asked, kind) | {"tabs": _tabs(asked, kind, kinds)} | answered
    section = _SECTIONS[asked.subject.noun]
    return show(request, principal, "console/analytics/page.html", section, context, status)


@page
def written(
    request: HttpRequest, principal: Principal, *, kind: Kind, find: Finder, kinds: Kinds, form: str, **ids: int
) -> HttpResponseBase:  # fmt: skip
    """The numbers of what the same query string shows; with `part`, of one of its tables. As text, 400 and 503 like the page."""
    asked = _asked(request, principal, kind, find, ids)
    try:
        asked.choose()
        report = kind.build(asked)
        answer = files.file(asked, report, kind.name, request.GET.get("part", ""), form)
    except (QuestionError, HistoryUnavailable) as error:
        status, said = unanswered(error)
        return files.refused(said["text"], status)
    if answer is None:
        raise Http404
    return answer


def _asked(
    request: HttpRequest, principal: Principal, kind: Kind, find: Finder, ids: dict[str, int]
) -> Asked:
    (number,) = ids.values()
    zone = find_zone(principal.provider.time_zone)
    subject = find(principal, number)
    return Asked.of(subject, kind, request.GET, zone, runtime.clock().now_s())


def _form(asked: Asked, kind: Kind) -> dict[str, Any]:
    subject = asked.subject
    return {
        "title": f"{kind.title} of {subject.name}",
        "kind": kind,
        "subject": subject,
        "action": reverse(f"console:{url_name(subject.noun, kind.name)}", args=[subject.pk]),
        "groups": _groups(asked, kind),
        "presets": time_frame.PRESETS,
        "comparisons": time_frame.COMPARISONS,
        "fields": asked.fields,
        "query": asked.query,
        "today": asked.zone.local(asked.now_s).date().isoformat(),
        "zone_name": asked.zone.name,
        **{
            noun: record
            for noun, record in subject.records.items()
            if noun in _SIDEBARS[subject.noun]
        },
    }


def _groups(asked: Asked, kind: Kind) -> Sequence[Group]:
    if "metric" not in kind.names:
        return ()
    return asked.subject.choice.groups(is_chosen=asked.has_measure)


def _tabs(asked: Asked, kind: Kind, kinds: Kinds) -> list[dict[str, Any]]:
    """The other reports of the same subject, at the same time, of the same measure where they know one."""
    noun, pk = asked.subject.noun, asked.subject.pk
    return [
        {
            "label": each.title,
            "url": reverse(f"console:{url_name(noun, each.name)}", args=[pk]) + asked.url_for(each.names),
            "current": each is kind,
        }
        for each in kinds
    ]  # fmt: skip


def _answered(asked: Asked, kind: Kind, request: HttpRequest) -> dict[str, Any]:
    asked.choose()
    report = kind.build(asked)
    report.file = files.name_of(asked, report, kind.name)
    if report.edges:
        product = asked.subject.product
        report.marks = marks(
            asked.subject.principal, report.frame.window, [product] if product else []
        )
    return {
        # The selector shows what was chosen, which is known only now.
        "groups": _groups(asked, kind),
        "report": report,
        "frame": report.frame,
        "empty": explain(asked, report) if report.is_empty else None,
        "calls": kind.calls(asked, api_of(request)),
        "downloads": _downloads(asked, kind, request.GET),
        "tables": [
            (table, _downloads(asked, kind, request.GET, table.part) if table.part else ())
            for table in report.tables
        ],
    }


def _downloads(asked: Asked, kind: Kind, query: QueryDict, part: str = "") -> list[tuple[str, str]]:
    """The files of a part of the page: what their buttons say, and their addresses."""
    given = query.copy()
    given.pop("part", None)
    if part:
        given["part"] = part
    tail = f"?{given.urlencode()}" if given else ""
    noun, pk = asked.subject.noun, asked.subject.pk
    return [
        (label, reverse(f"console:{url_name(noun, f'{kind.name}-{form}')}", args=[pk]) + tail)
        for form, label in files.FORMS.items()
    ]
