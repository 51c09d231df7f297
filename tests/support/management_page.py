"""The tables of `docs/management.md`, made from the code."""

from collections.abc import Iterator

from tallygate.api.management.endpoint import BOTH, Endpoint
from tallygate.api.management.table import ENDPOINTS
from tallygate.catalog.policy import ABILITIES, EVERYBODY


def paths() -> str:
    """A row for each path: its methods, each with what the caller must be allowed."""
    return "\n".join(_rows())


def _rows() -> Iterator[str]:
    yield "| below `/admin/api/` | methods, and what the caller must be allowed | formats |"
    yield "|---|---|---|"
    by_path: dict[str, list[Endpoint]] = {}
    for endpoint in ENDPOINTS:
        by_path.setdefault(endpoint.path, []).append(endpoint)
    for path, endpoints in by_path.items():
        abilities: dict[str, list[str]] = {}
        for endpoint in endpoints:
            abilities.setdefault(endpoint.ability, []).append(endpoint.method)
        allowed = "; ".join(
            f"{', '.join(methods)}: `{ability}`" for ability, methods in abilities.items()
        )
        formats = "XML, JSON" if endpoints[0].formats == BOTH else "JSON"
        yield f"| `{path}` | {allowed} | {formats} |"


def abilities() -> str:
    """A row for each ability: who has it."""
    rows = ["| what | members with one of the sections |", "|---|---|"]
    for ability, sections in ABILITIES.items():
        who = "everybody" if sections is EVERYBODY else ", ".join(sections or ())
        rows.append(f"| `{ability}` | {who or 'none: admins only'} |")
    return "\n".join(rows)
