"""Records that go from one state to another by named events, and by nothing else."""

from typing import Any, ClassVar, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction as transactions


class Transition(NamedTuple):
    """An event takes a record from any of `sources` to `target`."""

    sources: tuple[str, ...]
    target: str


class HasStates:
    """For catalog models: the record's `state` changes by `go`.

    Attributes:
        TRANSITIONS: Event -> what it does.
    """

    TRANSITIONS: ClassVar[dict[str, Transition]] = {}

    state: Any
    refresh_from_db: Any
    save: Any

    def go(self, event: str) -> None:
        """Saves the record in the state to which the event leads.

        Raises:
            ValidationError: It is in a state from which the event does not lead on.
        """
        transition = self.TRANSITIONS[event]
        with transactions.atomic():
            self.refresh_from_db(fields=["state"])
            if self.state not in transition.sources:
                raise ValidationError({"state": f'cannot transition via "{event}"'})
            self.state = transition.target
            self.save(update_fields=["state", "updated_at"])
