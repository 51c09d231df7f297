"""What tests of pages ask again and again: the command a page tells, and a person who may do some things only."""

import re
import shlex
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tallygate.catalog.models import AccessToken, AuditEntry, Provider, User
from tallygate.catalog.sections import SCOPES

SNIPPET = re.compile(r'<div class="command">.*?<pre[^>]*>(.*?)</pre>', re.DOTALL)

_APIS = tuple(f"http://testserver/{path}/" for path in ("admin/api", "stats", "analytics/v1"))


def commands(answer: HttpResponse) -> list[str]:
    """The curl commands on a page, as they would be copied."""
    return [unescape(found) for found in SNIPPET.findall(answer.content.decode())]


def run(command: str, token: str) -> Any:
    """Does what curl would do with the command; only the options that pages use are known."""
    words = shlex.split(command.replace("$TOKEN", token).replace(" \\\n", " "))
    assert words.pop(0) == "curl"
    options: dict[str, list[str]] = {}
    urls = []
    while words:
        word = words.pop(0)
        if word == "-G":
            options[word] = []
        elif word in ("-u", "-X", "-H", "-d", "--data-urlencode"):
            options.setdefault(word, []).append(words.pop(0))
        else:
            assert word.startswith(_APIS), word
            urls.append(word)
    (url,) = urls
    pairs = [pair.partition("=")[::2] for pair in options.get("--data-urlencode", [])]
    query = [("access_token", options["-u"][0].removesuffix(":"))]
    body, content_type = urlencode(pairs), "application/x-www-form-urlencoded"
    if "-G" in options:
        query, body = query + pairs, ""
    if "-d" in options:
        (body,), (header,) = options["-d"], options["-H"]
        content_type = header.removeprefix("Content-Type: ")
    method = options.get("-X", ["GET"])[0]
    path = f"{urlsplit(url).path}?{urlencode(query)}"
    return Client(raise_request_exception=False).generic(method, path, body, content_type)


def token_of(username: str) -> str:
    """A new token of the user's, for everything."""
    return AccessToken.issue(User.objects.get(username=username), "test", SCOPES, "rw")[1]


def member(portal: Any, *sections: str, products: list[int] | None = None) -> Client:
    """A browser in which a member with these sections is signed in."""
    name = f"member{User.objects.count()}"
    User.objects.create_user(
        Provider.objects.get(pk=portal.ids["provider"]["id"]), name, "a long password",
        allowed_sections=list(sections), allowed_product_ids=products,
    )  # fmt: skip
    client = Client(raise_request_exception=False)
    assert portal.sign_in(client, username=name, password="a long password").status_code == 302
    return client


def statements(portal: Any, path: str) -> int:
    """How often the database is asked for a page."""
    with CaptureQueriesContext(connection) as captured:
        assert portal.get(path).status_code == 200
    return len(captured)


def record_of_changes() -> list[tuple[str, str, str, str]]:
    """Who did what to what, the newest first: (actor, via, action, kind)."""
    return [
        (entry.actor_name, entry.via, entry.action, entry.kind)
        for entry in AuditEntry.objects.order_by("-pk")
    ]
