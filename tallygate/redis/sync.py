"""Redis for threads, through redis-py: for whoever may wait for an answer."""

from typing import Any, Final

import redis
from redis.backoff import ExponentialBackoff
from redis.cluster import ClusterNode
from redis.retry import Retry

from tallygate.redis.url import RedisUrl

_CONNECT_WITHIN_S: Final = 3.0
_ANSWER_WITHIN_S: Final = 10.0

Client = Any
"""`redis.Redis` or `redis.RedisCluster`, which have the same commands."""

Error: Final = (redis.RedisError, OSError)
"""What its commands raise."""


def connect(url: RedisUrl) -> Client:
    """A client with connections of its own, made when they are needed; answers are bytes.

    Raises:
        redis.RedisError, OSError: Of a cluster no node can be reached.
    """
    options: dict[str, Any] = {
        "username": url.username or None,
        "password": url.password or None,
        "socket_connect_timeout": _CONNECT_WITHIN_S,
        "socket_timeout": _ANSWER_WITHIN_S,
        **_tls(url),
    }
    if url.cluster:
        nodes = [ClusterNode(node.host, node.port) for node in url.nodes]
        return redis.RedisCluster(startup_nodes=nodes, require_full_coverage=False, **options)
    node = url.nodes[0]
    return redis.Redis(
        host=node.host,
        port=node.port,
        db=url.database,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 1),
        **options,
    )


def _tls(url: RedisUrl) -> dict[str, Any]:
    if not url.tls:
        return {}
    return {
        "ssl": True,
        "ssl_ca_certs": url.ca or None,
        "ssl_cert_reqs": "required" if url.verify else "none",
        "ssl_check_hostname": url.verify,
    }
