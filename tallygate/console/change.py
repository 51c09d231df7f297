"""How a number compares with the one before."""

from typing import NamedTuple

from tallygate.console.wording import percent


class Change(NamedTuple):
    """A change for the eye and for the ear.

    Attributes:
        direction: 'up', 'down' or 'same'; also the name of the icon.
        text: '12.5%'.
        spoken: What a screen reader says before the text.
    """

    direction: str
    text: str
    spoken: str


def change(total: int, previous: int) -> Change | None:
    """The change from `previous` to `total`; None where there was nothing to compare with."""
    if previous == 0:
        return None
    share = (total - previous) / abs(previous) * 100
    if share == 0:
        return Change("same", "0%", "unchanged,")
    return (
        Change("up", percent(share), "up") if share > 0 else Change("down", percent(-share), "down")
    )
