"""Lines of usage: items per second acknowledged, with and without ids."""

import http.client
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from support.installation import Installation

from bench.load import spread

ITEMS = 5_000
BATCHES = 20
CLIENTS = 2
ROUNDS = 3


def main() -> None:
    """5,000 items per POST /usage, as NDJSON; two clients at once."""
    with tempfile.TemporaryDirectory() as folder, Installation(Path(folder) / "home") as running:
        bare = [_decoding_per_second(running) for _ in range(ROUNDS)]
        print(f"   decoding alone           {spread(bare)} items/s (one core, the baseline)")
        total = 0
        for name, with_ids in (("acknowledged, durable", False), ("the same, each an id", True)):
            measured = []
            for _ in range(ROUNDS):
                bodies = [_body(running, f"{total}-{n}" if with_ids else "") for n in range(BATCHES)]  # fmt: skip
                shares = [bodies[n::CLIENTS] for n in range(CLIENTS)]
                begun = time.perf_counter()
                _post_all(running, shares)
                measured.append(BATCHES * ITEMS / (time.perf_counter() - begun))
                total += BATCHES * ITEMS
                assert running.total("hits") == total
            ratio = statistics.median(measured) / statistics.median(bare)
            print(f"   {name:<24} {spread(measured)} items/s, ratio to decoding {ratio:.3f}")


def _body(running: Installation, ids: str) -> bytes:
    """Items as a gateway would send them; with ids of their own, made from `ids`, if it is given."""
    item = {
        "user_key": running.ids["application"]["user_key"],
        "usage": {"hits": 1},
        "timestamp": int(time.time()),
        "response_code": 200,
    }
    return b"\n".join(
        json.dumps({**item, "id": f"{ids}-{n}"} if ids else item).encode() for n in range(ITEMS)
    )


def _decoding_per_second(running: Installation) -> float:
    """The baseline: what decoding alone costs, in this process."""
    from tallygate.listener.usage_items import read_items

    body, count = _body(running, "id"), 0
    begun = time.perf_counter()
    for _ in range(10):
        items = read_items("application/x-ndjson", body, service_named=True)
        for part in items.parts:
            count += len([items.decode(raw) for raw in part])
    return count / (time.perf_counter() - begun)


def _post_all(running: Installation, shares: Sequence[Sequence[bytes]]) -> None:
    product = running.ids["product"]
    headers = {
        "Content-Type": "application/x-ndjson",
        "Authorization": f"Bearer {product['service_token']}",
    }

    def client(bodies: Sequence[bytes]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", running.listener.port)
        for body in bodies:
            connection.request("POST", f"/usage?service_id={product['id']}", body, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status

    clients = [threading.Thread(target=client, args=(share,)) for share in shares]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
