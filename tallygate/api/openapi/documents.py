"""Which OpenAPI documents there are, and how each is written."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from tallygate import __version__
from tallygate.api.openapi import management

Form = Literal["json", "yaml"]

TYPES: dict[str, str] = {"json": "application/json", "yaml": "application/yaml"}
"""Form -> its media type."""


@dataclass(frozen=True, slots=True)
class Document:
    """
    Attributes:
        name: In its address.
        title: Of the API.
        about: Whom it is for, in a sentence.
        served_by: The process whose address goes before its paths.
        tried_out: Whether web pages may call the API.
    """

    name: str
    title: str
    about: str
    served_by: Literal["console", "listener"]
    content: Callable[[], dict[str, Any]]
    tried_out: bool = True

    def written(self, form: Form, server_url: str) -> bytes:
        """The whole document, for the API at this address."""
        return _written(self, form, server_url)


def _by_hand(name: str) -> Callable[[], dict[str, Any]]:
    """What stands in the file of this name beside this module."""
    file = Path(__file__).with_name(f"{name}.yaml")
    return lambda: dict(yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader))


SERVICE_MANAGEMENT = Document(
    "service-management",
    "Service Management API",
    "For gateways, plugins and clients: may this call pass, and count it.",
    "listener",
    _by_hand("service_management"),
)
ACCOUNT_MANAGEMENT = Document(
    "account-management",
    "Account Management API",
    "For scripts: everything that can be set up in the Admin Portal.",
    "console",
    management.document,
)
ANALYTICS = Document(
    "analytics",
    "Analytics API",
    "For reports: what was counted, of products, applications and backends.",
    "console",
    _by_hand("analytics"),
)
INTERNAL = Document(
    "internal",
    "Internal API",
    "For another control plane, which provisions what the listener knows.",
    "listener",
    _by_hand("internal"),
    tried_out=False,
)
DOCUMENTS = {one.name: one for one in (SERVICE_MANAGEMENT, ACCOUNT_MANAGEMENT, ANALYTICS, INTERNAL)}


# Few addresses lead here; whoever makes some up shall not fill the memory.
@lru_cache(maxsize=16)
def _written(document: Document, form: Form, server_url: str) -> bytes:
    content = document.content()
    content["info"] = {**content["info"], "version": __version__}
    content["servers"] = [{"url": server_url}]
    if form == "json":
        return msgspec.json.encode(content)
    return yaml.dump(content, Dumper=_Plain, sort_keys=False, allow_unicode=True, encoding="utf-8")


class _Plain(yaml.CSafeDumper):
    """Writes what is used twice twice: not all readers follow references of YAML."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
