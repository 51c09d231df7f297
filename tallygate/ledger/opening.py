"""The logs of the ledger that the settings name, for whoever follows them."""

from tallygate.ledger.embedded.logs import EmbeddedLogs
from tallygate.ledger.logs import Logs
from tallygate.settings import Settings


def logs_of(settings: Settings) -> Logs:
    """Those of the home, or of Redis. Nothing is connected before the first question.

    Raises:
        InputError: The ledger's URL has the wrong form.
    """
    if not settings.ledger_url:
        return EmbeddedLogs(settings.ledger)
    from tallygate.ledger.redis.logs import RedisLogs
    from tallygate.redis.installation import partitions_of
    from tallygate.redis.url import parse_url

    url = parse_url(settings.ledger_url)
    return RedisLogs(url, lambda: partitions_of(url, settings.ledger_partitions))
