"""Calls of the Internal API over HTTP."""

import json
from typing import Any
from urllib.parse import quote

from support.running_listener import Answer, RunningListener

Told = tuple[int, Any]
"""Status, and what the JSON of the body says."""


def path_of(*ids: str) -> str:
    """Path segments with everything escaped that is not a letter, a digit or one of `_.-~`."""
    return "/".join(quote(each, safe="") for each in ids)


class InternalClient:
    """Calls paths below `/internal` of a running listener."""

    def __init__(self, listener: RunningListener) -> None:
        self._listener = listener

    def raw(self, method: str, path: str, body: bytes | None, **headers: str | None) -> Answer:
        return self._listener.request(method, f"/internal{path}", body, **headers)

    def call(self, method: str, path: str, given: object = None) -> Told:
        """A call with a JSON body; the order of keys in the answer counts when it is compared as text."""
        body = None if given is None else json.dumps(given).encode()
        answer = self.raw(method, path, body, content_type="application/json")
        assert answer.headers["content-type"] == "application/json"
        return answer.status, json.loads(answer.body)

    def text(self, method: str, path: str, given: object = None) -> tuple[int, str]:
        """The same, with the body as it came."""
        body = None if given is None else json.dumps(given).encode()
        answer = self.raw(method, path, body, content_type="application/json")
        return answer.status, answer.body

    def get(self, path: str) -> Told:
        return self.call("GET", path)

    def post(self, path: str, given: object = None) -> Told:
        return self.call("POST", path, given)

    def put(self, path: str, given: object = None) -> Told:
        return self.call("PUT", path, given)

    def delete(self, path: str, given: object = None) -> Told:
        return self.call("DELETE", path, given)
