"""Making and sending reports; forecasts of many series."""

import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

PRODUCTS, RECIPIENTS = 1_000, 5
SERIES, DAYS = 10_000, 182
NOW_S = 1_584_526_800


def main() -> None:
    """1,000 products x 5 recipients: every report made and sent; 10,000 forecasts."""
    with tempfile.TemporaryDirectory() as folder, _sink() as port:
        _reports(Path(folder) / "home", f"smtp://127.0.0.1:{port}")
    _forecasts()


@contextmanager
def _sink() -> Iterator[int]:
    """A mail server in a process of its own, which takes everything and keeps nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
    command = ("-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Sink")
    process = subprocess.Popen([sys.executable, *command])
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()


def _reports(home: Path, url: str) -> None:
    from tallygate.catalog.bootstrap import migrate
    from tallygate.settings import load

    settings = load(home=home)
    migrate(settings)
    from tallygate.catalog.models import User
    from tallygate.domain.clock import ManualClock
    from tallygate.mail import read
    from tallygate.reports import planner
    from tallygate.reports.models import Delivery, Subscription
    from tallygate.reports.sending import Sender
    from tests.support import catalog_data
    from tests.support.history_data import MemoryLog, entry, open_history

    provider = catalog_data.provider()
    users = [
        User.objects.create_user(provider, f"u{number}", "a long password", role="admin", email=f"u{number}@acme.example")
        for number in range(RECIPIENTS)
    ]  # fmt: skip
    log, clock = MemoryLog(), ManualClock.at(NOW_S)
    for number in range(PRODUCTS):
        product = catalog_data.product(provider, name=f"Product {number}")
        application = catalog_data.application(catalog_data.plan(product))
        hits = str(product.hits.pk)
        log.entries += [
            entry(NOW_S - day * 86_400, {hits: 100 + day}, product=product.service_id, application=application.application_id, code=200)
            for day in range(0, 60, 2)
        ]  # fmt: skip
        for user in users:
            Subscription.objects.create(user=user, product=product, period="day")
    with open_history(home, log, clock=clock) as history:
        history.catch_up()
        planner.plan(NOW_S)
        clock.advance(86_400)
        begun = time.perf_counter()
        planner.plan(clock.now_s())
        planned_s = time.perf_counter() - begun
        before = _peak_mb()
        begun = time.perf_counter()
        Sender(settings, clock, lambda: history, read(url)).send(clock.now_s())
        took_s = time.perf_counter() - begun
    sent = Delivery.objects.filter(state="sent").count()
    assert sent == PRODUCTS * RECIPIENTS, sent
    print(
        f"   planned  {sent:,} deliveries in {planned_s:.1f} s\n"
        f"   sent     {sent:,} mails about {PRODUCTS:,} products in {took_s:.0f} s:"
        f" {took_s / PRODUCTS * 1000:.0f} ms for a report and its {RECIPIENTS} mails\n"
        f"   memory   {before:.0f} MB before, {_peak_mb():.0f} MB at most"
    )


def _forecasts() -> None:
    from tallygate.forecast import DAILY, forecast

    dice = np.random.default_rng(1)
    day = np.arange(DAYS)
    begun = time.perf_counter()
    for number in range(SERIES):
        level = (100 + number % 900) * np.where(day % 7 >= 5, 0.5, 1.0)
        forecast([int(each) for each in level * dice.normal(1, 0.1, DAYS)], 30, DAILY)
    took_s = time.perf_counter() - begun
    print(
        f"   forecast {SERIES:,} series of {DAYS} days in {took_s:.0f} s: {took_s / SERIES * 1000:.1f} ms each, with its band"
    )


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
