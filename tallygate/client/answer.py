"""What came of asking whether a call may pass."""

from typing import NamedTuple


class Limit(NamedTuple):
    """The limit that leaves least room.

    Attributes:
        maximum: How much may be used in its period; 0 = the metric is not allowed at all.
        remaining: How much is left of it.
        reset_s: Seconds until it begins anew; -1 = never.
    """

    maximum: int
    remaining: int
    reset_s: int


class Answer(NamedTuple):
    """Attributes:
    authorized: Whether the call may pass.
    reason: Why not, in the protocol's word: `limits_exceeded`, `user_key_invalid`...; '' if it may.
    limit: None where no limit applies, or none was told.
    away: Tallygate did not answer; what is said is what the settings say for then.
    """

    authorized: bool
    reason: str = ""
    limit: Limit | None = None
    away: bool = False

    @property
    def limited(self) -> bool:
        """Whether it is a limit that does not let the call pass."""
        return self.reason == "limits_exceeded"


ALLOWED = Answer(True, away=True)
DENIED = Answer(False, "away", away=True)
"""What is answered for Tallygate while it is away."""
