"""Changes that people make in the portal: whole or not at all, and on record as theirs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction

from tallygate.catalog import audit
from tallygate.catalog.access import Principal
from tallygate.catalog.errors import DeletionRefused

TOO_LATE = "Somebody else was quicker: what you see here may have changed. Try again."


@contextmanager
def changing(principal: Principal) -> Iterator[None]:
    """What the block changes in the catalog is changed wholly or not at all, and recorded."""
    with transaction.atomic(), audit.by(_actor(principal)):
        yield


def attempt(
    principal: Principal, do: Callable[[], object], refuse: Callable[[ValidationError], object]
) -> bool:
    """Makes the change and tells whether it was made; if not, `refuse` is told why, and nothing is changed."""
    return attempt_as(_actor(principal), do, refuse)


def attempt_as(
    actor: audit.Actor, do: Callable[[], object], refuse: Callable[[ValidationError], object]
) -> bool:
    """The same for whoever it is."""
    try:
        with transaction.atomic(), audit.by(actor):
            do()
    except ValidationError as error:
        refuse(error)
    except DeletionRefused as error:
        refuse(ValidationError(str(error)))
    except IntegrityError:
        refuse(ValidationError(TOO_LATE))
    else:
        return True
    return False


def _actor(principal: Principal) -> audit.Actor:
    return audit.Actor(principal.provider, principal.user, "portal")


def sentences(error: ValidationError) -> list[str]:
    """What is wrong, each with the name of its field."""
    if not hasattr(error, "error_dict"):
        return [sentence("", message) for message in error.messages]
    return [
        sentence("" if name == NON_FIELD_ERRORS else name.replace("_", " "), message)
        for name, messages in error.message_dict.items()
        for message in messages
    ]


def sentence(name: str, message: str) -> str:
    """`("name", "can't be blank")` -> "Name can't be blank"; what is a sentence already stays one."""
    said = f"{name} {message}" if name and message[:1].islower() else message
    return said[:1].upper() + said[1:]
