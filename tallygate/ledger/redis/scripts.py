"""The scripts of the shared ledger."""

from importlib.resources import files
from typing import Final

from tallygate.redis.client import Script


def _text(name: str) -> str:
    return files("tallygate.ledger.redis").joinpath(name).read_text("utf-8")


_COUNTERS: Final = _text("counters.lua")

CALL: Final = Script(_COUNTERS + _text("call.lua"))
RECORD: Final = Script(_COUNTERS + _text("record.lua"))
TAKE_EVENTS: Final = Script(_text("events_take.lua"))
ADMIT_EVENTS: Final = Script(_text("events_admit.lua"))
DROP_EVENTS: Final = Script(_text("events_drop.lua"))
CLAIM_EVENTS: Final = Script(_text("events_claim.lua"))
FORGET_ALERT: Final = Script(_text("forget_alert.lua"))
FORGET_APPLICATION: Final = Script(_text("forget_application.lua"))

ALL: Final = (
    CALL, RECORD, TAKE_EVENTS, ADMIT_EVENTS, DROP_EVENTS, CLAIM_EVENTS, FORGET_ALERT, FORGET_APPLICATION,
)  # fmt: skip

DENIED, AUTHORIZED, STALE, REPEATED, CONFLICT, TOO_LARGE = range(6)
"""What `call.lua` and `record.lua` answer first."""
