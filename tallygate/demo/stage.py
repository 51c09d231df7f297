"""What the demo needs of a home, and remembers there in `demo.json`."""

from pathlib import Path

import msgspec

from tallygate.settings import Settings


class Stage(msgspec.Struct, frozen=True):
    """Attributes:
    sample_end_s: Where the sample ends, UTC seconds: the demo's first start.
    sampled: Whether all of the sample is counted.
    """

    sample_end_s: int
    sampled: bool = False


class Actor(msgspec.Struct, frozen=True):
    """An application that makes live traffic."""

    application_id: str
    user_key: str


class Props(msgspec.Struct, frozen=True):
    """What is known once the demo is prepared.

    Attributes:
        password: None where it was made by an earlier start.
        developer: Who signs in to the Developer Portal; its password likewise.
    """

    service_id: str
    service_token: str
    provider_key: str
    username: str
    password: str | None
    actors: list[Actor]
    developer: str
    developer_password: str | None
    portal_path: str


def read(settings: Settings) -> Stage | None:
    """What is remembered; None if this home is no demo."""
    path = _path(settings)
    return msgspec.json.decode(path.read_bytes(), type=Stage) if path.exists() else None


def write(settings: Settings, stage: Stage) -> None:
    """Remembers, durably: either the old or the new is there."""
    path = _path(settings)
    draft = path.with_suffix(".draft")
    draft.write_bytes(msgspec.json.encode(stage))
    draft.replace(path)


def _path(settings: Settings) -> Path:
    return settings.home / "demo.json"
