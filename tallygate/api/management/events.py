"""`state_event`: a change of state that comes along with other changes."""

from typing import Any

from tallygate.api.management.parameter import Given


def state_event(record: Any, given: Given) -> None:
    """Takes the record to the state to which the event leads; saving it is the caller's."""
    event = given.get("state_event")
    if not event:
        return
    transition = record.TRANSITIONS.get(event)
    if transition is None:
        given.problems["state_event"] = ["is invalid"]
    elif record.state not in transition.sources:
        given.problems["state_event"] = [f"cannot transition when {record.state}"]
    else:
        record.state = transition.target
