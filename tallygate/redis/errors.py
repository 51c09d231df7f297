"""What can go wrong with Redis. All are OSErrors: whoever waits for the ledger expects those.

OSError
└── RedisAway           it cannot be reached, or cannot work now; whether a command was run may be unknown
    ├── RedisRefused    it answered with an error: the command was not run
    └── RedisMoved      (internal) the slot is on another node: the command was not run there
"""

import errno


class RedisAway(OSError):
    """Redis cannot be reached, or does not answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EIO, reason)


class RedisRefused(RedisAway):
    """Redis answered with an error.

    Attributes:
        code: Its first word: 'NOSCRIPT', 'CLUSTERDOWN', 'OOM'.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.code = message.partition(" ")[0]


class RedisMoved(RedisRefused):
    """The slot of the keys is on another node (`MOVED`), or is moving there (`ASK`).

    Attributes:
        asking: Whether only this one command goes there.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        word, slot, address = message.split(" ")[:3]
        host, _, port = address.rpartition(":")
        self.asking = word == "ASK"
        self.slot, self.host, self.port = int(slot), host.strip("[]"), int(port)


def answered(error: Exception) -> RedisRefused:
    """The error of an answer."""
    message = str(error)
    return RedisMoved(message) if message.startswith(("MOVED ", "ASK ")) else RedisRefused(message)
