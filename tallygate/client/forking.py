"""Objects that must begin anew in a process that was forked: connections, threads and locks are the parent's."""

import os
import weakref
from typing import Protocol


class Forked(Protocol):
    def after_fork(self) -> None:
        """Begins anew, in the child; what the parent had open is let go of without a word to anybody."""


_known: "weakref.WeakSet[Forked]" = weakref.WeakSet()


def begin_anew_in_children(thing: Forked) -> None:
    """From now on `thing.after_fork` is called in each process that is forked from this one."""
    _known.add(thing)


def _after_fork() -> None:
    for thing in list(_known):
        thing.after_fork()


os.register_at_fork(after_in_child=_after_fork)
