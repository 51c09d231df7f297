"""What is fixed once an installation is on a Redis: into how many partitions it is divided."""

from typing import Final

from tallygate.domain.errors import InputError
from tallygate.redis.errors import RedisAway
from tallygate.redis.partitions import Partitions
from tallygate.redis.sync import Error, connect
from tallygate.redis.url import RedisUrl

_KEY: Final = b"tallygate:{0}:partitions"


def partitions_of(url: RedisUrl, wanted: int) -> Partitions:
    """The partitions of the installation on this Redis; of a new one, as many as are wanted.

    Raises:
        InputError: There are others, and what is there would not be found.
        RedisAway: Redis cannot be reached.
    """
    if not 1 <= wanted <= 4096:
        raise InputError("TALLYGATE_LEDGER_PARTITIONS must be 1 to 4096")
    try:
        client = connect(url)
        client.set(_KEY, wanted, nx=True)
        found = int(client.get(_KEY))
        client.close()
    except Error as error:
        raise RedisAway(f"Redis cannot be reached: {error}") from error
    if found != wanted:
        raise InputError(
            f"this Redis is divided into {found} partitions: TALLYGATE_LEDGER_PARTITIONS must be {found}"
        )
    return Partitions(found)
