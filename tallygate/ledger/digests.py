"""What is kept of an idempotency id and of what was counted under it."""

from hashlib import blake2b

from tallygate.ledger.entry import Entry


def key_of(service: str, entry_id: str) -> bytes:
    """The id's key: 16 bytes, unique in its product."""
    return blake2b(f"{service}\0{entry_id}".encode(), digest_size=16).digest()


def owner_of(service: str, application: str) -> bytes:
    """Whose id it is: a digest of 8 bytes, by which the ids of an application are found when it is forgotten."""
    return blake2b(f"{service}\0{application}".encode(), digest_size=8).digest()


def content_of(entry: Entry) -> bytes:
    """A digest of what the entry says: who, what and with which answer. Not when: a retry may be stamped anew.

    Of a metric that was set, the value counts and not the difference, which depends on what was there before.
    """
    usage, sets = entry.usage, dict(entry.sets)
    added = [pair for pair in usage if pair[0] not in sets] if sets else usage
    said = (entry.application, sorted(added), sorted(entry.sets), entry.code)
    return blake2b(repr(said).encode(), digest_size=8).digest()
