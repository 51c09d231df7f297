"""Batch reports: transactions per second acknowledged, and in the history."""

import http.client
import statistics
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote

from support.installation import Installation

from bench.load import spread

TRANSACTIONS = 1_000
BATCHES = 60
CLIENTS = 2
ROUNDS = 3


def main() -> None:
    """1,000 transactions per POST /transactions.xml; two clients at once."""
    with tempfile.TemporaryDirectory() as folder, Installation(Path(folder) / "home") as running:
        acknowledged, counted, bare = [], [], []
        for number in range(ROUNDS):
            bare.append(_decoding_per_second(running))
            total = (number + 1) * CLIENTS * BATCHES * TRANSACTIONS
            begun = time.perf_counter()
            _post_all(running)
            acknowledged.append(CLIENTS * BATCHES * TRANSACTIONS / (time.perf_counter() - begun))
            assert running.total("hits") == total
            counted.append(CLIENTS * BATCHES * TRANSACTIONS / (time.perf_counter() - begun))
    print(f"   decoding alone           {spread(bare)} transactions/s (one core, the baseline)")
    print(f"   acknowledged, durable    {spread(acknowledged)} transactions/s")
    print(f"   and seen in the history  {spread(counted)} transactions/s")
    print(
        f"   ratio acknowledged/decoding {statistics.median(acknowledged) / statistics.median(bare):.3f}"
    )


def _body(running: Installation) -> str:
    key = quote(running.ids["application"]["user_key"])
    transactions = "&".join(
        f"transactions[{n}][user_key]={key}&transactions[{n}][usage][hits]=1&transactions[{n}][log][code]=200"
        for n in range(TRANSACTIONS)
    )
    product = running.ids["product"]
    return f"service_id={product['id']}&service_token={product['service_token']}&{transactions}"


def _decoding_per_second(running: Installation) -> float:
    """The baseline: what the parameters alone cost, in this process."""
    from tallygate.listener.parameters import parse

    body = _body(running)
    begun = time.perf_counter()
    for _ in range(20):
        parse(body)
    return 20 * TRANSACTIONS / (time.perf_counter() - begun)


def _post_all(running: Installation) -> None:
    body = _body(running)

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", running.listener.port)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        for _ in range(BATCHES):
            connection.request("POST", "/transactions.xml", body, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 202, answer.status

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
